"""Short ids of failures: what people type."""

from collections.abc import Iterable

from failonce.model import SHORT_ID


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """Each id with its first eight hex digits, or as many more as set it apart."""
    every = sorted(set(ids))
    short: dict[str, str] = {}
    for i, one in enumerate(every):
        near = (*every[max(0, i - 1) : i], *every[i + 1 : i + 2])
        length = next(
            n
            for n in range(SHORT_ID, len(one) + 1)
            if n == len(one) or not any(other.startswith(one[:n]) for other in near)
        )
        short[one] = one[:length].rstrip("-") if length < len(one) else one
    return short
