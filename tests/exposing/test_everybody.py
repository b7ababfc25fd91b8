"""Nobody has to ask everybody: what is told is the same as where each lesson is asked."""

import os
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.exposing import Asked, Asks, Placed
from failonce.kinds.behaviour import Situation
from failonce.kinds.decision import Armed, Concerning, Deciding, Decision, drive, settle
from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from failonce.language.comparison import Relation
from failonce.model import Answer, Args, Arm, Call, Past
from failonce.outcome.assignment import drawn
from failonce.skill import decide
from failonce.skill.index import Index
from tests.exposing.made import HELD, call, place, roster
from tests.made import START
from tests.skill.made import NO, guard, insert, looking, rename, rule, step

pytestmark = pytest.mark.slow

WORKS = Answer(text="[]")

BODIES = (
    guard("a", Strength.WARN),
    guard("b", Strength.WARN),
    guard("b"),
    guard("a", expects="no <arg:a>"),
    guard("c", Strength.WARN),
    guard("c", look=looking(Relation.EMPTY)),
    guard("a", repeated=1),
    rename("a", "b"),
    rename("b", "c"),
    insert(looking(Relation.EMPTY, step("mend")), Moment.BEFORE),
    insert(replace(looking(Relation.EMPTY), leave_out=("b",)), Moment.BEFORE),
    insert(looking(Relation.EMPTY, step("mend"))),
    rule("Look twice."),
    rule("Ask first."),
)


@st.composite
def rosters(draw: st.DrawFn) -> list[Placed]:
    """A few lessons; some act, some only watch, some are drawn together."""
    found: list[Placed] = []
    for n, body in enumerate(draw(st.lists(st.sampled_from(BODIES), max_size=8))):
        share, watches = draw(st.sampled_from((0.0, 0.5, 0.9))), draw(st.booleans())
        group = draw(st.sampled_from("gh"))
        armed = replace(body, lesson=str(n))
        found.append(place(armed, share=share, watches=watches, group=f"{group}{share}"))
    return found


def everybody(
    places: Sequence[Placed], of: Call, situation: Situation
) -> tuple[Decision, list[tuple[str, Arm]]]:
    """The decision, and who is told of: each group and each lesson that watches is asked."""

    def deciding(armed: Sequence[Armed], *last: Armed) -> Deciding:
        own = Index(armed).concerning
        concerning: Concerning = (lambda tool: [*own(tool), *last]) if last else own
        return decide.before(situation, concerning)

    acting = [p for p in places if not p.watches]
    out = [p for p in acting if drawn(p.group, START, of.cluster, p.share) is Arm.HOLDOUT]
    left = [p.armed for p in acting if p not in out]
    decision = drive(deciding(left), lambda _: WORKS)
    told = [(t.armed.lesson, Arm.APPLIED) for t in decision.touches]
    order = Index(p.armed for p in acting).concerning("t")
    for group in dict.fromkeys(p.group for a in order for p in out if p.armed is a):
        own = [p.armed for p in out if p.group == group]
        would = settle(deciding([p.armed for p in acting if p.armed in [*left, *own]]))
        told += [(t.armed.lesson, Arm.HOLDOUT) for t in would.touches if t.armed in own]
    for a in Index(p.armed for p in places if p.watches).concerning("t"):
        would = settle(deciding(left, a))
        told += [(t.armed.lesson, Arm.SHADOW) for t in would.touches if t.armed is a]
    return decision, told


@settings(deadline=None, max_examples=6000 if os.environ.get("FAILONCE_TORTURE") else 600)
@given(
    rosters(),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1), max_size=3) | st.none(),
    st.booleans(),
)
def test_what_is_told_is_what_each_would_have_said(
    places: list[Placed], unit: int, args: Args | None, again: bool
) -> None:
    """In all three arms, with calls made on the way or none."""
    of = replace(call(f"s{unit}"), args=args)
    past = (Past(call=of, answer=NO),) if again else ()
    situation = Situation(call=of, past=past)

    def deciding(concerning: Concerning) -> Deciding:
        return decide.before(situation, concerning)

    asked = worked(roster(*places).ahead(of, START, deciding))
    decision, told = everybody(places, of, situation)
    assert asked.decision == decision
    assert sorted((s.exposure.lesson, s.exposure.arm) for s in asked.spoken) == sorted(told)


def test_those_are_told_of_who_would_have_spoken_were_no_call_made() -> None:
    """A lesson that acts takes `b` away by a look; nobody can look to see what another one would
    have said, and then `b` becomes `c`, which one that is withheld is about."""
    taking = insert(replace(looking(Relation.EMPTY), leave_out=("b",)), Moment.BEFORE)
    held = replace(guard("c", Strength.WARN), lesson="held")
    of = call(HELD, b=1)

    def deciding(concerning: Concerning) -> Deciding:
        return decide.before(Situation(call=of), concerning)

    every = place(taking), place(rename("b", "c")), place(held, share=0.5)
    asked = worked(roster(*every).ahead(of, START, deciding))
    assert [t.armed.lesson for t in asked.decision.touches] == [taking.lesson]
    told = [(s.exposure.lesson, s.exposure.arm) for s in asked.spoken]
    assert told == [(taking.lesson, Arm.APPLIED), ("held", Arm.HOLDOUT)]


def worked(steps: Asks) -> Asked:
    """What comes of asking where every call works."""
    try:
        next(steps)
        while True:
            steps.send(WORKS)
    except StopIteration as done:
        found: Asked = done.value
        return found
