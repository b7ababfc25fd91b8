"""What failonce has in one file: a block in somebody else's, or a whole file of its own.

Bytes in, bytes out. Every form of it is laid onto what the file holds, and tells what somebody
wrote into it since.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A file with a piece laid onto it."""

    content: bytes | None
    """The file's new bytes, None where it goes."""
    edited: bytes = b""
    """Our part as somebody changed it, empty where nobody did; the new bytes do without it."""
    held: bool = False
    """Whether something of ours was in the file before."""


class Piece(Protocol):
    """What a file is to hold of ours, which may be nothing."""

    def onto(self, content: bytes | None) -> Laid:
        """The file with the piece in it; None is a file that does not exist.

        The same piece laid again changes nothing. Raises `BadInput` where it cannot be laid
        without touching what is not ours.
        """
