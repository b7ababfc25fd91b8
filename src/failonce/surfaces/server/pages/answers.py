"""What answers classes of failures: a lesson, or a gap that says why there is none."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from failonce.lifecycle import STANDING, WORDS
from failonce.model import EVERYONE, Action, Gap, GapReason, GapStatus, Lesson, Signature
from failonce.outcome.recurring import answered
from failonce.ports import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A lesson as the pages of failures name it."""

    id: str
    name: str
    kind: str
    state: str
    """The word for people."""
    line: str
    """What its proof says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What there is for classes of failures, under the names that these have now."""

    lessons: Mapping[str, Sequence[Lesson]]
    """Lessons that wait or are in force, the surest first."""
    past: Mapping[str, Sequence[Lesson]]
    """Lessons that were rejected, undone or retired, the newest first."""
    gaps: Mapping[tuple[str, str], Gap]
    """Open ones by project and class."""
    looked: Mapping[str, datetime]
    """When lessons were last looked for in a project."""
    since: Mapping[str, datetime]
    """Since when a class has a lesson in force."""

    def best(self, signature: str, project: str) -> Answer | None:
        """The lesson that answers a class in a project, the surest one."""
        return _first(self.lessons.get(signature, ()), project)

    def former(self, signature: str, project: str) -> Answer | None:
        """The lesson that answered it last, where none does and no newer gap says why."""
        gap = self.gap(signature, project)
        if self.best(signature, project) or (gap and gap.reason is not GapReason.DECLINED):
            return None
        return _first(self.past.get(signature, ()), project)

    def too_little(self, s: Signature) -> bool:
        """Whether it was looked at since it was last seen, and was below the limits then."""
        looked = self.looked.get(s.project)
        answer = (
            self.best(s.id, s.project) or self.gap(s.id, s.project) or self.former(s.id, s.project)
        )
        return answer is None and looked is not None and looked >= s.last_seen

    def gap(self, signature: str, project: str) -> Gap | None:
        """Why nothing answers it."""
        return self.gaps.get((project, signature))


def answers(
    store: Store, every: Sequence[Lesson], classes: Sequence[str], projects: Iterable[str] = ()
) -> Answers:
    """What of every lesson there is for these classes, and when these projects were looked at."""
    names = store.aliases()
    standing = [x for x in every if x.state in STANDING]
    gone = [x for x in every if x.state not in STANDING]
    wanted = set(classes)
    older = [old for old, now in names.items() if now in wanted]
    gaps = {
        (g.project, names.get(g.need, g.need)): g
        for g in store.gaps(needs=[*wanted, *older])
        if g.status is GapStatus.OPEN
    }
    looks = (
        e.event
        for project in dict.fromkeys(projects)
        for e in store.recent(subject=project, limit=1, actions=(Action.MINED,))
    )
    surest = sorted(standing, key=lambda x: _SURENESS[WORDS[x.state]])
    newest = sorted(gone, key=lambda x: x.reviewed_at or x.created_at, reverse=True)
    return Answers(
        lessons=_by_class(surest, names, wanted),
        past=_by_class(newest, names, wanted),
        gaps=gaps,
        looked={look.subject: look.at for look in looks},
        since=answered(standing, names),
    )


def _by_class(
    lessons: Iterable[Lesson], names: Mapping[str, str], wanted: Set[str]
) -> Mapping[str, Sequence[Lesson]]:
    found: dict[str, list[Lesson]] = {}
    for x in lessons:
        for name in dict.fromkeys(names.get(s, s) for s in x.proposal.signatures):
            if name in wanted:
                found.setdefault(name, []).append(x)
    return found


def named(lesson: Lesson) -> Answer:
    """A lesson as it is named."""
    return Answer(
        id=lesson.id,
        name=lesson.proposal.name,
        kind=lesson.proposal.kind,
        state=WORDS[lesson.state],
        line=lesson.judgement.proof.line,
    )


def _first(lessons: Iterable[Lesson], project: str) -> Answer | None:
    found = next((x for x in lessons if _holds(x, project)), None)
    return None if found is None else named(found)


def _holds(lesson: Lesson, project: str) -> bool:
    return lesson.proposal.project in (project, EVERYONE)


_SURENESS = {"proven": 0, "on trial": 1, "waiting": 2}
