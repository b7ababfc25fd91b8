"""From recordings to lessons and back: the loop over a real store in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from failonce import taking as taking_module
from failonce.audit import verify
from failonce.deciding import Verb
from failonce.errors import NotFound, RefusedLesson, RefusedMove
from failonce.model import (
    Action,
    AdviceAction,
    AuditEntry,
    Call,
    Change,
    KindName,
    Lesson,
    Mode,
    Origin,
    Proposer,
    Recording,
    State,
    Verdict,
)
from failonce.ports import SignatureQuery
from failonce.signature.fingerprint import Fingerprint
from failonce.signature.masks import SCHEME_VERSION
from failonce.surfaces.sdk import Advisor
from failonce.testing import MemoryStore
from tests.looped import World, call, detailed, locked, renamed
from tests.made import START


def test_recordings_become_evidence_and_the_same_again_adds_nothing() -> None:
    world = World()
    assert world.take(detailed(3)) == 18
    assert world.take(detailed(3)) == 0
    (signature,) = world.store.signatures(SignatureQuery())
    assert signature.hits == 3


def test_good_lines_of_a_log_are_counted_and_not_kept() -> None:
    world = World()
    line = Recording(
        call=Call(tool="web", project="p"), text="started", flagged=False, origin=Origin.LOG
    )
    (seen,) = world.loop.observe([line], modified=START, project="p")
    assert (seen.calls, seen.new) == (1, 0)
    assert list(world.store.calls()) == []


def test_a_secret_never_reaches_the_store() -> None:
    world = World()
    secret = "gh" + "p_" + "a1B2" * 9
    world.take([call("push", {"token": secret}, f"Error: denied for {secret}")])
    (kept,) = world.store.calls()
    assert secret not in repr(kept)


def test_a_recurring_mistake_becomes_a_proven_lesson() -> None:
    world = World()
    world.take(renamed(30))
    run = world.loop.mine("p")
    (lesson,) = run.new
    assert lesson.proposal.kind is KindName.FIXER
    assert lesson.state is State.PROPOSED
    assert lesson.judgement.proof.tally.repaired > 0
    assert lesson.judgement.proof.tally.wrongly_changed == 0
    assert "Would have repaired 30 of 30" in lesson.judgement.proof.line


def test_mining_twice_moves_nothing() -> None:
    world = World()
    world.take(renamed(12))
    first = world.loop.mine("p")
    again = world.loop.mine("p")
    assert [x.id for x in first.new] == list(again.known)
    assert again.new == ()


@pytest.mark.proves("F13", "S23")
def test_every_failure_has_one_end_and_nothing_says_why() -> None:
    world = World()
    odd = [call("odd", {"a": n}, "Error: boom", session=f"s{n}") for n in range(7)]
    few = [call("few", {"a": n}, "Error: bang", session=f"s{n}") for n in range(2)]
    once = [call("rare", {}, "Error: once", session="s0", n=9)]
    apart = [
        replace(r, call=replace(r.call, session=f"more-{r.call.session}")) for r in detailed(5)
    ]
    world.take([*renamed(6), *apart, *odd, *few, *once])
    run = world.loop.mine("p")
    assert run.failures == 21
    assert (run.supported, run.gaps, run.below) == (6, 14, 1)
    reasons = {g.detail: str(g.reason) for g in world.store.gaps()}
    assert reasons == {
        "no miner found what separates failing calls": "no_method",
        "its failures cost 5 calls until they were mended; a lesson costs 5": "self_correcting",
        "its failures cost 2 calls so far; a lesson costs 5": "insufficient_support",
    }
    empty = World().loop.mine("nowhere")
    assert empty.outcome == "nothing, because no failure is recorded"
    mined = [e.event for e in world.store.entries() if e.event.action is Action.MINED]
    assert mined[-1].reason == run.outcome


@pytest.mark.proves("N14")
def test_in_manual_a_rule_waits_and_no_file_is_written_until_a_person_approves() -> None:
    world = World()
    waiting = _learn(world)
    assert waiting.state is State.PROPOSED
    assert world.desk.held == []
    world.review.approve(waiting.id, reason="true")
    assert world.desk.held == [waiting.id]


@pytest.mark.proves("N13")
def test_in_auto_a_rule_is_written_at_once_on_trial_and_can_be_undone() -> None:
    world = World()
    world.review.set_mode(Mode.AUTO)
    applied = _learn(world)
    assert applied.state is State.CANARY
    assert applied.valid_until is not None
    assert world.desk.held == [applied.id]
    undone = world.review.undo(applied.id, reason="no")
    assert undone.state is State.REVERTED
    assert world.desk.held == []


@pytest.mark.parametrize(
    ("proposer", "sentence", "state"),
    [
        (Proposer.AGENT, "Read the file before you edit it.", State.CANARY),
        (Proposer.AGENT, "Call delete_all before you edit it.", State.PROPOSED),
        (Proposer.PERSON, "Call delete_all before you edit it.", State.CANARY),
        (Proposer.IMPORT, "Read the file before you edit it.", State.PROPOSED),
    ],
)
def test_in_auto_only_the_operators_own_word_is_written_at_once(
    proposer: Proposer, sentence: str, state: State
) -> None:
    """What was imported waits, and so does an agent that wants something destroyed."""
    world = World()
    world.review.set_mode(Mode.AUTO)
    made = world.review.learn("editing", sentence, reason="r", proposer=proposer, project="p")
    assert made.state is state


def test_a_mode_that_was_set_already_is_no_second_entry() -> None:
    """A project that is set to what holds for everyone is: it keeps that when they change."""
    world = World()
    for project in ("*", "p", "p", "*"):
        world.review.set_mode(Mode.AUTO, project=project)
    said = [e.event.subject for e in world.store.entries() if e.event.action is Action.SET_MODE]
    assert said == ["*", "p"]
    world.review.set_mode(Mode.OFF)
    world.review.set_mode(Mode.AUTO)
    said = [e.event.mode for e in world.store.entries(subject="*")]
    assert said == [Mode.AUTO, Mode.OFF, Mode.AUTO]


@pytest.mark.proves("F12")
def test_in_auto_only_proven_typed_lessons_go_in_force_without_a_person() -> None:
    world = World()
    world.review.set_mode(Mode.AUTO)
    world.take([*renamed(60), *detailed(60)])
    made = {x.proposal.target: x for x in world.loop.mine("p").new}
    assert made["read"].state is State.CANARY
    assert made["read"].valid_until is not None
    assert made["get_entity"].state is State.PROPOSED, "it leaves an argument out"


@pytest.mark.proves("N7")
def test_the_entry_is_written_before_the_file_and_says_what_was_decided() -> None:
    world = World()
    rule = _learn(world)
    world.review.approve(rule.id, reason="seen twice")
    actions = [(e.event.action, e.event.reason) for e in world.store.entries(subject=rule.id)]
    assert actions == [
        (Action.PROPOSE, "Invalid arg 'detailed'"),
        (Action.APPROVE, "seen twice"),
    ]
    assert verify(world.store.entries(), world.store.lessons()).intact


def test_two_who_learn_one_rule_at_once_get_one_lesson() -> None:
    """The second finds the place taken when it writes, by the very rule that it brings."""

    class Late(MemoryStore):
        late = False

        def commit(self, change: Change) -> Sequence[AuditEntry]:
            if change.lessons and not self.late:
                self.late = True
                _learn(World(self))
            return super().commit(change)

    world = World(Late())
    rule = _learn(world)
    assert [x.id for x in world.store.lessons()] == [rule.id]
    proposed = [e for e in world.store.entries() if e.event.action is Action.PROPOSE]
    assert len(proposed) == 1


def test_the_same_rule_again_is_the_same_lesson() -> None:
    world = World()
    first = _learn(world)
    assert _learn(world, "get_entity has NO argument   detailed.").id == first.id
    assert len(world.store.lessons()) == 1


@pytest.mark.parametrize(
    ("skill", "rule"),
    [
        ("../../etc/passwd", "Fine."),
        ("a/b", "Fine."),
        ("", "Fine."),
        ("ok", "# A heading"),
        ("ok", "a\nb"),
        ("ok", "x" * 301),
        ("ok", "hidden\u200bhere"),
    ],
)
def test_an_unsafe_rule_is_refused_and_nothing_is_written(skill: str, rule: str) -> None:
    world = World()
    with pytest.raises(RefusedLesson):
        world.review.learn(skill, rule, reason="", proposer=Proposer.PERSON, project="p")
    assert list(world.store.entries()) == []


@pytest.mark.proves("N21")
def test_two_reviewers_cannot_both_decide() -> None:
    world = World()
    rule = _learn(world)
    world.review.reject(rule.id, reason="no")
    with pytest.raises(RefusedMove, match="reopen it first"):
        world.review.approve(rule.id)


def test_a_trial_that_is_over_ends_by_itself() -> None:
    world = World()
    world.review.set_mode(Mode.AUTO)
    rule = _learn(world)
    world.clock.advance(hours=169)
    world.review.reconcile()
    ended = world.store.lesson(rule.id)
    assert ended is not None
    assert ended.state is State.RETIRED
    assert world.desk.held == []


def test_two_reports_put_a_lesson_back_in_the_queue() -> None:
    world = World()
    rule = world.review.approve(_learn(world).id)
    assert world.review.report_wrong(rule.id, reason="blocked a good call").in_force
    back = world.review.report_wrong(rule.id, reason="again")
    assert back.state is State.PROPOSED
    assert world.desk.held == []


def test_off_rests_the_lessons_in_force() -> None:
    world = World()
    rule = world.review.approve(_learn(world).id)
    world.review.set_mode(Mode.OFF)
    assert world.desk.held == []
    world.review.set_mode(Mode.MANUAL)
    assert world.desk.held == [rule.id]


def test_a_lesson_is_found_by_the_beginning_of_its_id() -> None:
    world = World()
    rule = _learn(world)
    assert world.review.find(rule.id.lower()[:6]).id == rule.id
    with pytest.raises(NotFound, match="failonce lessons"):
        world.review.find("GR-0")


def test_a_newer_body_replaces_one_that_still_waits_and_not_one_in_force() -> None:
    world = World()
    world.take(locked(wait=1))
    (first,) = world.loop.mine("p").new
    world.take(locked(wait=9, start=50))
    (second,) = world.loop.mine("p").new
    assert (second.id, second.version) == (first.id, first.version + 1)
    assert second.digest != first.digest
    assert [x.state for x in world.store.versions(first.id)] == [State.DEPRECATED, State.PROPOSED]
    world.review.approve(second.id)
    world.take(locked(wait=30, start=100))
    assert world.loop.mine("p").known == (second.id,)
    assert verify(world.store.entries(), world.store.versions(first.id)).intact


def _learn(world: World, rule: str = "get_entity has no argument detailed.") -> Lesson:
    return world.review.learn(
        "homeassistant",
        rule,
        reason="Invalid arg 'detailed'",
        proposer=Proposer.AGENT,
        project="p",
    )


def test_verdicts_are_counted_beside_the_sources_own_flags() -> None:
    world = World()
    (seen,) = world.loop.observe(detailed(2), modified=START, project="p")
    assert seen.flagged == 2
    assert seen.failures == 2
    assert seen.verdicts[Verdict.GOOD] == 10


def test_no_recording_can_claim_to_be_of_every_project() -> None:
    world = World()
    world.take(replace(r, call=replace(r.call, project="*")) for r in renamed(4))
    assert {e.call.project for e in world.store.calls()} == {"p"}


def test_a_clock_that_runs_ahead_does_not_hide_the_present() -> None:
    world = World()
    world.take([*renamed(6), replace(call("read", {"file": "z"}), at=START + timedelta(days=9000))])
    assert world.loop.mine("p").new


@pytest.mark.parametrize(
    ("approve", "expected"), [(False, State.DEPRECATED), (True, State.REVERTED)]
)
def test_newer_history_replaces_a_lesson_that_waits_and_undoes_one_in_force(
    approve: bool, expected: State
) -> None:
    world = World()
    world.take(renamed(12))
    (lesson,) = world.loop.mine("p").new
    if approve:
        world.review.approve(lesson.id)
    world.take(call("read", {"path": f"{n}.txt"}, session=f"new{n}", n=n) for n in range(200))
    world.loop.mine("p")
    first = world.store.versions(lesson.id)[0]
    assert first.state is expected
    if approve:
        last = list(world.store.entries(subject=lesson.id))[-1].event
        assert "newer history speaks against it" in last.reason
    assert verify(world.store.entries(), world.store.versions(lesson.id)).intact


def test_more_history_renews_the_proof_of_a_lesson_that_waits() -> None:
    world = World()
    world.take(renamed(6))
    (first,) = world.loop.mine("p").new
    world.take(
        replace(r, call=replace(r.call, session=f"more-{r.call.session}")) for r in renamed(20)
    )
    (second,) = world.loop.mine("p").new
    assert (second.id, second.version) == (first.id, 2)
    assert second.judgement.proof.wins > first.judgement.proof.wins


def test_a_gap_that_a_lesson_answers_is_closed() -> None:
    world = World()
    world.take(r for r in renamed(4) if r.flagged)
    world.loop.mine("p")
    assert [g.status for g in world.store.gaps()] == ["open"]
    world.take(
        replace(r, call=replace(r.call, session=f"more-{r.call.session}")) for r in renamed(20)
    )
    assert world.loop.mine("p").new
    assert [g.status for g in world.store.gaps()] == ["closed"]


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.REJECT])
def test_a_decision_made_while_a_run_is_at_work_stands_and_the_run_is_written_too(
    verb: Verb,
) -> None:
    """The run had a better proof of what a person decided on."""
    world = World()
    world.take(renamed(6))
    (waiting,) = world.loop.mine("p").new
    world.take(
        replace(r, call=replace(r.call, session=f"more-{r.call.session}")) for r in renamed(20)
    )
    commit = world.store.commit

    def decided_first(change: Change) -> Sequence[AuditEntry]:
        world.store.commit = commit  # type: ignore[method-assign]
        decide = world.review.approve if verb is Verb.APPROVE else world.review.reject
        decide(waiting.id, reason="read it")
        return commit(change)

    world.store.commit = decided_first  # type: ignore[method-assign]
    run = world.loop.mine("p")
    now = world.store.lesson(waiting.id)
    assert now is not None
    assert (now.version, now.in_force) == (1, verb is Verb.APPROVE)
    assert waiting.id in run.known
    assert [e.event.action for e in world.store.entries()][-1] is Action.MINED
    assert verify(world.store.entries(), world.store.versions(waiting.id)).intact


def test_a_trial_that_a_person_takes_over_has_no_end() -> None:
    world = World()
    world.review.set_mode(Mode.AUTO)
    rule = _learn(world)
    world.clock.advance(hours=169)
    world.review.reconcile()
    world.review.reopen(rule.id)
    approved = world.review.approve(rule.id)
    assert approved.valid_until is None
    assert world.store.lesson(rule.id) == approved
    assert world.desk.held == [rule.id]


def test_a_secret_in_a_reason_is_taken_out_and_in_a_rule_refused() -> None:
    world = World()
    secret = "gh" + "p_" + "a1B2" * 9
    rule = _learn(world)
    world.review.reject(rule.id, reason=f"token {secret}")
    assert secret not in repr(list(world.store.entries()))
    with pytest.raises(RefusedLesson, match="secret"):
        _learn(world, f"Use the token {secret} always.")


def test_an_agents_rule_for_everybody_waits_in_every_mode() -> None:
    world = World()
    world.review.set_mode(Mode.AUTO)
    rule = world.review.learn(
        "git", "Pull first.", reason="r", proposer=Proposer.AGENT, project="*"
    )
    assert rule.state is State.PROPOSED


def test_after_a_change_of_masks_no_lesson_is_orphaned(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(MemoryStore(scheme=SCHEME_VERSION - 1))
    present = taking_module.name_failure

    def former(**of: Any) -> Fingerprint:
        return replace(present(**of), id="00000000-0000-0000-0000-000000000000")

    monkeypatch.setattr(taking_module, "name_failure", former)
    world.take(locked(wait=1))
    (lesson,) = world.loop.mine("p").new
    world.review.approve(lesson.id)
    monkeypatch.setattr(taking_module, "name_failure", present)
    world.take(locked(wait=1, start=50))
    run = world.loop.mine("p")
    assert (run.new, run.known, run.gaps) == ((), (lesson.id,), 0)
    assert run.failures == run.supported == 80
    advice = Advisor(world.loop, world.clock).advise_failure(
        "query", {"sql": "select 7"}, "Error: database is locked", project="p"
    )
    assert advice.action is AdviceAction.RETRY
    assert verify(world.store.entries(), world.store.versions(lesson.id)).intact
