"""Ordered tables of patterns, looked for together in a few passes of bounded cost.

RE2 matches in time linear in the text whatever the pattern, so a hostile text costs no
more than a plain one of its length.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import re2

T = TypeVar("T")

GAPS_PER_PASS = 12
"""Patterns with a gap (`.*`) in one pass: each may double the states of the automaton."""
HEAD = 1500
"""Characters read from the start of a long text."""
TAIL = 1000
"""Characters read from its end, where most programs put what went wrong."""


def window(text: str) -> str:
    """The start and the end of a text: at most `HEAD + TAIL` characters."""
    if len(text) <= HEAD + TAIL:
        return text
    return text[:HEAD] + "\n" + text[-TAIL:]


class _Pass(Generic[T]):
    """Patterns that are looked for together, and the values they stand for."""

    def __init__(self) -> None:
        self.patterns = re2.Set.SearchSet()
        self.values: list[T] = []
        self.gaps = 0

    def add(self, pattern: str, value: T) -> None:
        self.patterns.Add(f"(?im:{pattern})")
        self.values.append(value)
        self.gaps += ".*" in pattern


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
        self._passes: Sequence[_Pass[T]] = ()

    def first(self, text: str) -> T | None:
        """The value of the first row of the table that occurs in `text`, else None."""
        self._passes = self._passes or self._compiled()
        encoded = text.encode("utf-8", "replace")
        for each in self._passes:
            hits: Sequence[int] = each.patterns.Match(encoded)
            if hits:
                return each.values[min(hits)]
        return None

    def _compiled(self) -> Sequence[_Pass[T]]:
        passes = [_Pass[T]()]
        for value, text in self._rows:
            for pattern in _patterns(text):
                if passes[-1].gaps >= GAPS_PER_PASS:
                    passes.append(_Pass[T]())
                passes[-1].add(self._spelled(pattern), value)
        for each in passes:
            each.patterns.Compile()
        return passes

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
