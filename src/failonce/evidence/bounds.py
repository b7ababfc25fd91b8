"""How much of a value is kept, and how what is too long is cut."""

from math import isfinite
from typing import Final

DEPTH: Final = 16
ITEMS: Final = 2_000
TEXT: Final = 64 << 10
_BITS: Final = 4_096


def number(value: float) -> "int | float | str":
    """A number that JSON can hold, or what stands for it."""
    if isinstance(value, int):
        return value if value.bit_length() < _BITS else "<huge integer>"
    return value if isfinite(value) else str(value)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters: the beginning and the end around a count of the rest."""
    if len(text) <= limit:
        return text
    mark = f" … {len(text) - limit:,} characters cut … "
    room = max(0, limit - len(mark))
    tail = room // 2
    return text[: room - tail] + mark + text[len(text) - tail :]
