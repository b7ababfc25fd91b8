"""Inputs, and the formats that they are read in."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from failonce.model import (
    Offer,
    Recording,
    Reject,
)


class Source(Protocol):
    """One input to import: a file, a member of a folder, or standard input."""

    @property
    def name(self) -> str:
        """Where it came from, as shown to people."""

    @property
    def modified(self) -> datetime:
        """The time that events without a time of their own take."""

    @property
    def path(self) -> Path | None:
        """The file, where it is one."""

    def lines(self) -> Iterator[bytes]:
        """Its decompressed lines without their line ends; each capped in length."""

    def whole(self) -> bytes:
        """Its decompressed content; raises `BadInput` over the size limit."""


class Importer(Protocol):
    """One format of recordings. Stateless; one file each under `adapters/importers`."""

    @property
    def name(self) -> str:
        """The word for `--format`."""

    def sniff(self, head: bytes, name: str) -> float:
        """How sure it is, from 0 to 1, that a source that begins with `head` is its own."""

    def read(self, source: Source) -> Iterator[Recording | Reject | Offer]:
        """Recordings, rejects and the tools that are defined, in the order of the source."""
