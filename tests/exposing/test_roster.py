"""Who acts, who is withheld and who watches: the same calls count in every arm."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from failonce.kinds.behaviour import ALWAYS, ANY_TOOL, Block, Repair, Retry, Show, Situation, Speaks
from failonce.kinds.behaviour import Effect as Said
from failonce.kinds.decision import Armed, Concerning, Deciding, Decision, settle
from failonce.kinds.fixer import Fit, FittingFixer, Moment
from failonce.language.comparison import Relation
from failonce.model import AdviceAction, Arm, Category, Effect, Failure, KindName, ToolSpec
from failonce.outcome.assignment import Group, drawn
from failonce.skill import decide
from tests.exposing.made import APPLIED, HELD, asking, call, carried, place, roster
from tests.made import START
from tests.skill.made import guard, hint, insert, looking, rename, step


def test_a_lesson_that_is_withheld_changes_nothing_and_is_told_of() -> None:
    """Property 11: the call goes on as if the lesson were not there, and the unit counts."""
    of = call(HELD)
    asked = roster(place(guard("a"), share=0.5)).before(of, START, asking(of))
    assert asked.decision.advice.action is AdviceAction.ALLOW
    assert asked.decision.touches == ()
    (told,) = (s.exposure for s in asked.spoken)
    assert (told.arm, told.share, told.effect) == (Arm.HOLDOUT, 0.5, Effect.UNKNOWN)
    assert (told.unit, told.session, told.project, told.tool) == (HELD, HELD, "p", "t")


def test_a_lesson_that_waits_watches_and_changes_nothing() -> None:
    """Property 11, for the shadow: of one that does not act nothing was drawn."""
    of = call()
    asked = roster(place(guard("a"), watches=True)).before(of, START, asking(of))
    assert asked.decision.advice.action is AdviceAction.ALLOW
    (told,) = (s.exposure for s in asked.spoken)
    assert (told.arm, told.share) == (Arm.SHADOW, 0.0)
    nobody = replace(of, session="")
    assert not roster(place(guard("a"), watches=True)).before(nobody, START, asking(nobody)).spoken


def test_a_lesson_that_acts_does_what_it_does() -> None:
    of = call(APPLIED)
    asked = roster(place(guard("a"), share=0.5)).before(of, START, asking(of))
    assert asked.decision.advice.action is AdviceAction.BLOCK
    (told,) = (s.exposure for s in asked.spoken)
    assert (told.arm, told.share, told.effect) == (Arm.APPLIED, 0.5, Effect.PREVENTED)


def test_a_lesson_that_has_nothing_to_say_is_not_told_of_in_any_arm() -> None:
    for session in (HELD, APPLIED):
        of = call(session, b=1)
        assert not roster(place(guard("a"), share=0.5)).before(of, START, asking(of)).spoken


@pytest.mark.parametrize("other_arm", [Arm.APPLIED, Arm.HOLDOUT])
def test_the_same_calls_count_in_both_arms_given_what_the_others_do(other_arm: Arm) -> None:
    """A block by another lesson leaves this one nothing to say, whichever arm it drew."""
    other = guard("a")
    mine = replace(guard("b"), lesson="mine")
    seen: dict[Arm, bool] = {}
    of_mine, of_other = (Group(target="t", signature=s) for s in ("mine", "other"))
    for arm in (Arm.APPLIED, Arm.HOLDOUT):
        session = next(
            s
            for n in count()
            if drawn(of_mine, START, s := f"s{n}", 0.5) is arm
            and drawn(of_other, START, s, 0.5) is other_arm
        )
        of = call(session, a=1, b=1)
        both = roster(place(other, share=0.5, group="other"), place(mine, share=0.5, group="mine"))
        told = [s.exposure for s in both.before(of, START, asking(of)).spoken]
        seen[arm] = "mine" in [x.lesson for x in told]
        assert [x.arm for x in told if x.lesson == "mine"] == [arm] * seen[arm]
    assert seen[Arm.APPLIED] == seen[Arm.HOLDOUT] == (other_arm is Arm.HOLDOUT)


def test_a_guardrail_watches_the_call_as_repairs_leave_it() -> None:
    of = call(a=1)
    both = roster(place(rename("a", "b")), place(guard("a"), watches=True))
    told = both.before(of, START, asking(of)).spoken
    assert [s.exposure.lesson for s in told] == ["fix"]


def test_lessons_of_one_group_are_withheld_together() -> None:
    """Else each would be judged by units in which the other one helps."""
    two = [place(guard("a"), share=0.5), place(replace(rename("a", "b"), lesson="r"), share=0.5)]
    of = call(HELD)
    asked = roster(*two).before(of, START, asking(of))
    assert asked.decision.touches == ()
    assert [s.exposure.arm for s in asked.spoken] == [Arm.HOLDOUT]


def test_what_only_speaks_or_watches_is_told_of_once_a_unit_and_week() -> None:
    """By an id that every process makes alike; what acts is told of each time."""

    def ids(session: str, at_days: float = 0, **of_place: float) -> list[str]:
        of, at = call(session), START + timedelta(days=at_days)
        asked = roster(place(guard("a"), **of_place)).before(of, at, asking(of))  # type: ignore[arg-type]
        return [s.exposure.id for s in asked.spoken]

    first = ids(HELD, share=0.5)
    assert ids(HELD, 0.1, share=0.5) == first
    assert ids(APPLIED, share=0.5) == ids(APPLIED, share=0.5) == ["new-0"]
    shadows = {tuple(ids("s", days, watches=True)) for days in (0, 1, 7, 8)}
    assert len(shadows) == 2


def test_after_a_failure_nothing_is_withheld() -> None:
    """The failure is its own counterfactual."""
    of, failure = call(HELD), Failure(message="m", signature="f", category=Category.NETWORK)

    def ask(concerning: Concerning) -> Decision:
        return settle(decide.after(Situation(call=of), failure, concerning))

    retrying = roster(place(hint(), share=0.9))
    asked = retrying.after(of, START, ask)
    assert asked.decision.advice.action is AdviceAction.RETRY
    (said,) = asked.spoken
    assert (said.exposure.after, said.exposure.share) == (True, 0.0)
    assert (said.if_worked, said.if_failed) == (Effect.RECOVERED, Effect.NO_EFFECT)
    assert not retrying.after(of, START, ask, spent=["hint"]).spoken


class Broken:
    """A lesson whose own step fails."""

    component = "t"
    speaks = Speaks(before=ALWAYS, after=ALWAYS, fingerprint="f")

    def before(self, *_: object) -> Said | None:
        raise RuntimeError("no")

    after = before


BROKEN = Armed(lesson="broken", version=1, kind=KindName.GUARDRAIL, behaviour=Broken())  # type: ignore[arg-type]


@pytest.mark.parametrize("session", [HELD, APPLIED])
def test_a_lesson_whose_own_step_fails_is_left_out_and_told_of(session: str) -> None:
    """The others decide without it, and its unit is in no arm of it."""
    of = call(session)
    asked = roster(place(BROKEN, share=0.5), place(guard("a"), group="other")).before(
        of, START, asking(of)
    )
    assert asked.decision.advice.action is AdviceAction.BLOCK
    raised = [s.exposure for s in asked.spoken if s.exposure.lesson == "broken"]
    assert [(x.effect, x.share) for x in raised] == [(Effect.RAISED, 0.0)]


def test_an_error_that_is_nobodys_own_is_not_hidden() -> None:
    def ask(concerning: Concerning) -> Decision:
        if len(concerning("t")) > 1:
            raise RuntimeError("together")
        return settle(decide.before(Situation(call=call()), concerning))

    two = roster(place(guard("a")), place(guard("b")))
    with pytest.raises(RuntimeError, match="together"):
        two.before(call(), START, ask)


def test_what_is_withheld_for_another_tool_does_not_speak_where_a_call_becomes_one_of_it() -> None:
    """A call under a wrong name meets the lessons of the right one, as far as its unit has them."""
    names = FittingFixer(component=ANY_TOOL, fit=Fit.NAMES)
    corrected = Armed(lesson="names", version=1, kind=KindName.FIXER, behaviour=names)
    known = {"t": ToolSpec(name="t", digest="d")}
    of = replace(call(HELD), tool="T")

    def ask(concerning: Concerning) -> Decision:
        return settle(decide.before(Situation(call=of, tools=known), concerning))

    for session, action in ((HELD, AdviceAction.RUN), (APPLIED, AdviceAction.BLOCK)):
        of = replace(of, session=session)
        both = roster(place(corrected, group="names"), place(guard("a"), share=0.5))
        assert both.before(of, START, ask).decision.advice.action is action


def test_every_effect_has_its_way_of_being_told() -> None:
    """A new kind of effect must be thought of here too."""
    from typing import get_args

    names = {e.__name__ for e in get_args(Said)}
    assert names == {"Repair", "Insert", "LookFirst", "Block", "Warn", "Show", "Retry"}
    assert all(e in get_args(Said) for e in (Block, Repair, Retry, Show))


def test_the_calls_of_lessons_that_act_are_made_and_no_others() -> None:
    """Of one that is withheld or watches nothing runs; where no call is made it says nothing."""
    looks = insert(looking(Relation.EMPTY, step("a")), Moment.BEFORE)
    other = replace(insert(looking(Relation.EMPTY, step("b")), Moment.BEFORE), lesson="other")
    there = roster(place(looks), place(other, watches=True))
    of = call()

    def deciding(concerning: Concerning) -> Deciding:
        return decide.before(Situation(call=of), concerning)

    asked, made = carried(there.ahead(of, START, deciding))
    assert made == ["ls", "a"]
    assert asked.decision.advice.action is AdviceAction.RUN
    assert [s.exposure.lesson for s in asked.spoken] == [looks.lesson]
    assert there.before(of, START, asking(of)).spoken == ()
