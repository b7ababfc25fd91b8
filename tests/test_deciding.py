"""What becomes of a decision: carried out, nothing to do, or refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.audit import verify
from failonce.deciding import STEPS, Ask, Due, Verb, due
from failonce.errors import BadInput, Outdated, RefusedMove
from failonce.lifecycle import MOVES, snoozed, waits_now
from failonce.model import Action, Change, Event, Lesson, Mode, Proposer, State
from failonce.policy import Policy
from failonce.review import Review
from failonce.testing import FixedClock, MemoryStore
from failonce.testing.samples import START, lesson, proposed
from tests.looped import Desk, World

DAY = timedelta(days=1)
WEEK = START + 7 * DAY

MAY = {
    Verb.APPROVE: {State.PROPOSED},
    Verb.REJECT: {State.PROPOSED},
    Verb.SNOOZE: {State.PROPOSED},
    Verb.UNDO: {State.CANARY, State.STABLE, State.DEPRECATED},
    Verb.REOPEN: {State.REJECTED, State.REVERTED, State.RETIRED, State.DEPRECATED},
    Verb.RESTORE: {State.REJECTED, State.REVERTED, State.RETIRED, State.DEPRECATED},
    Verb.REPORT_WRONG: set(State),
}
"""Where each verb can be carried out, written down a second time."""


def done(one: Lesson, action: Action, actor: str = "ann") -> Event:
    return Event(
        at=START,
        actor=actor,
        action=action,
        subject=one.id,
        version=one.version,
        after=one.state,
        digest=one.digest,
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_the_table(verb: Verb, state: State) -> None:
    """Every verb in every state, by the one who decided last and by somebody else."""
    one = lesson(1, state=state)
    moves = [step for step in STEPS[verb] if step in MOVES]
    last = done(one, moves[-1] if moves else Action.PROPOSE)
    leads_here = bool(moves) and MOVES[moves[-1]][1] is state
    for actor in ("ann", "bob"):
        for digest in ("", one.digest):
            ask = Ask(verb=verb, actor=actor, digest=digest, until=WEEK)
            if leads_here and actor == "ann":
                assert due(ask, one, [last]) is Due.NOTHING
            elif state in MAY[verb]:
                assert due(ask, one, [last]) is Due.CARRY_OUT
            else:
                with pytest.raises(RefusedMove, match=r"by ann on 2026-03-01 at 12:00 UTC"):
                    due(ask, one, [last])
        with pytest.raises(Outdated, match="version 1 now"):
            due(Ask(verb=verb, actor=actor, digest="other"), one, [last])


def test_a_report_is_the_same_one_where_its_text_and_words_are() -> None:
    one = lesson(1, state=State.CANARY)
    last = replace(done(one, Action.REPORT_WRONG), after=None, reason="no")
    ask = Ask(verb=Verb.REPORT_WRONG, actor="ann", digest=one.digest, reason="no")
    assert due(ask, one, [last]) is Due.NOTHING
    requeued = replace(one, state=State.PROPOSED)
    assert due(ask, requeued, [done(requeued, Action.REQUEUE, "failonce"), last]) is Due.NOTHING
    for other in (
        replace(ask, actor="bob"),
        replace(ask, reason="again"),
        replace(ask, digest=""),
    ):
        assert due(other, one, [last]) is Due.CARRY_OUT


class Room:
    """Two reviewers over one store with one lesson."""

    def __init__(self, policy: Policy | None = None, one: Lesson | None = None) -> None:
        self.store, self.clock = MemoryStore(), FixedClock(START)
        self.lesson = one or lesson(1)
        self.store.commit(proposed(self.lesson))
        self.ann, self.bob = (
            Review(
                store=self.store,
                clock=self.clock,
                workspace=Desk(),
                policy=policy or Policy(),
                actor=actor,
            )
            for actor in ("ann", "bob")
        )

    def act(self, who: Review, verb: Verb, digest: str = "") -> Lesson:
        if verb is Verb.SNOOZE:
            return who.snooze(self.lesson.id, WEEK, digest=digest)
        does: Callable[..., Lesson] = getattr(who, verb)
        return does(self.lesson.id, digest=digest)

    @property
    def entries(self) -> int:
        return len(list(self.store.entries()))


STEPS_DRAWN = st.lists(st.tuples(st.sampled_from(Verb), st.booleans()), max_size=8)


@given(past=STEPS_DRAWN, verb=st.sampled_from(Verb), by_ann=st.booleans())
def test_any_verb_twice_is_that_verb_once(
    past: list[tuple[Verb, bool]], verb: Verb, by_ann: bool
) -> None:
    """Whatever was done before; the audit stays the fold of the states."""
    room = Room()
    for earlier, ann in past:
        try:
            room.act(room.ann if ann else room.bob, earlier)
        except RefusedMove:
            continue
    who, digest = room.ann if by_ann else room.bob, room.lesson.digest
    try:
        once = room.act(who, verb, digest)
    except RefusedMove:
        before = room.entries
        with pytest.raises(RefusedMove):
            room.act(who, verb, digest)
        assert room.entries == before
        return
    written = room.entries
    assert room.act(who, verb, digest) == once
    assert (room.entries, room.store.lesson(once.id)) == (written, once)
    assert verify(room.store.entries(), room.store.versions(once.id)).intact


def test_the_second_of_two_reviewers_is_told_who_decided() -> None:
    room = Room()
    room.ann.approve(room.lesson.id, digest=room.lesson.digest)
    for verb in (Verb.APPROVE, Verb.REJECT):
        with pytest.raises(RefusedMove, match="approved by ann"):
            room.act(room.bob, verb, room.lesson.digest)


@pytest.mark.parametrize(("verb", "said"), [("approve", None), ("reject", "approved by ann")])
def test_who_is_quicker_by_a_hair_has_decided(verb: str, said: str | None) -> None:
    """Between the look and the write of one request another one comes: the same, or another."""
    room = Room()
    commit, meanwhile = room.store.commit, iter([room.lesson.id])
    twin = Review(store=room.store, clock=room.clock, workspace=Desk(), actor="ann")

    def slow(change: Change) -> object:
        for one in meanwhile:
            twin.approve(one)
        return commit(change)

    room.store.commit = slow  # type: ignore[method-assign, assignment]
    if said is None:
        assert getattr(room.ann, verb)(room.lesson.id).state is State.CANARY
        assert room.entries == 2
    else:
        with pytest.raises(RefusedMove, match=said):
            getattr(room.ann, verb)(room.lesson.id)


def test_a_snoozed_lesson_waits_and_is_left_out_until_its_day() -> None:
    room = Room()
    put_off = room.ann.snooze(room.lesson.id, WEEK, reason="busy")
    assert put_off.state is State.PROPOSED
    assert snoozed(put_off, START)
    assert not waits_now(put_off, START)
    assert waits_now(put_off, WEEK)
    assert not snoozed(put_off, WEEK)
    assert room.store.recent(limit=1)[0].event.reason == "until 2026-03-08 12:00 UTC: busy"
    later = room.bob.snooze(room.lesson.id, WEEK + DAY)
    assert later.snoozed_until == WEEK + DAY
    assert room.bob.approve(room.lesson.id).snoozed_until is None


@pytest.mark.parametrize("until", [START, START - DAY, START + 367 * DAY])
def test_a_day_that_is_over_or_far_off_is_refused(until: object) -> None:
    room = Room()
    with pytest.raises(BadInput, match="put off until"):
        room.ann.snooze(room.lesson.id, until)  # type: ignore[arg-type]
    assert room.entries == 1


def test_whoever_proposed_may_not_approve_where_two_are_wanted() -> None:
    """What a miner found was proposed by nobody."""
    by_hand = lesson(1)
    by_hand = replace(by_hand, proposal=replace(by_hand.proposal, proposer=Proposer.PERSON))
    strict = Room(Policy(self_approval=False), by_hand)
    own = Review(
        store=strict.store,
        clock=strict.clock,
        workspace=Desk(),
        policy=Policy(self_approval=False),
        actor="miner",
    )
    with pytest.raises(RefusedMove, match="self_approval"):
        own.approve(by_hand.id)
    assert strict.bob.approve(by_hand.id).in_force
    mined = Room(Policy(self_approval=False))
    assert mined.ann.approve(mined.lesson.id).in_force


def test_a_rule_of_ones_own_waits_where_two_are_wanted() -> None:
    """Also in `auto`: to write it at once would be to approve it."""
    for alone, state in ((True, State.CANARY), (False, State.PROPOSED)):
        world = World(policy=Policy(self_approval=alone, default_mode=Mode.AUTO))
        made = world.review.learn(
            "read", "Name the file.", reason="", proposer=Proposer.PERSON, project="p"
        )
        assert made.state is state
