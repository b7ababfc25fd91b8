"""Ordered tables of patterns, all looked for in one pass of bounded cost.

RE2 matches in time linear in the text whatever the pattern, so a hostile text costs no
more than a plain one of its length.
"""

from collections.abc import Sequence
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

    Patterns are RE2 syntax, match anywhere, ignore case and anchor `^` and `$` at lines.
    They are compiled when first used.
    """

    def __init__(self, rows: Sequence[tuple[T, Sequence[str]]]) -> None:
        self._values = [value for value, patterns in rows for _ in patterns]
        self._patterns = [pattern for _, patterns in rows for pattern in patterns]
        self._set: re2.Set | None = None

    def first(self, text: str) -> T | None:
        """The value of the first row of the table that occurs in `text`, else None."""
        if self._set is None:
            compiled = re2.Set.SearchSet()
            for pattern in self._patterns:
                compiled.Add(f"(?im:{pattern})")
            compiled.Compile()
            self._set = compiled
        hits = self._set.Match(text.encode("utf-8", "replace"))
        return self._values[min(hits)] if hits else None

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.first(text) is not None
