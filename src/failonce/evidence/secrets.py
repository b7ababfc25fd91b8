"""Redaction of texts and arguments; `redact` does it for whole recordings.

A secret becomes `<redacted:kind>`. Redacting twice changes nothing. Every loop here is
linear in the text: tokens are found by their prefix and matched where they stand, keys by
a keyword, so no pattern is tried at every position.

The model is not loaded here: a process that lives for one call of an agent redacts as well.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from failonce.evidence.bounds import DEPTH, ITEMS, number, shortened
from failonce.evidence.secret_patterns import (
    EMAIL,
    HEADER_VALUE,
    HEADERS,
    KEY_SIGN,
    KEYWORDS,
    NUMBER_SIGN,
    NUMBERS,
    TOKEN_SIGN,
    TOKENS,
    VALUE,
    Late,
    is_code,
    is_reference,
    key_kind,
    mixed,
    number_kind,
    signs,
)

if TYPE_CHECKING:
    from failonce.model import Args, Json

MESSAGE: Final = 4 << 10
"""Characters of a message that are kept."""
ARGS: Final = 16 << 10
"""Characters of all arguments of a call together that are kept."""
_NAME: Final = 512
_KEY: Final = 200
_SHORT: Final = 256
_LONG: Final = 300
"""A value so long is no word; to doubt it would mean to read it again for every key in it."""

_REDACTED: Final = Late(r"<redacted:[a-z0-9-]{1,60}>")

_Span = tuple[int, int, str]
Signs = Callable[[bytes], Sequence[int]]
"""Tells which signs of secrets some text in UTF-8 holds."""


class Secrets:
    """Replaces secrets in texts and arguments; one for all sources, safe to share.

    E-mail addresses are kept unless `emails` is set: errors about accounts need them. `signs`
    tells which signs of secrets a text holds.
    """

    def __init__(self, *, emails: bool = False, signs: Signs = signs) -> None:
        self._emails = emails
        self._signs = signs
        self._short = lru_cache(maxsize=8192)(self._redacted)
        self._keyed = lru_cache(maxsize=4096)(self._named)

    def text(self, text: str) -> str:
        """The text with its secrets replaced, whatever its length."""
        return self._short(text) if len(text) <= _SHORT else self._redacted(text)

    def message(self, text: str, limit: int = MESSAGE) -> str:
        """The same, cut to `limit` characters; of a huge text only the ends are read."""
        if len(text) > 3 * limit:
            text = text.strip()  # an end that is nothing but white space says nothing
        if len(text) <= 3 * limit:
            return shortened(self.text(text), limit)
        window = limit * 3 // 2
        head = text[:window].rsplit(None, 1)[0]
        tail = text[-window:].split(None, 1)[-1]
        lost = len(text) - limit
        keep = limit // 2 - 20
        return f"{self.text(head)[:keep]} … {lost:,} characters cut … {self.text(tail)[-keep:]}"

    def args(self, args: "Args") -> "Args":
        """Arguments with the values of secret keys and all secret texts replaced, bounded."""
        walk = _Walk(self)
        copy = walk.object(args, None, DEPTH)
        return walk.fitted(copy) if walk.size > ARGS else copy

    def key(self, key: str) -> str:
        """The name of an argument, which may itself hold a secret."""
        return shortened(self.text(key), _KEY)

    def name(self, name: str) -> str:
        """The name of a tool, project, session and the like, as it is stored."""
        return self._keyed(name)[0] if len(name) <= _SHORT else self.message(name, _NAME)

    def argument(self, key: str) -> tuple[str, str | None]:
        """The same as `key` of an argument's name, and the kind of secret that it holds."""
        return self._keyed(key)[1:] if len(key) <= _SHORT else (self.key(key), key_kind(key))

    def _named(self, name: str) -> tuple[str, str, str | None]:
        """What is made of a short name again and again: `name`, `key` and its kind."""
        return self.message(name, _NAME), self.key(name), key_kind(name)

    def _redacted(self, text: str) -> str:
        text = _storable(text)
        spans: list[_Span] = []
        if found := self._signs(text.encode()):
            spans += _tokens(text) if TOKEN_SIGN in found else ()
            spans += _values(text) if KEY_SIGN in found else ()
            spans += _numbers(text) if NUMBER_SIGN in found else ()
        if self._emails and "@" in text:
            spans += [(*found.span(), "email") for found in EMAIL.now.finditer(text)]
        return _replaced(text, spans) if spans else text


class _Walk:
    """One walk through the arguments of a call, which counts as it goes."""

    __slots__ = ("_left", "_redactor", "lengths", "size")

    def __init__(self, redactor: Secrets) -> None:
        self._redactor = redactor
        self._left = ITEMS
        self.size = 0
        self.lengths: list[int] = []

    def object(
        self, value: "Mapping[str, Json]", kind: str | None, depth: int
    ) -> "dict[str, Json]":
        copy: dict[str, Json] = {}
        pair = _pair_kind(value) if "value" in value else None
        for key, item in value.items():
            if self._left <= 0:
                copy["<more>"] = len(value) - len(copy)
                break
            name, own = self._redactor.argument(key)
            self.size += len(name) + 6
            under = kind or own or (pair if key == "value" else None)
            copy[name] = self._value(item, under, depth - 1)
        return copy

    def _value(self, value: "Json", kind: str | None, depth: int) -> "Json":
        self._left -= 1
        if isinstance(value, str):
            return self._text(value, kind)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            self.size += 8
            return f"<redacted:{kind}>" if kind else number(value)
        if depth == 0:
            return "<nested too deeply>"
        if isinstance(value, Mapping):
            return self.object(value, kind, depth)
        return self._list(value, kind, depth)

    def _text(self, value: str, kind: str | None) -> str:
        if not kind:
            text = self._redactor.message(value, ARGS)
        elif not value or _REDACTED.now.fullmatch(value):
            text = value
        else:
            text = f"<redacted:{kind}>"
        self.lengths.append(len(text))
        self.size += len(text) + 4
        return text

    def _list(self, value: "Sequence[Json]", kind: str | None, depth: int) -> "Json":
        copy: list[Json] = []
        before: Json = None
        for item in value:
            if self._left <= 0:
                copy.append(f"<{len(value) - len(copy)} more>")
                break
            under = kind
            if isinstance(before, str) and before.startswith("--") and "=" not in before:
                under = kind or key_kind(before)
            copy.append(self._value(item, under, depth - 1))
            before = item
        return copy

    def fitted(self, copy: "dict[str, Json]") -> "dict[str, Json]":
        """The copy with its longest texts cut to one length, so that all fit."""
        room = ARGS - (self.size - sum(self.lengths))
        limit = _level(sorted(self.lengths), max(room, 0))
        return {key: _cut(item, limit) for key, item in copy.items()}


def _level(lengths: list[int], room: int) -> int:
    """The length that each text may have so that together they have `room`."""
    for index, length in enumerate(lengths):
        share = room // (len(lengths) - index)
        if length > share:
            return max(share, 16)
        room -= length
    return max(lengths, default=0)


def _cut(value: "Json", limit: int) -> "Json":
    if isinstance(value, str):
        return shortened(value, limit)
    if isinstance(value, Mapping):
        return {key: _cut(item, limit) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_cut(item, limit) for item in value]
    return value


def _pair_kind(value: "Mapping[str, Json]") -> str | None:
    """The kind of `{"name": "Authorization", "value": …}`, as headers are often written."""
    name = value.get("name") or value.get("key")
    return key_kind(name) if isinstance(name, str) else None


def _storable(text: str) -> str:
    r"""With what databases refuse made visible: NUL as `�`, halves of surrogates as `\ud800`."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _tokens(text: str) -> Iterator[_Span]:
    for token in TOKENS:
        at = text.find(token.prefix)
        while at >= 0:
            end = at + len(token.prefix)
            if token.inside or at == 0 or not _in_word(text[at - 1]):
                found = token.pattern.match(text, at)
                if found is not None:
                    group = found.lastindex or 0
                    if token.holds is None or token.holds(found[group]):
                        yield (*found.span(group), token.kind)
                        end = found.end()
            at = text.find(token.prefix, end)


def _in_word(char: str) -> bool:
    return char.isalnum() or char in "_-"


def _values(text: str) -> Iterator[_Span]:
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(c.lower() if c.isascii() else c for c in text)
    for keyword in KEYWORDS:
        at = lower.find(keyword)
        while at >= 0:
            end = at + len(keyword)
            found = VALUE.now.match(text, at)
            if found is not None:
                start = _word_start(text, at)
                kind = key_kind(text[start : found.end(1)])
                span = kind and _value_span(text, start, found, kind)
                if kind and span:
                    yield (*span, kind)
                    end = max(end, span[1])
            at = lower.find(keyword, end)


def _value_span(text: str, start: int, found: re.Match[str], kind: str) -> tuple[int, int] | None:
    """Where the secret stands, None where the value is a word, a type or a reference."""
    value = found[5] or found[6]
    if not value or is_reference(value):
        return None
    span = found.span(5 if found[5] else 6)
    if len(value) > _LONG and found[2]:
        named = True
    elif found[2] is None:
        named = text.startswith("--", start) and not value.startswith("-")
    elif found[5]:
        named = mixed(value) or found[2] != ":" or not _in_prose(text, start)
    elif kind in HEADERS and found[2] == ":":
        header = HEADER_VALUE.now.match(text, span[0])
        return header and header.span()
    else:
        named = not is_code(value) and (mixed(value) or _is_assigned(text, start, found))
    return span if named else None


def _in_prose(text: str, start: int) -> bool:
    """True after another word: `unexpected token: 'x'` tells of syntax, not of a secret."""
    return start > 1 and text[start - 1] == " " and text[start - 2].isalnum()


def _is_assigned(text: str, start: int, found: re.Match[str]) -> bool:
    """True where a bare word can only be the value: `KEY=word`, or alone on its line."""
    if key_kind(found[6]):
        return False
    if found[2] == "=":
        return text[found.start(2) - 1] != " " and text[found.end(2)] != " "
    line_starts = start == 0 or text[start - 1] == "\n"
    return line_starts and text[found.end() : found.end() + 1] in ("", "\n")


def _word_start(text: str, at: int) -> int:
    lowest = max(0, at - 64)
    while at > lowest and (text[at - 1].isalnum() or text[at - 1] in "_-."):
        at -= 1
    return at


def _numbers(text: str) -> Iterator[_Span]:
    for found in NUMBERS.now.finditer(text):
        start = found.start()
        if start and (_in_word(text[start - 1]) or text[start - 1] == "."):
            continue
        kind = number_kind(found[0])
        if kind is not None:
            yield (*found.span(), kind)


def _replaced(text: str, spans: list[_Span]) -> str:
    """The text with every span replaced; of spans that overlap the first names the kind."""
    spans.sort(key=lambda span: (span[0], -span[1]))
    parts: list[str] = []
    at = 0
    for start, end, kind in spans:
        if start >= at:
            parts += (text[at:start], f"<redacted:{kind}>")
        at = max(at, end)
    parts.append(text[at:])
    return "".join(parts)
