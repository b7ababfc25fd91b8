"""Plans as RTFS text: `^{:runtime.learning.retry {…}} (call :cap.id …)` (C13, the seed's own).

A reader of our own, because no kept library tells where a form stands and what metadata it
carries. It knows as much of the language as it takes to tell a call from what only looks like
one: comments (`;`, `#|…|#`, `#_`), strings, quoted forms and metadata hold no calls. It keeps
its own stack, so no nesting can exhaust ours.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from failonce.errors import BadInput
from failonce.model import Json
from failonce.surfaces.plans.sites import DEEPEST, Read, Site, Slot, bounded, line

_BLANK: Final = re.compile(r"[ \t\r\n\f,]+|;[^\n]*")
_TOKEN: Final = re.compile(r"[^ \t\r\n\f,()\[\]{}\";^`~\\]+")
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_CLOSES: Final[Mapping[str, str]] = {"(": ")", "[": "]", "{": "}"}
_TWO: Final = 2


@dataclass(slots=True)
class _Map:
    """A map that stands as metadata before a form."""

    last: int
    """Where its last item ends; just behind its bracket where it is empty."""
    keys: frozenset[str] = frozenset()
    empty: bool = True


@dataclass(slots=True)
class _Form:
    """A bracket that is open, and what stands before the next form in it."""

    bracket: str
    at: int
    meta: bool = False
    """Whether it is metadata itself."""
    dead: bool = False
    """Whether nothing in it is ever called: quoted, dropped, or metadata."""
    callable: bool = True
    carried: list[_Map] = field(default_factory=list)
    """The metadata before it."""
    items: list[str] = field(default_factory=list)
    count: int = 0
    last: int = 0
    caret: bool = False
    quoted: bool = False
    dropped: int = 0
    pending: list[_Map] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether something stands in it that belongs to a form that does not follow."""
        return self.caret or self.quoted or self.dropped > 0 or bool(self.pending)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.sites: list[Site] = []
        self.open = [_Form(bracket="", at=0)]

    def read(self) -> Read:
        text, end = self.text, len(self.text)
        while self.at < end:
            if found := _BLANK.match(text, self.at):
                self.at = found.end()
            else:
                self._step(text[self.at])
        if len(self.open) > 1:
            raise self._error(self.open[-1].at, f"`{self.open[-1].bracket}` is never closed")
        self._complete(self.open[-1])
        return Read(sites=tuple(sorted(self.sites, key=lambda s: s.slot.at)))

    def _step(self, char: str) -> None:
        here = self.open[-1]
        match char:
            case "(" | "[" | "{":
                self._open(char)
            case ")" | "]" | "}":
                self._close(char)
            case '"':
                self._string()
            case "^":
                self._caret()
            case "'" | "`":
                here.quoted = True
                self.at += 1
            case "~" | "@":
                self.at += 1
            case "\\":
                found = _TOKEN.match(self.text, self.at + _TWO)
                self._atom(found.end() if found else min(self.at + _TWO, len(self.text)))
            case "#":
                self._dispatch()
            case _:
                found = _TOKEN.match(self.text, self.at)
                self._atom(found.end() if found else self.at + 1)

    def _dispatch(self) -> None:
        """What begins with `#`."""
        follows = self.text[self.at + 1 : self.at + 2]
        match follows:
            case "_":
                self.open[-1].dropped += 1
                self.at += _TWO
            case "|":
                end = self.text.find("|#", self.at + _TWO)
                if end < 0:
                    raise self._error(self.at, "a comment `#|` is never closed")
                self.at = end + _TWO
            case "(":
                self.at += 1
                self._open("(", callable=False)  # a function: what is before it is not its call
            case "{" | "'" | '"' | "^":
                self.at += 1
            case _:
                found = _TOKEN.match(self.text, self.at)
                self._atom(found.end() if found else self.at + 1)

    def _caret(self) -> None:
        if self.open[-1].caret:
            raise self._error(self.at, "metadata stands before metadata")
        self.open[-1].caret = True
        self.at += 1

    def _string(self) -> None:
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise self._error(self.at, "a text is never closed")
        self._atom(found.end())

    def _atom(self, end: int) -> None:
        start, self.at = self.at, end
        self._done(self.text[start:end], None)

    def _open(self, bracket: str, *, callable: bool = True) -> None:
        here = self.open[-1]
        if len(self.open) > DEEPEST:
            raise self._error(self.at, f"it is nested deeper than {DEEPEST}")
        self.at += 1
        meta = here.caret
        form = _Form(
            bracket=bracket,
            at=self.at - 1,
            meta=meta,
            dead=here.dead or meta or here.quoted or here.dropped > 0,
            callable=callable,
            carried=[] if meta else list(here.pending),
            last=self.at,
        )
        self.open.append(form)

    def _close(self, char: str) -> None:
        form = self.open[-1]
        if _CLOSES.get(form.bracket) != char:
            raise self._error(self.at, f"`{char}` closes nothing that is open")
        self._complete(form)
        self.open.pop()
        self.at += 1
        if form.bracket == "(" and not form.dead and form.callable:
            self._call(form)
        carried = None
        if form.meta and form.bracket == "{":
            if form.count % 2:
                raise self._error(form.at, "metadata has a key without a value")
            keys = frozenset(map(_name, form.items[::2]))
            carried = _Map(last=form.last, keys=keys, empty=not form.count)
        self._done("", carried)

    def _complete(self, form: _Form) -> None:
        if form.waits:
            raise self._error(form.at, "something in it stands before a form that does not follow")

    def _done(self, atom: str, carried: _Map | None) -> None:
        """A form in the one that is open has ended; `carried` is its map where it may be one."""
        here = self.open[-1]
        if here.caret:
            here.caret = False
            if carried is not None:
                here.pending.append(carried)
            return
        here.pending.clear()
        here.quoted = False
        if here.dropped:
            here.dropped -= 1
            return
        here.count += 1
        here.last = self.at
        if here.meta or here.count <= _TWO:
            here.items.append(atom)

    def _call(self, form: _Form) -> None:
        if len(form.items) < _TWO or form.items[0] != "call":
            return
        named = form.items[1]
        if not named.startswith((":", '"')) or len(named) < _TWO:
            return
        self.sites.append(Site(capability=_name(named), slot=_slot(form)))

    def _error(self, at: int, what: str) -> BadInput:
        return BadInput(f"The plan is no RTFS: line {line(self.text, at)}: {what}.")


def _slot(form: _Form) -> Slot:
    keys = frozenset[str]().union(*(m.keys for m in form.carried))
    if not form.carried:
        return Slot(at=form.at, before="^{", after="} ")
    near = form.carried[-1]
    return Slot(at=near.last, before="" if near.empty else " ", keys=keys)


def _name(atom: str) -> str:
    """The name in a keyword or a text."""
    if atom.startswith('"'):
        return re.sub(r"\\(.)", r"\1", atom[1:-1], flags=re.DOTALL)
    return atom.removeprefix(":")


class Rtfs:
    """RTFS text (port `Format`)."""

    name = "rtfs"
    between = " "

    def sniff(self, text: str) -> bool:  # noqa: ARG002 - any text may be one
        """Whatever is nothing else."""
        return True

    def read(self, text: str) -> Read:
        """The calls of a plan, in order."""
        bounded(text)
        return _Reader(text).read()

    def entry(self, key: str, value: Json) -> str:
        """`:runtime.learning.retry {:max-retries 3}`."""
        return f":{key} {_literal(value)}"


def _literal(value: Json) -> str:
    if isinstance(value, Mapping):
        inner = " ".join(f":{k.replace('_', '-')} {_literal(v)}" for k, v in value.items())
        return f"{{{inner}}}"
    return json.dumps(value, ensure_ascii=False)
