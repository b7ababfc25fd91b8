"""What is kept, and for how long."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from failonce.model import Horizon, Whose


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """What of a project is older than a horizon."""

    project: str
    events: int = 0
    """Events that would go."""
    calls: int = 0
    """How many of them are calls; the others were reported or logged."""
    size: int = 0
    """About so many bytes of them."""
    counts: int = 0
    """Daily counts of classes that would go."""
    cited: int = 0
    """Events that are as old and stay, as something rests on them."""
    oldest: datetime | None = None
    """The oldest event that stays; None where none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What one step removed, for good."""

    events: int = 0
    counts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What of a project is somebody's."""

    project: str
    events: int = 0
    sessions: int = 0
    """Sessions of these events, and those whose name is theirs."""
    names: int = 0
    """Sources and tags whose name is theirs, which classes remember beyond their events."""
    classes: int = 0
    """Classes of failures whose texts name them."""
    gaps: int = 0
    """Gaps whose texts name them."""
    exposures: int = 0
    """Times that a lesson met a call of a session whose name is theirs."""


class Keeping(Protocol):
    """What goes by its age, and what goes because of whom it is about.

    Events on which something rests stay however old they are: those that a version of a lesson
    was learned from, those that an exposure names, all of the sessions that met a lesson which
    waits or is in force, and the newest five of a class that an open gap is about. Counts of a
    day stay while an event of the class is kept of that day; calls and failures by project and
    day, and the audit, stay for ever.

    An event that has gone is never taken in again, and so is no other one of its project that is
    older than what went by its age.
    """

    def prunable(self, horizon: Horizon) -> Sequence[Prunable]:
        """What is older, by project; those without any are left out. Changes nothing."""

    def prune(self, horizon: Horizon) -> Iterator[Gone]:
        """Remove it, a step at a time, each in one transaction; stop wherever you like.

        Where the newest event of a class goes, one that is kept and as new as the newest count
        speaks for it, else its masked text.
        """

    def traces(self, whose: Whose, tell: Callable[[int], None] = ...) -> Sequence[Traces]:
        """What is theirs, by project; `tell` hears how many events were looked at so far."""

    def forget(self, whose: Whose, *, at: datetime) -> Iterator[Gone]:
        """Remove what is theirs, a step at a time, each in one transaction; some only look.

        All of their events, cited or not; what was counted stays counted. Names and texts of them
        in classes, gaps and exposures are replaced. Lessons and the audit stay as they are.
        """

    def forgotten(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids whose events were forgotten, sorted."""

    def scrub(self) -> bool:
        """See to it that nothing of what was removed is left in the files of the store.

        False where others use it, so that some of it is, or where only its server could.
        """
