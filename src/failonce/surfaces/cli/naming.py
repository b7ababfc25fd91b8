"""Short ids of failures: what people type."""

from collections.abc import Iterable, Mapping

from failonce.signature.fingerprint import short_id


def short_ids(ids: Iterable[str]) -> Mapping[str, str]:
    """Each fingerprint with its short id; the same for the same set, in whatever order."""
    taken: dict[str, str] = {}
    for one in sorted(set(ids)):
        taken[short_id(one, taken)] = one
    return {one: short for short, one in taken.items()}
