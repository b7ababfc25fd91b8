"""How settings are written: modes, spans of time, windows, patterns and their names.

What cannot be read raises `ValueError` saying what it takes; whoever reads a file or a variable
adds where it stood.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator

from failonce.errors import BadInput
from failonce.language import category, pattern
from failonce.model import Category, KindName, Mode
from failonce.ports import Windows

OFF: Final = frozenset({"off", "0", "false", "no"})
"""Words that switch something off."""
ON: Final = frozenset({"", "on", "1", "true", "yes"})
"""Words that leave it on."""

MODE_KEYS: Final = frozenset({"mode", "enabled", "auto_learning_enabled"})
"""Keys of the section `learning` that set the mode."""

_ALIASES: Final[Mapping[str, Mode]] = {"accumulate": Mode.MANUAL}


def learning_mode(word: str) -> Mode | None:
    """The learning mode of a word, trimmed and in any case; None for other words (N5, F3)."""
    slug = word.strip().lower()
    return next((m for m in Mode if m == slug), _ALIASES.get(slug))


def mode(value: object) -> object:
    """The mode of a word that is one."""
    if not isinstance(value, str):
        return value
    found = learning_mode(value)
    if found is None:
        raise ValueError("it takes off, manual or auto")
    return found


def places(words: str) -> tuple[Path, ...]:
    """The files or folders that stand there separated by commas, each once."""
    found = filter(None, (x.strip() for x in words.split(",")))
    return tuple(dict.fromkeys(Path(x).expanduser() for x in found))


_UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s?([smhd])")
_LONGEST: Final = timedelta(days=3650)
_MOST_PATTERNS: Final = 200


def span(words: str) -> timedelta:
    """The time span of words such as `90d`; raises `ValueError` where they are none."""
    return _sane(_duration(words))


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(str(value).strip().lower())
    if found is None:
        raise ValueError("it takes a number and its unit: 30s, 90m, 24h or 7d")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def _sane(value: timedelta) -> timedelta:
    if not timedelta() < value <= _LONGEST:
        raise ValueError(f"it must be more than nothing and at most {_LONGEST.days}d")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), AfterValidator(_sane)]
"""A time span as people write it."""


def spelled(span: timedelta) -> str:
    """A time span as a setting is written: `168h`, `90m`, `30s`."""
    seconds = span.total_seconds()
    unit = next(u for u in "hms" if u == "s" or seconds % _UNITS[u] == 0)
    return f"{seconds / _UNITS[unit]:g}{unit}"


def windows(words: str) -> Windows:
    """The two windows of `7d/30d`; raises `ValueError` where they are none."""
    found = re.fullmatch(r"([1-9]\d{0,3})d\s?/\s?([1-9]\d{0,3})d", words.strip().lower())
    if found is None or int(found[1]) > int(found[2]):
        raise ValueError("it takes two windows of whole days, the shorter first: 7d/30d")
    return Windows(week=int(found[1]), month=int(found[2]))


def window_words(words: str) -> str:
    """The words, where they are two windows."""
    windows(words)
    return words


def patterns(table: Mapping[str, object]) -> Mapping[str, object]:
    """A table whose keys are patterns, in their order."""
    if len(table) > _MOST_PATTERNS:
        raise ValueError(f"it takes at most {_MOST_PATTERNS} patterns")
    for name in table:
        try:
            pattern.check(name)
        except BadInput as error:
            raise ValueError(f"`{name[:80]}`: {error}") from None
        if not name.strip():
            raise ValueError("an empty pattern would match everything")
    return table


def cause(value: object) -> object:
    """The cause of a name, ours or a seed's."""
    known = category.from_name(value) if isinstance(value, str) else None
    if known is None:
        raise ValueError(f"it takes one of {', '.join(Category)}")
    return known


def kind(value: object) -> object:
    """The name of a kind of lesson."""
    if value not in tuple(KindName):
        raise ValueError(f"it takes one of {', '.join(KindName)}")
    return value
