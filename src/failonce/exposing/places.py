"""Which lessons have a place in a project: acting in all but a share of its units, or watching."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from failonce.kinds.decision import Armed
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.reading import Basis, Does, reads
from failonce.model import Lesson, ToolSpec
from failonce.outcome.assignment import Group, Standing, group, standing, withheld
from failonce.outcome.span import Span
from failonce.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A lesson that may be asked, with what is known of it."""

    lesson: Lesson
    armed: Armed
    span: Span
    lets_go: bool
    """False where the calls that it stops may do something: those are never let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A lesson in its place: in force for all but a share of the units, or watching."""

    armed: Armed
    group: Group
    share: float
    since: datetime
    watches: bool = False


def lets_go(armed: Armed, tool: ToolSpec) -> bool:
    """Whether calls that a lesson stops may be let through now and then, to see if it is right.

    Only those of a tool that reads: it says so, or its words do and nothing says otherwise.
    Without failonce they would run anyway, so words are enough here. Lessons that stop
    nothing can always be withheld.
    """
    stops = isinstance(armed.behaviour, Guardrail) and armed.behaviour.strength is Strength.BLOCK
    if not stops:
        return True
    said = reads(tool)
    return said.does is Does.READS or (said.basis is Basis.WORDS and said.does is Does.UNKNOWN)


def placed(
    candidates: Sequence[Candidate], policy: Policy, names: Mapping[str, str]
) -> list[Placed]:
    """Give lessons their places; `candidates` come in order of creation.

    Lessons of one group are drawn together, with one share. One that nobody approved only
    watches while another one of its group acts: what happened could be either's doing.
    """
    groups: dict[Group, list[tuple[Candidate, Standing]]] = defaultdict(list)
    for c in candidates:
        groups[group(c.lesson.proposal, names)].append((c, standing(c.lesson, c.span.last)))
    found: dict[str, Placed] = {}
    for key, members in groups.items():
        acting = _acting(members)
        shares = [withheld(s, policy) for c, s in acting if c.lets_go]
        for c, _ in members:
            found[c.lesson.id] = Placed(
                armed=c.armed,
                group=key,
                share=max(shares, default=0.0) if c.lets_go else 0.0,
                since=c.span.renewed,
                watches=all(c is not other for other, _ in acting),
            )
    return [found[c.lesson.id] for c in candidates]


def _acting(members: Sequence[tuple[Candidate, Standing]]) -> list[tuple[Candidate, Standing]]:
    in_force = [(c, s) for c, s in members if c.lesson.in_force]
    trusted = (Standing.APPROVED, Standing.PROVEN, Standing.PROBATION)
    return [(c, s) for c, s in in_force if s in trusted] or in_force[:1]
