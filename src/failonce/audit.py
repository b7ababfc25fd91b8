"""Is the audit what was written? Pure checks over its entries and the lessons they made.

The chain finds every entry that was changed, removed or put in between. What a chain alone
cannot find, entries cut off its end, shows where a lesson stands elsewhere than its last
entry says; `AuditReport.head` can be noted down elsewhere to find the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from failonce.errors import AuditBroken
from failonce.identity import GENESIS, event_hash, intact
from failonce.lifecycle import MOVES
from failonce.model import AuditEntry, Event, Lesson, State


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What `verify` found: how many entries hold, and the first that does not."""

    entries: int
    """How many entries hold, from the first on."""
    head: str
    """The hash of the last entry that holds."""
    broken_seq: int | None = None
    """The first entry that does not hold, or the one that a lesson contradicts."""
    problem: str = ""
    """What is wrong, in words; empty where nothing is."""

    @property
    def intact(self) -> bool:
        """True where everything holds."""
        return not self.problem


def verify(entries: Iterable[AuditEntry], lessons: Iterable[Lesson] = ()) -> AuditReport:
    """Check the chain of `entries`, all of them in order, and every lesson against it.

    A lesson, of whatever version, must stand where the fold of its entries says, and its
    digest must be that of its body and of the entries about it (requirement F12).
    """
    folds: dict[tuple[str, int], _Fold] = {}
    seq, head = 0, GENESIS
    try:
        for entry in entries:
            seq += 1
            problem = _problem(entry, seq, head, folds)
            if problem:
                return AuditReport(entries=seq - 1, head=head, broken_seq=seq, problem=problem)
            head = entry.hash
            _advance(folds, entry)
    except AuditBroken as error:
        return AuditReport(entries=seq, head=head, broken_seq=seq + 1, problem=str(error))
    for lesson in lessons:
        fold = folds.get((lesson.id, lesson.version))
        problem = _contradiction(lesson, fold)
        if problem:
            last = None if fold is None else fold.seq
            return AuditReport(entries=seq, head=head, broken_seq=last, problem=problem)
    return AuditReport(entries=seq, head=head)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fold:
    """Where the entries so far leave one version of a lesson."""

    seq: int
    state: State
    digest: str


def _problem(
    entry: AuditEntry, seq: int, previous: str, folds: dict[tuple[str, int], _Fold]
) -> str:
    if entry.seq != seq:
        return f"Entry {seq} is missing: the next one is {entry.seq}."
    if entry.previous != previous:
        return f"Entry {seq} does not follow the entry before it."
    if entry.hash != event_hash(previous, seq, entry.event):
        return f"Entry {seq} was changed after it was written."
    return _unlawful(entry.event, seq, folds.get((entry.event.subject, entry.event.version)))


def _unlawful(event: Event, seq: int, fold: _Fold | None) -> str:
    """Why the lifecycle does not allow what the event says, or nothing."""
    if event.after is None:
        return ""
    stood = None if fold is None else fold.state
    if event.before != stood:
        return (
            f"Entry {seq} moves {event.subject} from {event.before or 'nothing'}, "
            f"but it stood at {stood or 'nothing'}."
        )
    if stood is None or event.before == event.after:
        return ""
    before, after = MOVES.get(event.action, (frozenset(), None))
    if stood not in before or event.after is not after:
        return (
            f"Entry {seq} says {event.action} moved {event.subject} from {stood} to "
            f"{event.after}, which it cannot."
        )
    return ""


def _advance(folds: dict[tuple[str, int], _Fold], entry: AuditEntry) -> None:
    event = entry.event
    if event.after is not None:
        key = (event.subject, event.version)
        before = folds[key].digest if key in folds else ""
        folds[key] = _Fold(seq=entry.seq, state=event.after, digest=event.digest or before)


def _contradiction(lesson: Lesson, fold: _Fold | None) -> str:
    name = f"{lesson.id} version {lesson.version}"
    if fold is None:
        return f"{name} is in the store, but no entry of the audit made it."
    if lesson.state is not fold.state:
        return (
            f"{name} stands at {lesson.state}, but its last entry, {fold.seq}, left it at "
            f"{fold.state}."
        )
    if not intact(lesson):
        return f"The text of {name} is not the one that its digest was made of."
    if lesson.digest != fold.digest:
        return f"{name} has another digest than its entries up to {fold.seq} say."
    return ""
