"""failonce in somebody else's loop: advice, what became of it, and never in the way."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import failonce
from failonce.kinds.fixer import Moment
from failonce.language.transform import Op, Step
from failonce.model import AdviceAction, Call, Change, Effect, KindName, State
from failonce.surfaces.sdk import Advisor, _faithful
from tests.made import blocking, lesson, proposal, turning
from tests.surfaces.sdk.made import BLOCKED, World, locked


def test_a_call_that_nobody_knows_anything_about_goes_on(world: World) -> None:
    assert world.advisor.advise("other", {"a": 1}, session="s", project="p").action is (
        AdviceAction.ALLOW
    )
    assert world.advisor.lost == 0


def test_a_call_that_fails_is_repaired_and_what_came_of_it_is_recorded(world: World) -> None:
    advice = world.advisor.advise("read", {"path": "a.txt"}, session="s", project="p")
    assert advice.action is AdviceAction.RUN
    assert advice.args == {"file": "a.txt"}
    world.advisor.observe("read", advice.args, "fine", session="s", project="p")
    assert world.effects() == [Effect.REPAIRED]


def test_a_repair_that_does_not_help_is_recorded_as_such(world: World) -> None:
    advice = world.advisor.advise("read", {"path": "a.txt"}, session="s", project="p")
    world.advisor.observe("read", advice.args, error="still no", session="s", project="p")
    assert world.effects() == [Effect.NO_EFFECT]


def test_a_block_says_how_to_proceed_and_a_reason_passes_it(world: World) -> None:
    advice = world.advisor.advise("get_entity", BLOCKED, session="s", project="p")
    assert advice.action is AdviceAction.BLOCK
    assert "`detailed`" in advice.message
    assert "repeat it with a reason" in advice.message
    passed = world.advisor.advise(
        "get_entity", BLOCKED, session="s", project="p", override="this one has it"
    )
    assert passed.action is AdviceAction.ALLOW
    assert world.effects() == [Effect.PREVENTED, Effect.WRONG]
    overrides = [e.event for e in world.store.entries() if e.event.action == "override"]
    assert [o.reason for o in overrides] == ["this one has it"]


def test_a_passing_failure_is_retried_and_then_given_up(world: World) -> None:
    args = {"sql": "select 99"}
    actions = [
        world.advisor.advise_failure(
            "query", args, "database is locked", session="s", project="p"
        ).action
        for _ in range(5)
    ]
    assert actions[0] is AdviceAction.RETRY
    assert actions[-1] is AdviceAction.GIVE_UP


def test_a_call_reported_twice_under_one_id_counts_once(world: World) -> None:
    for session in ("s1", "s1", "s2"):
        world.advisor.observe("t", {}, "fine", session=session, project="p", id="call-1")
    assert len(list(world.store.calls(tools=["t"]))) == 2


def test_the_arguments_are_those_of_the_moment_of_the_call(world: World) -> None:
    args: dict[str, object] = {"path": "a.txt"}
    advice = world.advisor.advise("read", args, project="p")
    args["path"] = "changed"
    assert advice.args == {"file": "a.txt"}
    assert args == {"path": "changed"}


class Broken:
    """An object that nobody should print."""

    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def test_whoever_watches_does_not_break_what_he_watches(world: World) -> None:
    world.advisor.observe("t", {"x": Broken()}, Broken(), session="s", project="p")
    assert world.advisor.advise("t", {"x": Broken()}, project="p").action is AdviceAction.ALLOW
    broken = Advisor(SimpleNamespace(review=None), world.clock)  # type: ignore[arg-type]
    assert broken.advise("read", {"path": "a"}, project="p") == failonce.Advice()
    broken.observe("read", {"path": "a"}, "x", project="p")
    assert broken.lost == 2


def test_the_readmes_order_of_report_and_question_comes_to_an_end(world: World) -> None:
    args = {"sql": "select 98"}
    actions = []
    for _ in range(8):
        world.advisor.observe("query", args, error="database is locked", session="s", project="p")
        advice = world.advisor.advise_failure(
            "query", args, "database is locked", session="s", project="p"
        )
        actions.append(advice.action)
    assert actions[:2] == [AdviceAction.RETRY, AdviceAction.RETRY]
    assert actions[-1] is AdviceAction.GIVE_UP
    assert Effect.NO_EFFECT in world.effects()


def test_what_no_step_changed_comes_back_as_the_caller_gave_it(world: World) -> None:
    content = "x" * 100_000
    given = {"path": "a.txt", "content": content, "raw": b"bytes"}
    advice = world.advisor.advise("read", given, session="s", project="p")
    assert advice.action is AdviceAction.RUN
    assert advice.args == {"file": "a.txt", "content": content, "raw": b"bytes"}


def test_what_was_made_of_a_part_is_never_run() -> None:
    call_of = Call(tool="t", args={"a": "xx…", "b": 1})
    made = failonce.Advice(action=AdviceAction.RUN, args={"a": ["xx…"], "b": 1})
    given = {"a": "x" * 999, "b": 1}
    assert _faithful(made, call_of, given) == failonce.Advice()
    whole = Call(tool="t", args={"a": "xx", "b": 1})
    assert _faithful(made, whole, {"a": "xx", "b": 1}) == made


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database is locked"),
        "sqlite3.OperationalError: database is locked",
    ],
)
def test_an_exception_is_the_same_failure_as_its_recorded_text(
    tmp_path: Path, error: str | Exception
) -> None:
    world = World(tmp_path)
    world.learn_from(
        *(
            replace(r, text=f"sqlite3.OperationalError: {r.text}" if r.flagged else r.text)  # type: ignore[type-var]
            for r in locked(12)
        )
    )
    advice = world.advisor.advise_failure(
        "query", {"sql": "select 7"}, error, session="s", project="p"
    )
    assert advice.action is AdviceAction.RETRY


def test_an_exception_recorded_by_its_message_alone_is_known_too(world: World) -> None:
    class ToolError(Exception):
        pass

    advice = world.advisor.advise_failure(
        "query", {"sql": "select 7"}, ToolError("database is locked"), session="s", project="p"
    )
    assert advice.action is AdviceAction.RETRY


def test_a_lesson_sees_what_its_session_did_before(tmp_path: Path) -> None:
    """As replay shows it: the calls of this session, and no others."""
    world = World(tmp_path)
    body = blocking("get", repeated=2)
    made = lesson(proposal(KindName.GUARDRAIL, target="get", body=body.render()))
    world.store.commit(Change(lessons=(made,), events=(world.review.proposed(made),)))
    world.review.approve(made.id)

    def advised(session: str) -> AdviceAction:
        return world.advisor.advise("get", {"n": 1}, session=session, project="p").action

    for n in range(2):
        assert advised("s") is AdviceAction.ALLOW, n
        world.advisor.observe("get", {"n": 1}, error="Error: boom", session="s", project="p")
    assert advised("s") is AdviceAction.BLOCK
    assert advised("other") is AdviceAction.ALLOW


def test_two_repairs_that_take_back_one_another_come_to_an_end(tmp_path: Path) -> None:
    """Each acts once on a call, however often the caller reports that it failed."""
    world = World(tmp_path)
    for old, new in (("a", "b"), ("b", "a")):
        change, after = Step(op=Op.RENAME, argument=old, text=new), Moment.AFTER_FAILURE
        body = turning("get", change, moment=after, fingerprint="", message_regex="refused")
        made = proposal(KindName.FIXER, target="get", body=body.render(), key=old)
        world.store.commit(Change(lessons=(lesson(made, state=State.STABLE),)))
    args: object = {"a": 1}
    actions = []
    for _ in range(5):
        world.advisor.observe("get", args, error="refused: get", session="s", project="p")
        advice = world.advisor.advise_failure("get", args, "refused: get", session="s", project="p")
        actions.append(advice.action)
        args = advice.args or args
    assert world.advisor.lost == 0
    assert actions == [AdviceAction.RETRY, AdviceAction.RETRY, *[AdviceAction.ALLOW] * 3]
