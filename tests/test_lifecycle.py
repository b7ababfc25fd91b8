"""One table of moves: every state has a way back, and nothing moves but by it."""

from itertools import product

import pytest

from failonce.errors import RefusedMove
from failonce.lifecycle import MOVES, WORDS, drawing, move
from failonce.model import Action, Change, State
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
