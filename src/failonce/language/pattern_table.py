"""Ordered tables of patterns, all looked for in one pass of bounded cost.

RE2 matches in time linear in the text whatever the pattern, so a hostile text costs no
more than a plain one of its length.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import re2

T = TypeVar("T")

HEAD = 1500
"""Characters read from the start of a long text."""
TAIL = 1000
"""Characters read from its end, where most programs put what went wrong."""


def window(text: str) -> str:
    """The start and the end of a text: at most `HEAD + TAIL` characters."""
    if len(text) <= HEAD + TAIL:
        return text
    return text[:HEAD] + "\n" + text[-TAIL:]


class PatternTable(Generic[T]):
    """Values by pattern; the value whose row stands first in the table wins.

    A row is a value and a text with one RE2 pattern a line; a line that is indented deeper
    than the first of its row goes on with the pattern before it. `<NAME>` stands for the
    pattern of that name in `names`. Patterns match anywhere, ignore case, and anchor `^`
    and `$` at lines. They are compiled when first used.
    """

    def __init__(
        self, rows: Sequence[tuple[T, str]], *, names: Mapping[str, str] | None = None
    ) -> None:
        self._rows = tuple(rows)
        self._names = dict(names or {})
        self._values: list[T] = []
        self._set: re2.Set | None = None

    def first(self, text: str) -> T | None:
        """The value of the first row of the table that occurs in `text`, else None."""
        if self._set is None:
            self._set = self._compiled()
        hits = self._set.Match(text.encode("utf-8", "replace"))
        return self._values[min(hits)] if hits else None

    def _compiled(self) -> re2.Set:
        table = re2.Set.SearchSet()
        for value, text in self._rows:
            for pattern in _patterns(text):
                table.Add(f"(?im:{self._spelled(pattern)})")
                self._values.append(value)
        table.Compile()
        return table

    def _spelled(self, pattern: str) -> str:
        for name, meaning in self._names.items():
            pattern = pattern.replace(f"<{name}>", meaning)
        return pattern


def _patterns(text: str) -> Sequence[str]:
    found: list[str] = []
    margin = 0
    for line in text.splitlines():
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if not bare:
            continue
        if found and indent > margin:
            found[-1] += bare
        else:
            margin = indent
            found.append(bare)
    return found
