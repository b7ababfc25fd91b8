"""JSON changed where it must change and nowhere else.

A configuration belongs to a person: its order, indentation, comments and line ends stay. So it
is not written anew; places in its text are found, and what is put in looks like what stands
around it. Comments and trailing commas are passed over, as several clients allow them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from failonce.errors import BadInput
from failonce.model import Json

_SPACE: Final = " \t\r\n"
_DEPTH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value in a text: where it stands, and what it holds."""

    start: int
    end: int
    value: Json
    keys: tuple[tuple[str, int], ...] = ()
    """Of an object: the names, and where each stands."""
    nodes: tuple["Node", ...] = ()

    def member(self, name: str) -> "Node | None":
        """The value of a name in an object; of equal names the last one counts."""
        found = [n for (key, _), n in zip(self.keys, self.nodes, strict=True) if key == name]
        return found[-1] if found else None

    @property
    def starts(self) -> Sequence[int]:
        """Where each of the things in it begins, a name with its value being one."""
        return [at for _, at in self.keys] if self.keys else [n.start for n in self.nodes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """A place in a text, and what stands there from now on."""

    start: int
    end: int
    text: str


def parsed(text: str) -> Node:
    """The whole text; raises `BadInput` with the line where it is no JSON."""
    reader = _Reader(text)
    node = reader.value(reader.skip(0), 0)
    end = reader.skip(node.end)
    if end != len(text):
        raise reader.wrong(end)
    return node


def spliced(text: str, splices: Sequence[Splice]) -> str:
    """The text with all of them; they do not overlap."""
    for s in sorted(splices, key=lambda s: s.start, reverse=True):
        text = text[: s.start] + s.text + text[s.end :]
    return text


def added(text: str, within: Node, value: Json, *, name: str | None = None) -> list[Splice]:
    """What adds an item to an array, or with a `name` a member to an object, behind the others."""
    look = _Look(text, within, opens=name is not None)
    own = look.written(value)
    if name is not None:
        own = f"{json.dumps(name, ensure_ascii=False)}:{look.gap}{own}"
    if not within.nodes:
        return [Splice(start=within.start + 1, end=within.end - 1, text=look.alone(own))]
    last = within.nodes[-1].end
    behind = _behind(text, last, within.end - 1)
    comma = text[last:behind].lstrip(_SPACE).startswith(",")
    if comma or behind == last:
        joint = "" if comma else ","
        return [Splice(start=behind, end=behind, text=f"{joint}{look.before}{own}")]
    return [  # a comment stands behind the last one, and stays with it
        Splice(start=last, end=last, text=","),
        Splice(start=behind, end=behind, text=f"{look.before}{own}"),
    ]


def removed(within: Node, places: Sequence[int]) -> list[Splice]:
    """What takes things out of an object or an array, by their numbers."""
    gone, count = sorted(set(places)), len(within.nodes)
    if len(gone) == count:
        return [Splice(start=within.start + 1, end=within.end - 1, text="")]
    found = []
    for n in gone:
        if any(k not in gone for k in range(n)):
            found.append(Splice(start=within.nodes[n - 1].end, end=within.nodes[n].end, text=""))
        else:
            found.append(Splice(start=within.starts[n], end=within.starts[n + 1], text=""))
    return found


class _Look:
    """How things stand in a text: on lines of their own with what before them, or in one line."""

    def __init__(self, text: str, within: Node, *, opens: bool) -> None:
        self._opens = opens
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._unit = _unit(text)
        starts = within.starts
        lines = (
            "\n" in text[within.start : starts[0]] if starts else "\n" in text or not _tight(text)
        )
        own = _indent(text, within.start)
        self._indent = _indent(text, starts[0]) if starts and lines else own + self._unit
        self._outer = own
        self._lines = lines
        self.gap = "" if _tight(text) else " "
        self.before = f"{self._newline}{self._indent}" if lines else self.gap

    def written(self, value: Json) -> str:
        """A value as it would stand here: an object in lines, and what is in it one a line."""
        if not (self._lines and isinstance(value, dict) and value and self._opens):
            return self._flat(value)
        inside = f"{self._newline}{self._indent}{self._unit}"
        shown = (f"{self._flat(key)}:{self.gap}{self._flat(own)}" for key, own in value.items())
        return "{" + inside + f",{inside}".join(shown) + f"{self._newline}{self._indent}" + "}"

    def _flat(self, value: Json) -> str:
        separators = ("," + self.gap, ":" + self.gap)
        return json.dumps(value, ensure_ascii=False, separators=separators)

    def alone(self, own: str) -> str:
        """The inside of what was empty."""
        if not self._lines:
            return own
        return f"{self._newline}{self._indent}{own}{self._newline}{self._outer}"


def _unit(text: str) -> str:
    """What one step to the right is: that of the first line that makes one."""
    for line in text.splitlines():
        rest = line.lstrip(" \t")
        if rest[:1] == '"' and line != rest:
            return line[: len(line) - len(rest)]
    return "  "


def _tight(text: str) -> bool:
    """Whether no space is left behind colons."""
    at = text.find('":')
    return at >= 0 and text[at + 2 : at + 3] not in (" ", "\t", "\n", "\r")


def _indent(text: str, at: int) -> str:
    """What the line begins with in which a place is."""
    start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    line = text[start:at].removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _behind(text: str, start: int, end: int) -> int:
    """The end of what belongs to a last item: its comma, and comments, but no space."""
    reader, at, last = _Reader(text), start, start
    while at < end:
        if text[at] == ",":
            at = last = at + 1
        elif text[at] in _SPACE:
            at += 1
        else:
            at = last = reader.comment(at)
    return last


class _Reader:
    """Reads values with their places."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._scan = json.JSONDecoder(strict=False).raw_decode

    def wrong(self, at: int, why: str = "it is no JSON") -> BadInput:
        line = self._text.count("\n", 0, at) + 1
        return BadInput(f"{why} (line {line}, column {at - self._text.rfind(chr(10), 0, at)})")

    def skip(self, at: int) -> int:
        text = self._text
        if at == 0 and text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"):
            at = 1
        while at < len(text):
            if text[at] in _SPACE:
                at += 1
            elif text.startswith(("//", "/*"), at):
                at = self.comment(at)
            else:
                break
        return at

    def comment(self, at: int) -> int:
        """The place behind a comment."""
        if self._text.startswith("//", at):
            end = self._text.find("\n", at)
            end = len(self._text) if end < 0 else end
            return end - 1 if self._text[end - 1 : end] == "\r" else end
        end = self._text.find("*/", at + 2)
        if not self._text.startswith("/*", at) or end < 0:
            raise self.wrong(at)
        return end + 2

    def value(self, at: int, depth: int) -> Node:
        if depth > _DEPTH:
            raise self.wrong(at, "it is nested too deeply")
        match self._text[at : at + 1]:
            case "{":
                return self._object(at, depth)
            case "[":
                return self._array(at, depth)
        return self._plain(at)

    def _plain(self, at: int) -> Node:
        try:
            value, end = self._scan(self._text, at)
        except (ValueError, IndexError, StopIteration):
            raise self.wrong(at) from None
        return Node(start=at, end=end, value=value)

    def _object(self, start: int, depth: int) -> Node:
        keys: list[tuple[str, int]] = []
        nodes: list[Node] = []
        for at in self._each(start, "}"):
            name = self._plain(at)
            colon = self.skip(name.end)
            if not isinstance(name.value, str) or self._text[colon : colon + 1] != ":":
                raise self.wrong(at)
            keys.append((name.value, at))
            nodes.append(self.value(self.skip(colon + 1), depth + 1))
            self._at = nodes[-1].end
        found = {k: n.value for (k, _), n in zip(keys, nodes, strict=True)}
        return Node(start=start, end=self._at, value=found, keys=tuple(keys), nodes=tuple(nodes))

    def _array(self, start: int, depth: int) -> Node:
        nodes: list[Node] = []
        for at in self._each(start, "]"):
            nodes.append(self.value(at, depth + 1))
            self._at = nodes[-1].end
        return Node(start=start, end=self._at, value=[n.value for n in nodes], nodes=tuple(nodes))

    def _each(self, start: int, closer: str) -> Iterator[int]:
        """Where each thing in a bracket begins; whoever reads it says in `_at` where it ends."""
        at = self.skip(start + 1)
        while self._text[at : at + 1] != closer:
            yield at
            at = self.skip(self._at)
            if self._text[at : at + 1] == ",":
                at = self.skip(at + 1)
            elif self._text[at : at + 1] != closer:
                raise self.wrong(at)
        self._at = at + 1

    _at: int = 0
