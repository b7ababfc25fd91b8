"""Words that the sentences of several kinds have in common (statistics, section 7)."""

from math import ceil


def at_most(share: float) -> str:
    """A bound, rounded up: `at most 0.4 %`."""
    return f"at most {ceil(round(share * 1000, 6)) / 10:g} %"
