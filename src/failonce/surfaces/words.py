"""Numbers in words, the same on every surface."""


def counted(count: int, noun: str, nouns: str = "") -> str:
    """`1 call`, `2 calls`, `3,000 calls`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def duration(seconds: float) -> str:
    """A time span as people say it: `45 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"


def cut(text: str, most: int) -> str:
    """Text on one line, without runs of blanks; what is left out is counted."""
    flat = " ".join(text[: 20 * most].split())
    over = len(text) - len(text[: 20 * most]) + len(flat) - most
    return flat if over <= 0 else f"{flat[:most].rstrip()}… (+{over:,})"
