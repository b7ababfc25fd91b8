"""Since when a version of a lesson is measured: what its audit says of its time in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from failonce.lifecycle import IN_FORCE
from failonce.model import Action, Event, Lesson, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The last time that a lesson was in force, and since when its shadow counts."""

    begin: datetime
    """Since when it waited: made, reopened or put back. What it was then right about counts."""
    since: datetime
    """When it was last put in force; where it never was, as `begin`."""
    renewed: datetime
    """The same, or when it was put on probation after that: it must be proven from there on."""
    until: datetime
    """When it went out of force again; where it did not, now."""
    last: Action | None = None
    """The last move."""


def span(lesson: Lesson, events: Iterable[Event], now: datetime) -> Span:
    """Fold the events of a lesson, oldest first; those of other versions are left out.

    Evidence from before a lesson was put in force again is not held against it: whoever did
    that knew of it.
    """
    begin = since = renewed = lesson.created_at
    until, last = now, None
    for e in events:
        if e.version != lesson.version or e.after is None:
            continue
        last = e.action
        before, after = e.before in IN_FORCE, e.after in IN_FORCE
        if e.after is State.PROPOSED:
            begin = e.at
        if after and not before:
            since, renewed, until = e.at, e.at, now
        elif before and not after:
            until = e.at
        elif e.action is Action.PROBATION:
            renewed = e.at
    return Span(begin=begin, since=since, renewed=renewed, until=until, last=last)
