"""JSON with comments, as editors write it: where each value stands, so that one can be replaced.

Nothing but what is replaced changes: comments, order, spaces and line ends stay.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from failonce.errors import BadInput

_SPACE: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_WORD: Final = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
_DEEP: Final = 100


@dataclass(slots=True)
class Node:
    """A value and where it stands in its text; of an object also its members."""

    start: int
    end: int = 0
    value: Any = None
    members: "dict[str, Node]" = field(default_factory=dict)


def parse(text: str) -> Node:
    """The value of a text; raises `BadInput` with the line where it is none."""
    reader = _Reader(text)
    node = reader.value(0)
    if reader.at < len(text):
        raise reader.wrong("something stands behind the value")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self._skip()

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self.at)
        self.at = self.at if found is None else found.end()

    def wrong(self, what: str) -> BadInput:
        line = self._text.count("\n", 0, self.at) + 1
        return BadInput(f"line {line}: {what}")

    def value(self, depth: int) -> Node:
        """The value that stands here."""
        if depth > _DEEP:
            raise self.wrong("it is nested too deep")
        node = Node(self.at)
        sign = self._text[self.at : self.at + 1]
        if sign == "{":
            self._object(node, depth)
        elif sign == "[":
            self._array(node, depth)
        else:
            node.value = self._plain()
        node.end = self.at
        self._skip()
        return node

    def _plain(self) -> Any:
        found = _STRING.match(self._text, self.at) or _WORD.match(self._text, self.at)
        if found is None:
            raise self.wrong("a value is missing or broken")
        try:
            made = json.loads(found[0])
        except ValueError as error:
            raise self.wrong(str(error)) from None
        self.at = found.end()
        return made

    def _object(self, node: Node, depth: int) -> None:
        node.value = {}
        for _ in self._items("}"):
            if self._text[self.at : self.at + 1] != '"':
                raise self.wrong("a name in quotes is missing")
            name = self._plain()
            self._skip()
            self._expect(":")
            inner = self.value(depth + 1)
            node.members[name], node.value[name] = inner, inner.value

    def _array(self, node: Node, depth: int) -> None:
        node.value = []
        for _ in self._items("]"):
            node.value.append(self.value(depth + 1).value)

    def _items(self, last: str) -> Any:
        """Once for each item up to the end; a comma behind the last one is let pass."""
        self._expect(self._text[self.at])
        while self._text[self.at : self.at + 1] != last:
            yield
            if self._text[self.at : self.at + 1] != last:
                self._expect(",")
        self.at += 1

    def _expect(self, sign: str) -> None:
        if self._text[self.at : self.at + 1] != sign:
            raise self.wrong(f"`{sign}` is missing")
        self.at += 1
        self._skip()
