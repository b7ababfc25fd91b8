"""What people and outcomes decide: lessons, their audit, modes, and leases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from failonce.model import (
    Action,
    Arm,
    AuditEntry,
    Change,
    Effect,
    Exposure,
    Gap,
    Lesson,
    Mode,
    State,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """How often a lesson met calls on one day, in one arm, with one effect."""

    day: str
    """As YYYY-MM-DD."""
    lesson: str
    arm: Arm
    effect: Effect
    count: int


class Lessons(Protocol):
    """Lessons, gaps and exposures; every write is one `Change`, also of tokens and accounts."""

    def commit(self, change: Change) -> Sequence[AuditEntry]:
        """Write all of `change` and its audit entries, or nothing; durable on return.

        Raises `RefusedMove` where a lesson is no longer as `change.expects` says or an account
        as `change.stand` does, where one of `change.alone` would not be, and where another token
        has the id of a new one.
        """

    def lesson(self, id: str) -> Lesson | None:
        """The newest version of a lesson."""

    def versions(self, id: str) -> Sequence[Lesson]:
        """All versions of a lesson, oldest first."""

    def lessons(
        self, *, project: str | None = None, states: Sequence[State] = ()
    ) -> Sequence[Lesson]:
        """The newest version of each lesson, in order of creation."""

    def gaps(
        self, *, project: str | None = None, needs: Sequence[str] | None = None
    ) -> Sequence[Gap]:
        """All gaps, or those for these needs, oldest first."""

    def exposures(self, *, lesson: str | None = None) -> Sequence[Exposure]:
        """Exposures in order of time."""

    def effects(self, *, project: str | None = None, since: datetime) -> Sequence[Effects]:
        """Exposures counted by day, lesson, arm and effect, in that order, from a time on."""

    def closings(self, project: str, sessions: Sequence[str]) -> Mapping[str, datetime]:
        """When each of these sessions was last said to be over; others are left out."""


class Audit(Protocol):
    """The append-only, hash-chained record of every decision."""

    def entries(
        self, *, subject: str | None = None, after: int = 0, actions: Sequence[Action] = ()
    ) -> Iterator[AuditEntry]:
        """Entries in order, those behind the place `after`; `actions` empty means any."""

    def recent(
        self,
        *,
        limit: int,
        subject: str | None = None,
        before: int | None = None,
        actions: Sequence[Action] = (),
        actor: str | None = None,
        via: str | None = None,
    ) -> Sequence[AuditEntry]:
        """The newest entries, newest first, those before the place `before`.

        `via` is how that of an entry begins, empty for what was decided at the machine itself.
        """

    def head(self) -> str:
        """The hash of the newest entry: it changes whenever anything was decided."""


class Modes(Protocol):
    """The learning modes that a person set in the store (N5)."""

    def mode(self, project: str) -> Mode | None:
        """The mode set for a project, else for everyone (`*`), else None.

        It is the newest `SET_MODE` event whose subject is the project or `*`.
        """


class Lease(Protocol):
    """At most one holder of a name at a time, across processes."""

    def acquire(self, name: str, holder: str, *, until: datetime, now: datetime) -> bool:
        """True where the lease is ours until then."""

    def release(self, name: str, holder: str) -> None:
        """Give it back."""

    def held(self, now: datetime) -> Mapping[str, str]:
        """The names of leases that somebody holds, with who does."""
