"""Where hints go in the text of a plan: what every format tells of the calls it finds.

A format reads a text into sites and writes one entry of metadata; it changes nothing. So all
formats share one way of editing, and what nobody named stays as it was, byte for byte.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from failonce.errors import BadInput
from failonce.model import Json

LONGEST: Final = 4_000_000
"""Characters of a plan that are read."""
DEEPEST: Final = 500
"""Levels of nesting in a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place where entries of metadata go: at `at`, between `before` and `after`."""

    at: int
    before: str = ""
    after: str = ""
    keys: frozenset[str] = frozenset()
    """The keys that stand there already."""
    problem: str = ""
    """Why nothing can be written there, empty where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A call in a plan."""

    capability: str
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Text that goes where `start` to `end` stood; the two are equal for an insertion."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a format finds in a plan: its calls, and where the plan's own marks go."""

    sites: tuple[Site, ...]
    marks: Slot | None = None
    """None where the format has no place for them."""
    counted: int = 0
    """Modifications that the plan already says it carries."""
    stale: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Marks that stand in the plan, each with where its value begins and ends."""


class Format(Protocol):
    """One format of plans. Stateless; one file each."""

    @property
    def name(self) -> str:
        """The word for `--format`."""

    @property
    def between(self) -> str:
        """What stands between two entries of metadata."""

    def sniff(self, text: str) -> bool:
        """Whether a text looks like one of this format."""

    def read(self, text: str) -> Read:
        """The calls in a plan; raises `BadInput` where it cannot be read."""

    def entry(self, key: str, value: Json) -> str:
        """One entry of metadata as it is written."""


def bounded(text: str) -> None:
    """Refuse a plan that is too long to be one."""
    if len(text) > LONGEST:
        raise BadInput(f"The plan is longer than {LONGEST:,} characters.")


def line(text: str, at: int) -> int:
    """The number of the line of a place in a text, from 1."""
    return text.count("\n", 0, at) + 1


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with these edits, which do not overlap."""
    out: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda e: e.start):
        out += (text[done : edit.start], edit.text)
        done = edit.end
    return "".join((*out, text[done:]))


def written(form: Format, slot: Slot, entries: Sequence[str]) -> Edit:
    """The edit that puts entries into a slot."""
    return Edit(
        start=slot.at, end=slot.at, text=slot.before + form.between.join(entries) + slot.after
    )
