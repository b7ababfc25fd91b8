"""Names of tools: the words in them, and the one tool that a wrong name means."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Final

from failonce.language.visibility import unseen
from failonce.model import ToolSpec

LONGEST: Final = 512
"""Characters of a name that are looked at."""

_SEPARATOR: Final = re.compile(r"__|::|[./:]")
"""What stands between a server, a class or a wrapper and the tool's own name."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_HEAD: Final = re.compile(r"[\w./:-]+")
_CONTROL: Final = re.compile(r"<[^<>]{0,64}>")
_LETTERS: Final = re.compile(r"[^\W_]+")
_WRAPPERS: Final = frozenset({"functions", "function", "tools", "tool", "default_api", "mcp"})
"""What models and clients put before a tool's name, or its server's, by themselves."""
_CHANNELS: Final = _WRAPPERS | {
    "analysis", "assistant", "call", "channel", "code", "commentary", "end", "final", "json",
    "message", "start", "xml",
}  # fmt: skip
"""What models leave behind a tool's name: names of their own channels and formats."""

_EDITS: Final = 2
_FOUR: Final = 4


@lru_cache(maxsize=8192)
def segments(name: str) -> tuple[str, ...]:
    """The parts of a name between servers, classes and the tool: `mcp__web__get` has three."""
    return tuple(part for part in _SEPARATOR.split(name) if part.strip("_- "))


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case, however they are joined; numbers are words."""
    return tuple(word.lower() for word in _WORD.findall(name[:LONGEST]))


def own_words(name: str) -> tuple[str, ...]:
    """The words of a tool's own name, without its server or wrapper."""
    parts = segments(name)
    return words(parts[-1]) if parts else ()


def letters(name: str) -> str:
    """What two spellings of one name share: `file_name`, `fileName` and `File-Name`.

    Numbers stay apart, so that `step_1_1` and `step_11` are two.
    """
    out: list[str] = []
    for word in words(name):
        out += ("_", word) if out and word.isdigit() and out[-1].isdigit() else (word,)
    return "".join(out)


def nearest_tool(name: str, known: Collection[str]) -> str | None:
    """The one tool of `known` that a wrong name clearly means; None where none or several may.

    Tried in this order, and the first that finds anything decides: the name without what is
    no name (control tokens, names of channels, quotes, invisible characters); another
    spelling (case, `-` for `_`, camelCase); the same without or with a server or wrapper; a
    slip of the pen in words that no known tool has. A known name means itself.
    """
    return name if name in known else _nearest(name[:LONGEST], tuple(known))


@lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    plain = without_junk(name)
    if not plain:
        return None
    if plain in known:
        return plain
    spelled, parts = letters(plain), _folded(plain)
    own = _aligned(plain, len(parts))
    if not spelled:
        return None
    tests: tuple[Callable[[str], bool], ...] = (
        lambda tool: letters(tool) == spelled,
        lambda tool: _within(parts, _folded(tool), known),
        lambda tool: slip(own, _aligned(tool, len(parts))),
    )
    for number, test in enumerate(tests, 1):
        found = [tool for tool in known if test(tool)]
        if number == len(tests):
            found = [tool for tool in found if not _is_meant(own, tool, len(parts), known)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def same_name(given: str, tool: str) -> bool:
    """Whether a name is the tool's own in another spelling: no letter and no server differs."""
    plain = without_junk(given)
    return bool(plain) and _folded(plain) == _folded(tool)


def spec_of(tool: str, specs: Mapping[str, ToolSpec]) -> ToolSpec | None:
    """What is known of a tool: by its name, or by the same name with or without its server."""
    if tool in specs:
        return specs[tool]
    name = _same(tool, tuple(specs))
    return None if name is None else specs[name]


@lru_cache(maxsize=1024)
def _same(tool: str, known: tuple[str, ...]) -> str | None:
    """The one known name that is the same with or without a server."""
    parts = _folded(tool)
    found = [name for name in known if _within(parts, _folded(name), known)]
    return found[0] if len(found) == 1 else None


def without_junk(name: str) -> str:
    """The name in a text that begins with one; empty where what follows may say something."""
    text = unicodedata.normalize("NFKC", name[:LONGEST])
    text = "".join(c for c in text if c.isspace() or not unseen(c))
    begin = _HEAD.search(_CONTROL.sub(lambda found: " " * len(found[0]), text))
    if begin is None:
        return ""
    text = text[begin.start() :]
    head = _HEAD.match(text)
    end = 0 if head is None else head.end()
    rest = text[end:]
    if not rest.startswith("<|") and not _is_junk(_CONTROL.sub(" ", rest)):
        return ""
    return text[:end].strip("./:-")


def slip(given: str, meant: str) -> bool:
    """Whether two names differ by a slip of the pen: as many words, one or two letters.

    Never in the first letter of a word (lock, unlock; get, set), a number or a short word.
    """
    one, other = words(given), words(meant)
    if one == other or len(one) != len(other):
        return False
    left = _EDITS
    for a, b in zip(one, other, strict=True):
        if a != b:
            cost = _slip_in_word(a, b)
            if cost is None or cost > left:
                return False
            left -= cost
    return True


def _slip_in_word(a: str, b: str) -> int | None:
    """How many letters differ, None where that is too many for words of this length."""
    short = min(len(a), len(b))
    if short < _FOUR or a[0] != b[0] or not (a.isalpha() and b.isalpha()):
        return None
    if short == _FOUR:
        swapped = sorted(a) == sorted(b) and edits(a, b, 1) == 1
        return 1 if swapped or a + "s" == b or b + "s" == a else None
    bound = 1 if short < 2 * _FOUR else _EDITS
    cost = edits(a, b, bound)
    return cost if cost <= bound else None


def edits(a: str, b: str, bound: int) -> int:
    """Letters to add, drop, change or swap with their neighbour; `bound + 1` where more."""
    if abs(len(a) - len(b)) > bound:
        return bound + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > bound:
            return bound + 1
    return min(row[-1], bound + 1)


def _folded(name: str) -> tuple[str, ...]:
    """The segments in one spelling, without a wrapper before them."""
    parts = segments(name)
    while len(parts) > 1 and parts[0].lower() in _WRAPPERS:
        parts = parts[1:]
    return tuple(letters(part) for part in parts)


def _within(given: tuple[str, ...], tool: tuple[str, ...], known: Collection[str]) -> bool:
    """Whether one is the other with a server before it.

    A server that known tools have is said on purpose: its tool is not the bare one.
    """
    if not given or not tool:
        return False
    if len(given) <= len(tool):
        return tool[-len(given) :] == given
    server = given[: len(given) - len(tool)]
    return given[-len(tool) :] == tool and not any(
        len(other := _folded(name)) > len(server) and other[: len(server)] == server
        for name in known
    )


def _aligned(tool: str, count: int) -> str:
    """The last so many segments of a tool's name."""
    return "__".join(segments(tool)[-count:]) if count else ""


def _is_meant(given: str, tool: str, count: int, known: Collection[str]) -> bool:
    """Whether a word that differs is a word of some known tool: then it is no slip.

    The plural of the word that it should be is one all the same.
    """
    vocabulary = {word for name in known for word in words(name)}
    pairs = zip(words(given), words(_aligned(tool, count)), strict=True)
    return any(a in vocabulary and b not in (a, a + "s", a.removesuffix("s")) for a, b in pairs)


def _is_junk(rest: str) -> bool:
    """Whether nothing is said behind a name: signs, and names of channels."""
    return all(found in _CHANNELS for found in _LETTERS.findall(rest)) and not any(
        sign in rest for sign in "({[=$&|;"
    )
