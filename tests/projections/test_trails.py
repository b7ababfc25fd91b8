"""failonce's lessons and gaps as a ledger: exhaustive, and no more proven than they are."""

from dataclasses import replace

import pytest

from failonce.model import Gap, GapReason, GapStatus, Lesson, Ruling, State
from failonce.projections.ledger import CurriculumReason, NeedStatus, SkillStatus
from failonce.projections.trails import ledger_of, trails_of
from failonce.testing.samples import gap, lesson


def standing(n: int, state: State) -> Lesson:
    made = lesson(n)
    return replace(
        made, state=state, proposal=replace(made.proposal, signatures=(f"lesson-need-{n}",))
    )


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.PROPOSED, SkillStatus.PROPOSED),
        (State.CANARY, SkillStatus.PROPOSED),
        (State.STABLE, SkillStatus.STABLE),
        (State.DEPRECATED, SkillStatus.DEPRECATED),
        (State.RETIRED, SkillStatus.RETIRED),
    ],
)
def test_states_in_the_seeds_words(state: State, status: SkillStatus) -> None:
    ledger = ledger_of([standing(1, state)], [], "shop")
    [skill] = ledger.skills
    assert skill.status is status
    assert ledger.promotable == (status is SkillStatus.STABLE)


@pytest.mark.parametrize("state", [State.REJECTED, State.REVERTED])
def test_what_was_turned_down_is_a_gap_again(state: State) -> None:
    [item] = ledger_of([standing(1, state)], [], "shop").curriculum
    assert (item.reason, item.status) == (CurriculumReason.NOT_SATISFIED, NeedStatus.REJECTED)


def test_what_the_gate_refused_is_blocked_and_not_a_skill() -> None:
    made = lesson(1)
    refused = replace(made, judgement=replace(made.judgement, ruling=Ruling.REJECT))
    [item] = ledger_of([refused], [], "shop").curriculum
    assert item.status is NeedStatus.BLOCKED


def test_a_stable_state_without_tests_is_not_stable_in_the_ledger() -> None:
    made = standing(1, State.STABLE)
    bare = replace(made, judgement=replace(made.judgement, checks=()))
    [skill] = ledger_of([bare], [], "shop").skills
    assert (skill.status, skill.promotable()) == (SkillStatus.PROPOSED, False)


@pytest.mark.proves("F8")
@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (GapReason.NO_METHOD, CurriculumReason.NO_METHOD),
        (GapReason.INSUFFICIENT_SUPPORT, CurriculumReason.NO_METHOD),
        (GapReason.SELF_CORRECTING, CurriculumReason.NO_METHOD),
        (GapReason.NOT_CONNECTED, CurriculumReason.NOT_CONNECTED),
        (GapReason.NOT_SATISFIED, CurriculumReason.NOT_SATISFIED),
        (GapReason.GATE_FAILED, CurriculumReason.NOT_SATISFIED),
        (GapReason.DECLINED, CurriculumReason.NOT_SATISFIED),
    ],
)
def test_gaps_keep_their_reason(reason: GapReason, said: CurriculumReason) -> None:
    [item] = ledger_of([], [gap(1, reason=reason)], "shop").curriculum
    assert (item.need_id, item.reason) == ("f1", said)


@pytest.mark.proves("F2")
def test_nothing_of_the_project_is_dropped_and_nothing_of_others_taken() -> None:
    lessons = [standing(n, state) for n, state in enumerate(State)]
    gaps: list[Gap] = [gap(n, reason=reason) for n, reason in enumerate(GapReason)]
    trails = trails_of(lessons, gaps, "shop")
    ledger = ledger_of(lessons, gaps, "shop")
    assert len(trails) == len(State) + len(GapReason)
    assert len(ledger.skills) + len(ledger.curriculum) == len(trails)
    assert trails_of(lessons, gaps, "other") == []


def test_answered_needs_are_told_once() -> None:
    closed = gap(1, status=GapStatus.CLOSED)
    beside = gap(2, need="lesson-need-5")
    trails = trails_of([standing(5, State.CANARY)], [closed, beside], "shop")
    assert [t.need_id for t in trails] == ["lesson-need-5"]


@pytest.mark.proves("F1")
def test_projecting_changes_nothing() -> None:
    lessons, gaps = [standing(1, State.CANARY)], [gap(1)]
    before = (list(lessons), list(gaps))
    assert ledger_of(lessons, gaps, "shop") == ledger_of(lessons, gaps, "shop")
    assert (lessons, gaps) == before
