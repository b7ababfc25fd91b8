"""What answers classes of failures: a lesson, or a gap that says why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from failonce.lifecycle import STANDING, WORDS
from failonce.model import EVERYONE, Gap, GapStatus, Lesson
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
    gaps: Mapping[tuple[str, str], Gap]
    """Open ones by project and class."""
    since: Mapping[str, datetime]
    """Since when a class has a lesson in force."""

    def best(self, signature: str, project: str) -> Answer | None:
        """The lesson that answers a class in a project, the surest one."""
        found = [x for x in self.lessons.get(signature, ()) if _holds(x, project)]
        return named(found[0]) if found else None

    def gap(self, signature: str, project: str) -> Gap | None:
        """Why nothing answers it."""
        return self.gaps.get((project, signature))


def answers(store: Store, classes: Sequence[str]) -> Answers:
    """What there is for these classes."""
    names = store.aliases()
    standing = store.lessons(states=STANDING)
    wanted = set(classes)
    lessons: dict[str, list[Lesson]] = {}
    for x in sorted(standing, key=lambda x: _SURENESS[WORDS[x.state]]):
        for name in dict.fromkeys(names.get(s, s) for s in x.proposal.signatures):
            if name in wanted:
                lessons.setdefault(name, []).append(x)
    older = [old for old, now in names.items() if now in wanted]
    gaps = {
        (g.project, names.get(g.need, g.need)): g
        for g in store.gaps(needs=[*wanted, *older])
        if g.status is GapStatus.OPEN
    }
    return Answers(lessons=lessons, gaps=gaps, since=answered(standing, names))


def named(lesson: Lesson) -> Answer:
    """A lesson as it is named."""
    return Answer(
        id=lesson.id,
        name=lesson.proposal.name,
        kind=lesson.proposal.kind,
        state=WORDS[lesson.state],
        line=lesson.judgement.proof.line,
    )


def _holds(lesson: Lesson, project: str) -> bool:
    return lesson.proposal.project in (project, EVERYONE)


_SURENESS = {"proven": 0, "on trial": 1, "waiting": 2}
