"""One table of moves: every state has a way back, and nothing moves but by it."""

import ast
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from failonce.errors import RefusedLesson, RefusedMove
from failonce.identity import lesson_id
from failonce.lifecycle import MOVES, WORDS, drawing, move
from failonce.model import Action, Change, Proposer, Ruling, State
from tests.looped import World
from tests.made import START, lesson, proposal


@pytest.mark.parametrize(("action", "state"), list(product(MOVES, State)))
def test_a_move_is_made_from_the_states_of_the_table_and_refused_from_all_others(
    action: Action, state: State
) -> None:
    before = lesson(state=state)
    allowed, after = MOVES[action]
    if state in allowed:
        moved = move(before, action, at=START, actor="ann", reason="why")
        assert moved.lesson.state is after
        assert (moved.event.before, moved.event.after) == (state, after)
        assert (moved.event.actor, moved.event.reason) == ("ann", "why")
        assert moved.event.digest == before.digest
    else:
        with pytest.raises(RefusedMove, match=before.id):
            move(before, action, at=START, actor="ann")


def test_every_state_has_a_way_to_proposed() -> None:
    reach = {State.PROPOSED}
    while True:
        more = {s for allowed, after in MOVES.values() if after in reach for s in allowed} - reach
        if not more:
            break
        reach |= more
    assert reach == set(State)


@pytest.mark.proves("N21")
def test_an_approval_signs_the_digest_and_losing_force_takes_the_signature_back() -> None:
    approved = move(lesson(), Action.APPROVE, at=START, actor="ann").lesson
    assert approved.in_force
    assert approved.approved_digest == approved.digest
    undone = move(approved, Action.UNDO, at=START, actor="ann").lesson
    assert not undone.in_force
    assert undone.approved_digest is None


@pytest.mark.proves("F4")
def test_what_is_put_aside_is_not_selected_and_stays_on_record() -> None:
    """After it was proven; the words are those of the seed, with `canary` between the first two."""
    world = World()
    assert [*State][:5] == ["proposed", "canary", "stable", "deprecated", "retired"]
    for action, after in ((Action.SUPERSEDE, State.DEPRECATED), (Action.RETIRE, State.RETIRED)):
        made = lesson(proposal(key=action), state=State.PROPOSED)
        for step in (Action.APPROVE, Action.PROMOTE, action):
            moved = move(made, step, at=START, actor="ann")
            made = moved.lesson
            world.store.commit(Change(lessons=(made,), events=(moved.event,)))
            world.review.reconcile()
            assert (made.id in world.desk.held) is (step is not action)
        assert (made.state, made.in_force) == (after, False)
        assert world.store.lesson(made.id) == made
        entries = world.store.entries(subject=made.id)
        assert [e.event.action for e in entries] == [Action.APPROVE, Action.PROMOTE, action]


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(RefusedMove, match=r"is undone, so it cannot be approved: reopen it first"):
        move(lesson(state=State.REVERTED), Action.APPROVE, at=START, actor="ann")


def test_every_state_has_a_word_for_people_and_stands_in_the_drawing() -> None:
    assert set(WORDS) == set(State)
    assert all(state in drawing() for state in State)


@pytest.mark.proves("F12")
def test_a_state_changes_in_one_place_only() -> None:
    """Who else makes a lesson with a state makes a new one, which waits; nobody else moves any."""
    source = Path(__file__).parents[1] / "src/failonce"
    moving, giving = set(), set()
    for file in source.rglob("*.py"):
        name = file.relative_to(source).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "failonce.lifecycle":
                moving |= {name for x in node.names if x.name == "move"}
            if isinstance(node, ast.keyword) and node.arg == "state":
                giving |= {(name, ast.unparse(node.value))}
    assert {x for x in moving if not x.startswith("testing/")} == {"weighing.py"}
    stages = ("evidence/", "signature/", "proposal/", "gate/", "skill/", "outcome/")
    assert not {x for x, value in giving if x.startswith(stages) and "State." in value}
    assert {x for x, value in giving if value == "State.CANARY"} <= {"surfaces/pulls/putting.py"}
    assert ("lifecycle.py", "after") in giving


@pytest.mark.proves("F12")
def test_states_have_fixed_slugs_and_an_id_follows_from_the_content_alone() -> None:
    """Not from when, by whom, in which mode or with which proof it was made."""
    assert [*State] == [
        "proposed", "canary", "stable", "deprecated", "retired", "rejected", "reverted"
    ]  # fmt: skip
    one = lesson(proposal(key="k"), state=State.PROPOSED)
    other = lesson(proposal(key="k"), state=State.STABLE)
    assert lesson_id(one.proposal) == lesson_id(other.proposal) == one.id == other.id
    by_hand = replace(one.proposal, proposer=Proposer.PERSON, reason="another reason")
    assert lesson_id(by_hand) == one.id
    assert lesson_id(replace(one.proposal, target="another")) != one.id


@pytest.mark.proves("F13")
@pytest.mark.parametrize("action", [Action.SUPERSEDE, Action.RETIRE, Action.UNDO])
def test_what_is_put_aside_is_audited_and_can_come_before_people_again(action: Action) -> None:
    """Deprecating, retiring and undoing each leave an entry with who and why, and a way back."""
    made = lesson(state=State.STABLE)
    aside = move(made, action, at=START, actor="ann", reason="it did harm")
    assert (aside.event.actor, aside.event.reason) == ("ann", "it did harm")
    assert (aside.event.before, aside.event.after) == (State.STABLE, aside.lesson.state)
    assert move(aside.lesson, Action.REOPEN, at=START, actor="ann").lesson.state is State.PROPOSED


@pytest.mark.proves("F13")
def test_what_the_gate_refuses_is_kept_with_its_evidence_and_nobody_can_approve_it() -> None:
    world = World()
    refused = lesson(proposal(key="r"), ruling=Ruling.REJECT)
    world.store.commit(Change(lessons=(refused,)))
    with pytest.raises(RefusedLesson):
        world.review.approve(refused.id)
    kept = world.store.lesson(refused.id)
    assert kept == refused
    assert kept.judgement.proof == refused.judgement.proof
    assert list(world.store.entries(actions=(Action.APPROVE,))) == []
