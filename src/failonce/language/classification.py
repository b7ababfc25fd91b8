"""An operator's own patterns, tried before the built-in tables (S25)."""

from collections.abc import Iterable
from typing import TypeVar

from failonce.language import pattern
from failonce.language.pattern_table import window

T = TypeVar("T")


def first(table: Iterable[tuple[str, T]], text: str) -> T | None:
    """The value of the first pattern that finds something in `text`, else None."""
    row = first_row(table, text)
    return None if row is None else row[1]


def first_row(table: Iterable[tuple[str, T]], text: str) -> tuple[str, T] | None:
    """The first pattern that finds something in `text` with its value, else None.

    Patterns are RE2, match anywhere in any case, and anchor `^` and `$` at lines, as the
    built-in ones do; of a long text its start and end are read.
    """
    seen = window(text)
    return next((row for row in table if pattern.matches(f"(?im:{row[0]})", seen)), None)
