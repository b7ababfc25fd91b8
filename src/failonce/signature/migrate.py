"""Carry signatures over to another table of masks, so that no lesson is orphaned.

A new `SCHEME_VERSION` gives every failure a new fingerprint. Lessons and rollups keep the old
ones; the rows made here say which new ones they are now, and the store applies them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from failonce.signature.fingerprint import fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A signature as the store has it, with one redacted sample of its messages.

    Give one per sample where several are kept: a finer table splits a signature, and only samples
    show into what. Where no sample is left, *text* is the old template.
    """

    fingerprint: str
    component: str
    error_type: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """An alias row: what was named *old* is now named *new*."""

    old: str
    new: str


def renamed(stored: Iterable[Stored]) -> tuple[Renamed, ...]:
    """Name stored signatures anew with the present table of masks.

    Returns a row for each pair of old and new name that differ, each once, sorted. An old name
    has several rows if its samples are several failures now, none if it stays; two old names may
    share a new one. A lesson holds for every new name of its old one.
    """
    rows = {
        (s.fingerprint, fingerprint(component=s.component, error_type=s.error_type, text=s.text).id)
        for s in stored
    }
    return tuple(Renamed(old=old, new=new) for old, new in sorted(rows) if old != new)
