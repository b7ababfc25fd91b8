"""What the file says, as its header and records: `frames` tells how they stand in its bytes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from failonce.adapters.in_force.frames import FILE, FRAME, LENGTH, MAGIC, SIZE, START
from failonce.adapters.in_force.sealing import Sealer
from failonce.adapters.values import read, written
from failonce.errors import BadInput, StoreUnreadable
from failonce.identity import GENESIS
from failonce.model import Mode
from failonce.policy import DEFAULT, Policy

MOST_BYTES = 512 << 20
"""A larger file is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What of the policy counts at call time, for readers that have no settings of their own."""

    max_suggestions: int = DEFAULT.max_suggestions
    holdout_canary: float = DEFAULT.holdout_canary
    holdout_approved: float = DEFAULT.holdout_approved
    default_mode: Mode = DEFAULT.default_mode

    @classmethod
    def of(cls, policy: Policy) -> "Numbers":
        """These numbers of a policy."""
        return cls(
            max_suggestions=policy.max_suggestions,
            holdout_canary=policy.holdout_canary,
            holdout_approved=policy.holdout_approved,
            default_mode=policy.default_mode,
        )

    @property
    def policy(self) -> Policy:
        """A policy with these numbers."""
        return Policy(
            max_suggestions=self.max_suggestions,
            holdout_canary=self.holdout_canary,
            holdout_approved=self.holdout_approved,
            default_mode=self.default_mode,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the file says of itself, and where its records are.

    `seq` and `head` are the audit's newest entry. A place is (offset, number of records); for
    lessons a third number says where the record of their glances is.
    """

    id: str
    seq: int
    head: str
    next: int
    """The place in the order of creation of the lesson to come."""
    modes: Mapping[str, str]
    """Project, or `*` → learning mode that was set in the store."""
    numbers: Numbers
    lessons: Mapping[str, Mapping[str, Sequence[int]]]
    """Project → target → place of its lessons."""
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Tool → targets of lessons that are about it under another name."""
    learned: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Project → targets of lessons that are tools."""
    rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Project → targets of lessons that are rules in force."""
    tools: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Project → place of what its tools say of themselves."""
    aliases: Sequence[int] = (0, 0)
    """Place of the aliases of failures: old → present name."""
    refused: tuple[str, ...] = ()
    """Lessons that are in force in the store, and whose bytes are not those approved."""


class Building:
    """Records that are being put in their places."""

    def __init__(self, id: str, sealer: Sealer) -> None:
        self._id = bytes.fromhex(id)
        self._sealer = sealer
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, records: Sequence[bytes]) -> tuple[int, int]:
        """Put records behind the others; gives their place."""
        place = (self._size, len(records))
        for record in records:
            seal = self._sealer.seal(self._id, self._size.to_bytes(8), record)
            self._parts += (LENGTH.pack(len(record)), seal, record)
            self._size += FRAME + len(record)
        return place

    def file(self, header: Header) -> bytes:
        """The whole file."""
        text = _text(written(header))
        seal = self._sealer.seal(MAGIC, text)
        return b"".join((MAGIC, LENGTH.pack(len(text)), seal, text, *self._parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file whose header holds; its records are checked as they are read."""

    header: Header
    _content: bytes
    _start: int
    _sealer: Sealer

    def records(self, place: Sequence[int]) -> Iterator[bytes | None]:
        """The records at a place, None for each that does not hold."""
        offset, count = place[:2]
        own = bytes.fromhex(self.header.id)
        for n in range(count):
            at = self._start + offset
            frame = self._content[at : at + FRAME]
            if len(frame) < FRAME:
                yield from [None] * (count - n)
                return
            (length,) = LENGTH.unpack_from(frame)
            record = self._content[at + FRAME : at + FRAME + length]
            holds = self._sealer.holds(frame[-SIZE:], own, offset.to_bytes(8), record)
            yield record if holds else None
            offset += FRAME + length

    def glances(self, place: Sequence[int]) -> Sequence[Any]:
        """What can be seen of the lessons at a place beforehand; empty where nobody knows it."""
        held = next(self.values((place[2], 1)), None) if len(place) > 2 else None
        return held if isinstance(held, list) and len(held) == place[1] else ()

    def values(self, place: Sequence[int]) -> Iterator[Any]:
        """The same, parsed."""
        for record in self.records(place):
            yield None if record is None else json.loads(record)


NOTHING = Opened(
    header=Header(id="", seq=0, head=GENESIS, next=0, modes={}, numbers=Numbers(), lessons={}),
    _content=b"",
    _start=0,
    _sealer=Sealer(b""),
)
"""A file in which nothing is in force."""


def file_beside(store: Path) -> Path:
    """The file of what is in force in the store at this path."""
    return store.with_name(f"{store.name}{FILE}")


def opened(content: bytes, sealer: Sealer) -> Opened:
    """Check a file's header; raises `StoreUnreadable` where it is not as it was written."""
    text = b""
    if content[: len(MAGIC)] == MAGIC and len(content) >= START:
        (length,) = LENGTH.unpack_from(content, len(MAGIC))
        text = content[START : START + length]
    if not text or not sealer.holds(content[START - SIZE : START], MAGIC, text):
        raise StoreUnreadable("it is not as failonce wrote it")
    try:
        header = read(Header, json.loads(text))
    except (BadInput, ValueError) as error:  # sealed, so by another version
        raise StoreUnreadable(f"it was written by another failonce ({error})") from error
    return Opened(header=header, _content=content, _start=START + len(text), _sealer=sealer)


def record(value: object) -> bytes:
    """A value as the bytes of a record."""
    return _text(written(value))


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
