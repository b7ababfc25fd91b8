"""From sessions to moves: lessons in force prove themselves, or go."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from failonce.audit import verify
from failonce.kinds.guardrail import Guardrail
from failonce.model import (
    Action,
    Advice,
    AdviceAction,
    Arm,
    AuditEntry,
    Change,
    Effect,
    Evidence,
    GapReason,
    Judgement,
    Lesson,
    Mode,
    Proposal,
    Ruling,
    State,
    ToolSpec,
)
from failonce.outcome import words
from failonce.outcome.measured import Word
from failonce.outcome.units import Votes
from failonce.policy import Policy
from failonce.surfaces.sdk import Advisor
from failonce.weighing import OURSELVES
from tests import looped
from tests.gate.test_judge import fixer, guardrail
from tests.made import lesson
from tests.outcome.made import PASSED

HALF = Policy(holdout_canary=0.5, holdout_approved=0.5)
"""So that few sessions are enough."""
ERROR = "Error: unknown argument 'path'"

Tool = Callable[[str, Advice], str]
"""What a call of a session comes back with: an error, or nothing."""


class World(looped.World):
    """A store with lessons in force, and an agent that calls `read` in many sessions."""

    def __init__(self, policy: Policy = HALF) -> None:
        super().__init__(policy=policy)
        self.advisor = Advisor(self.loop, self.clock)
        self.sessions = 0

    def wait(self, proposal: Proposal) -> Lesson:
        """A lesson that waits, with a judgement that lets it pass."""
        made = replace(lesson(proposal), created_at=self.clock.now())
        proof = replace(made.judgement.proof, wins=8)
        judgement: Judgement = replace(
            made.judgement, ruling=Ruling.ACTIVATE, checks=(PASSED,), proof=proof
        )
        made = replace(made, judgement=judgement)
        change = Change(lessons=(made,), events=(self.review.proposed(made),))
        self.store.commit(change)
        return made

    def approve(self, proposal: Proposal) -> Lesson:
        return self.review.approve(self.wait(proposal).id)

    def apply(self, proposal: Proposal) -> Lesson:
        """Put it on trial, as `auto` does."""
        waiting = self.wait(proposal)
        events = []
        applied = self.review.on_trial(waiting, events)
        self.store.commit(Change(lessons=(applied,), events=tuple(events)))
        return applied

    def live(self, sessions: int, tool: Tool, *, over: bool = True) -> None:
        """So many sessions with one call each: asked, run as advised, reported, over."""
        for _ in range(sessions):
            self.sessions += 1
            name = f"session-{self.sessions}"
            self.clock.advance(minutes=1)
            advice = self.advisor.advise("read", {"path": "a"}, session=name, project="p")
            if advice.action is not AdviceAction.BLOCK:
                args = advice.args if advice.args is not None else {"path": "a"}
                error = tool(name, advice)
                if error:
                    self.advisor.observe("read", args, error=error, session=name, project="p")
                else:
                    self.advisor.observe("read", args, "fine", session=name, project="p")
            if over:
                self.advisor.finish(session=name, project="p")
        assert self.advisor.lost == 0

    def now(self, of: Lesson) -> Lesson:
        found = self.store.lesson(of.id)
        assert found is not None
        return found

    def actions(self, of: Lesson) -> list[Action]:
        return [e.event.action for e in self.store.entries(subject=of.id)]

    def settled(self) -> None:
        """Weighing once more moves nothing, and the record holds."""
        before = list(self.store.entries())
        assert self.review.weigh() == []
        assert list(self.store.entries()) == before
        lessons = [v for x in self.store.lessons() for v in self.store.versions(x.id)]
        assert verify(self.store.entries(), lessons).intact


def signed(proposal: Proposal, world: World) -> Proposal:
    """The proposal for the failure that `ERROR` is."""
    world.advisor.observe("read", {"path": "z"}, error=ERROR, session="once", project="p")
    (known,) = [e for e in world.store.calls() if e.signature]
    return replace(proposal, signatures=(known.signature or "",), project="p")


def wants_file(_: str, advice: Advice) -> str:
    """`read` takes `file`; called with `path` it fails."""
    return "" if advice.args is not None and "file" in advice.args else ERROR


def works(_: str, __: Advice) -> str:
    """`read` takes both."""
    return ""


def test_a_fixer_that_helps_is_proven_without_a_person() -> None:
    """On trial, half of the sessions without it: promoted once, and its trial has no end."""
    world = World(Policy())
    applied = world.apply(signed(fixer(), world))
    world.live(4, wants_file)
    assert world.review.weigh() == []
    world.live(36, wants_file)
    (moved,) = world.review.weigh("p")
    assert (moved.move.action, world.now(applied).state) == (Action.PROMOTE, State.STABLE)
    assert "sessions failed with it" in moved.move.reason
    last = list(world.store.entries(subject=applied.id))[-1].event
    assert (last.actor, last.reason) == (OURSELVES, moved.move.reason)
    assert world.now(applied).valid_until is None
    world.settled()


def test_a_guardrail_is_proven_by_the_calls_that_were_let_through() -> None:
    """That nothing fails where everything is stopped proves nothing of it."""
    world = World()
    approved = world.approve(signed(guardrail(), world))
    world.live(40, wants_file)
    seen = world.review.measuring.measured(world.now(approved))
    assert seen.help > 20
    assert 0 < seen.watched.right < 36
    assert world.review.weigh() == []
    world.live(60, wants_file)
    assert [x.move.action for x in world.review.weigh()] == [Action.PROMOTE]
    world.settled()


def _mending(world: World) -> Tool:
    """As `wants_file`, and after a failure the caller itself calls with `file`."""

    def tool(session: str, advice: Advice) -> str:
        error = wants_file(session, advice)
        if error:
            world.advisor.observe(
                "read", {"path": "a"}, error=error, session=session, project="p", id="first"
            )
            world.advisor.observe("read", {"file": "a"}, "fine", session=session, project="p")
        return error

    return tool


def test_a_fixer_that_changes_what_works_is_reverted_after_two_sessions() -> None:
    """Section 4.4: two wrong votes at once; the record says what it was."""
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(8, works)
    (moved,) = world.review.weigh()
    assert moved.move.action is Action.UNDO
    assert "where it only watched, it would have been wrong in" in moved.move.reason
    assert world.now(approved).state is State.REVERTED
    assert world.desk.held == []
    world.settled()


def test_a_rule_that_makes_it_worse_is_reverted() -> None:
    """By the arms alone: what is only read leaves no call to look at."""
    world = World()
    rule = world.review.learn("read", "Use path.", reason="r", proposer="person", project="p")  # type: ignore[arg-type]
    world.review.approve(rule.id)
    world.live(60, lambda _, advice: ERROR if "Use path." in advice.message else "")
    seen = world.review.measuring.measured(world.now(rule))
    assert seen.word is Word.HARMFUL
    (moved,) = world.review.weigh()
    assert moved.move.action is Action.UNDO
    undone = world.review.measuring.measured(world.now(rule))
    assert words.sentence(undone).startswith("Reverted: ")
    assert undone.rows == seen.rows, "what it was reverted for stays to be seen"
    world.settled()


def test_a_lesson_whose_own_step_fails_in_three_sessions_is_reverted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    approved = world.approve(signed(guardrail(), world))

    def broken(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(Guardrail, "before", broken)
    world.live(2, works)
    assert world.review.weigh() == []
    world.live(1, works)
    (moved,) = world.review.weigh()
    assert moved.move.reason == "its own step failed in 3 sessions"
    assert world.now(approved).state is State.REVERTED
    world.settled()


def test_a_lesson_put_in_force_again_is_not_reverted_for_what_was_known() -> None:
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(8, works)
    world.review.weigh()
    world.clock.advance(minutes=1)
    world.review.reopen(approved.id)
    world.review.approve(approved.id)
    world.settled()
    world.live(8, works)
    assert [x.move.action for x in world.review.weigh()] == [Action.UNDO]


def test_a_proven_lesson_is_on_probation_when_its_tool_changes_and_proves_itself_anew() -> None:
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(100, _mending(world))
    assert [x.move.action for x in world.review.weigh()] == [Action.PROMOTE]
    world.clock.advance(minutes=1)
    assert world.review.schema_changed("read", "aaa", "aaa", project="p") == []
    (moved,) = world.review.schema_changed("read", "aaa", "bbb", project="p")
    assert moved.move.action is Action.PROBATION
    assert world.now(approved).state is State.CANARY
    world.settled()
    world.live(100, _mending(world))
    assert [x.move.action for x in world.review.weigh()] == [Action.PROMOTE]
    assert world.actions(approved)[-3:] == [Action.PROMOTE, Action.PROBATION, Action.PROMOTE]
    world.settled()


def test_a_tool_that_comes_with_another_schema_puts_its_lesson_on_trial_again() -> None:
    """The same schema again, or other words about it, moves nothing."""
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(100, _mending(world))
    world.review.weigh()
    spec = ToolSpec(name="read", digest="aaa")
    at = world.clock.now()
    world.loop.offer([spec], project="p", at=at)
    world.loop.offer([replace(spec, description="reads")], project="p", at=at + timedelta(hours=1))
    assert world.now(approved).state is State.STABLE
    newer = replace(spec, digest="bbb")
    world.loop.offer([newer], project="p", at=at + timedelta(hours=2))
    assert world.now(approved).state is State.CANARY


def test_a_tool_that_tells_what_its_code_told_before_is_the_same_tool() -> None:
    """Read from code or told by itself, the schemas differ; other code is another tool."""
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(100, _mending(world))
    world.review.weigh()
    code = ToolSpec(name="read", digest="aaa", code="box/read.py")
    at = world.clock.now()
    world.loop.offer([code], project="p", at=at)
    world.loop.offer([replace(code, digest="bbb", code="")], project="p", at=at)
    assert world.now(approved).state is State.STABLE
    world.loop.offer([code], project="p", at=at)
    assert world.now(approved).state is State.STABLE
    world.loop.offer([replace(code, digest="ccc")], project="p", at=at)
    assert world.now(approved).state is State.CANARY


@pytest.mark.parametrize(
    ("mode", "state"), [(Mode.AUTO, State.RETIRED), (Mode.MANUAL, State.PROPOSED)]
)
def test_an_undecided_trial_ends_as_the_mode_says(mode: Mode, state: State) -> None:
    """In `auto` with a gap, in `manual` as a question; whoever looks first, once."""
    world = World()
    world.review.set_mode(mode)
    applied = world.apply(signed(fixer(), world))
    world.live(2, wants_file)
    world.clock.advance(days=8)
    world.review.reconcile()
    ended = world.now(applied)
    assert ended.state is state
    gaps = [(g.need, g.reason) for g in world.store.gaps()]
    need = applied.proposal.signatures[0]
    assert gaps == ([(need, GapReason.INSUFFICIENT_SUPPORT)] if mode is Mode.AUTO else [])
    last = list(world.store.entries(subject=applied.id))[-1].event
    assert "too little traffic" in last.reason
    world.settled()


def test_a_resting_lesson_neither_moves_nor_ends() -> None:
    world = World()
    applied = world.apply(signed(fixer(), world))
    world.live(8, works)
    world.review.set_mode(Mode.OFF)
    world.clock.advance(days=8)
    assert world.review.weigh() == []
    world.review.reconcile()
    assert world.now(applied).state is State.CANARY


def test_a_session_counts_when_it_is_over_or_a_day_old() -> None:
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(8, works, over=False)
    assert world.review.weigh() == []
    assert world.review.measuring.measured(world.now(approved)).pending == 8
    world.clock.advance(days=1)
    assert [x.move.action for x in world.review.weigh()] == [Action.UNDO]


def test_whoever_decided_meanwhile_stays_right() -> None:
    """The move is left out whole, with its entry."""
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(8, works)
    commit = world.store.commit

    def undone_first(change: Change) -> Sequence[AuditEntry]:
        world.store.commit = commit  # type: ignore[method-assign]
        world.review.undo(approved.id, reason="seen")
        return commit(change)

    world.store.commit = undone_first  # type: ignore[method-assign]
    assert world.review.weigh() == []
    assert world.actions(approved)[-1] is Action.UNDO
    assert list(world.store.entries())[-1].event.reason == "seen"
    world.settled()


def test_only_the_lessons_of_a_project_and_of_everyone_are_weighed() -> None:
    world = World()
    world.approve(signed(fixer(), world))
    world.live(8, works)
    assert world.review.weigh("elsewhere") == []
    assert len(world.review.weigh("p")) == 1


def test_a_waiting_lesson_is_known_by_what_it_watched() -> None:
    """Nobody approved it, and it has changed nothing; a person sees whether it was right."""
    world = World()
    waiting = world.wait(signed(guardrail(), world))
    world.live(6, wants_file)
    seen = world.review.measuring.measured(world.now(waiting))
    assert seen.watched == Votes(right=6)
    assert seen.rows == ()
    assert {x.arm for x in world.store.exposures()} == {Arm.SHADOW}
    assert "wrong in 0 of 6 sessions" in words.sentence(seen)


def test_a_repair_is_judged_by_what_the_caller_did_later() -> None:
    """Confirmed, contradicted, or nobody can tell."""

    def then(args: dict[str, object]) -> Votes:
        world = World()
        approved = world.approve(signed(fixer(), world))

        def tool(session: str, advice: Advice) -> str:
            if advice.args is not None:
                return ""
            world.advisor.observe(
                "read", {"path": "a"}, error=ERROR, session=session, project="p", id="first"
            )
            world.advisor.observe("read", args, "fine", session=session, project="p")
            return ERROR

        world.live(20, tool)
        return world.review.measuring.measured(world.now(approved)).watched

    confirmed, contradicted = then({"file": "a"}), then({"where": "a"})
    assert confirmed.right > 3
    assert confirmed.wrong == 0
    assert contradicted.wrong > 3
    assert contradicted.right == 0
    assert then({"b": 12345}).total == 0


def test_late_recordings_count_where_they_belong() -> None:
    """A transcript imported after the session is evidence like any other."""
    world = World()
    approved = world.approve(signed(fixer(), world))
    world.live(12, works)
    before = world.review.measuring.measured(world.now(approved))
    (known,) = [e for e in world.store.calls() if e.signature]
    met = [x for x in world.store.exposures() if x.arm is Arm.HOLDOUT]
    late: list[Evidence] = [
        replace(
            known,
            id=f"late-{x.session}",
            at=x.at,
            call=replace(known.call, session=x.session),
        )
        for x in met
    ]
    world.store.add(late)
    after = world.review.measuring.measured(world.now(approved))
    assert sum(r.bad_held for r in before.rows) == 0
    assert sum(r.bad_held for r in after.rows) == len(met) > 0


def test_shadow_and_holdout_write_exposures_and_nothing_else(tmp_path: Path) -> None:
    """Property 11: no lesson, no audit entry, no gap, no file; the advice is that of nobody."""
    world = World(Policy(holdout_canary=1.0, holdout_approved=1.0))
    proposal = signed(guardrail(), world)
    world.approve(proposal)
    world.wait(replace(proposal, key="another"))
    bare = World()
    before = (world.store.lessons(), list(world.store.entries()), world.store.gaps())
    for n in range(5):
        where = {"session": f"s{n}", "project": "p"}
        assert world.advisor.advise("read", {"path": "a"}, **where) == bare.advisor.advise(
            "read", {"path": "a"}, **where
        )
    assert (world.store.lessons(), list(world.store.entries()), world.store.gaps()) == before
    told = world.store.exposures()
    assert sorted(x.arm for x in told) == sorted([Arm.HOLDOUT, Arm.SHADOW] * 5)
    assert {x.effect for x in told} == {Effect.UNKNOWN}
    assert list(tmp_path.iterdir()) == []
