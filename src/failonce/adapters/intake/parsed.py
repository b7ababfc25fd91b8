"""What was read of one body that somebody sent."""

from dataclasses import dataclass

from failonce.model import Recording, Reject


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The recordings of a body, what of it could not be read, and what holds nothing to learn.

    `skipped` counts items, as the format calls them; a reject stands for one item too.
    """

    recordings: tuple[Recording, ...]
    rejects: tuple[Reject, ...]
    skipped: int = 0
