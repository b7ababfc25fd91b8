"""A call's own argument values inside its error text: masked, and told by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from failonce.model import Args, Json

SHORTEST = 3
"""Characters below which a value is too common to be blamed."""
LONGEST = 512
"""Characters above which a value is not looked for."""
MOST = 32
"""Values looked for in one text, the longest first; bounds the cost."""

_QUOTES = frozenset("'\"`“”‘’«»")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """The text with argument values as `<arg:name>`, and the names found in it, sorted."""

    text: str
    names: tuple[str, ...] = ()


def mask_values(text: str, args: Args) -> Masked:
    """Mask the values of top-level arguments (and texts inside them) in an error text.

    A plain lower-case word counts only where the text quotes it: `file` in `No such file`
    is English, in `cd: 'file'` it is the argument.
    """
    if not any(value in text for given in args.values() for value in _texts(given, depth=3)):
        return Masked(text=text)
    found: set[str] = set()
    for value, name in sorted(_values(args), key=lambda v: (-len(v[0]), v))[:MOST]:
        if value in text:
            masked = _replaced(text, value, f"<arg:{name}>")
            if masked != text:
                found.add(name)
                text = masked
    return Masked(text=text, names=tuple(sorted(found)))


def _values(args: Args) -> set[tuple[str, str]]:
    return {
        (value, _plain(name))
        for name, given in args.items()
        for value in _texts(given, depth=3)
        if SHORTEST <= len(value) <= LONGEST
    }


def _texts(value: Json, *, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, Mapping):
        for item in list(value.values())[:MOST]:
            yield from _texts(item, depth=depth - 1)
    elif depth and isinstance(value, Sequence):
        for item in list(value)[:MOST]:
            yield from _texts(item, depth=depth - 1)


def _plain(name: str) -> str:
    """An argument's name as it may stand inside a placeholder."""
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in name)[:40]


def _replaced(text: str, value: str, placeholder: str) -> str:
    """Replace the occurrences that stand for themselves, not inside another word."""
    common = value.isalpha() and value.islower()
    parts: list[str] = []
    start = 0
    while (at := text.find(value, start)) >= 0:
        before, after = text[at - 1 : at], text[at + len(value) : at + len(value) + 1]
        quoted = before in _QUOTES and after in _QUOTES and bool(before and after)
        whole = not (_joins(before, value[0]) or _joins(after, value[-1]))
        parts.append(text[start:at])
        parts.append(placeholder if quoted or (whole and not common) else value)
        start = at + len(value)
    return "".join(parts) + text[start:]


def _joins(neighbour: str, edge: str) -> bool:
    """Whether two characters belong to one word."""
    return bool(neighbour) and (neighbour.isalnum() or neighbour == "_") and edge.isalnum()
