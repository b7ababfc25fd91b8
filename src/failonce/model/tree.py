"""The files of a repository as values: what is there, and what changes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What a file holds. Of its mode only this much belongs to a repository."""

    content: bytes
    executable: bool = False


Tree = Mapping[str, File]
"""Files by their path below the root, with `/` between its parts; folders are in it by their
files, links are not in it."""

Edits = Mapping[str, File | None]
"""What becomes of files, by path; None where one goes."""
