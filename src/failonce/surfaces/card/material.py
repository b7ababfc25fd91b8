"""Reads from the store what a card is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from failonce.compose import Parts
from failonce.lifecycle import IN_FORCE
from failonce.model import EVERYONE, AuditEntry, Evidence, Lesson, ToolSpec
from failonce.outcome.measured import Measured
from failonce.selecting import LONGEST, latest

MOST = 20_000
"""Recorded calls of a project above which only the sessions that taught the lesson are read, and
the newest: who looks at a card waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A lesson with what is recorded of it and of the calls that it may concern."""

    lesson: Lesson
    versions: Sequence[Lesson] = ()
    entries: Sequence[AuditEntry] = ()
    measured: Measured | None = None
    """What it did in force; None where it never was."""
    support: Sequence[Evidence] = ()
    forgotten: int = 0
    """Events that it was learned from and that were forgotten since."""
    calls: Sequence[Evidence] = ()
    """Session by session, oldest first; failures under their present names."""
    narrowed: bool = False
    """True where sessions were left out, as there are too many calls."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Aliases of failures."""
    tools: Mapping[str, ToolSpec] = field(default_factory=dict)
    """Tools as they describe themselves, as far as known."""


def gather(parts: Parts, lesson: Lesson, *, recorded: bool = True) -> Material:
    """Everything that the card of `lesson` is made of.

    Without `recorded` the calls are left out, which are nearly all of the work: such a card
    says nothing of what the lesson would have done, nor whether it is safe.
    """
    store, proposal = parts.store, lesson.proposal
    project = None if proposal.project == EVERYONE else proposal.project
    names = store.aliases()
    support = store.evidence(proposal.support)
    taught = list(dict.fromkeys(e.call.session for e in support))
    sessions = latest(store, project, MOST, first=taught)
    read = store.calls(project=project, sessions=sessions, newest=LONGEST)
    calls = read if recorded else ()
    entries = list(store.entries(subject=lesson.id))
    in_force = any(e.event.after in IN_FORCE for e in entries)
    return Material(
        lesson=lesson,
        versions=store.versions(lesson.id),
        entries=entries,
        measured=parts.review.measuring.measured(lesson) if in_force else None,
        support=support,
        forgotten=len(store.forgotten(proposal.support)),
        calls=[_named(e, names) for e in calls],
        narrowed=sessions is not None,
        names=names,
        tools={} if project is None else store.tools(project),
    )


def _named(e: Evidence, names: Mapping[str, str]) -> Evidence:
    now = names.get(e.signature or "")
    return e if now is None else replace(e, signature=now)
