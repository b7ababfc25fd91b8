"""failonce in somebody else's loop: advice, what became of it, and never in the way."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import pytest

import failonce
from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.wording import TemplateWording
from failonce.adapters.workspace import FileWorkspace
from failonce.evidence.redact import Redactor
from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.predicate import Predicate
from failonce.language.transform import Op, Step, Transform
from failonce.loop import Loop
from failonce.model import AdviceAction, Arm, Call, Change, Effect, KindName, Mode, State
from failonce.policy import Policy
from failonce.ports import Store
from failonce.review import Review
from failonce.surfaces.sdk import Advisor, _faithful
from failonce.testing import FixedClock, MemoryStore
from tests.made import lesson, proposal
from tests.place import Place
from tests.test_loop import START, call, renamed

BLOCKED = {"entity": "light.9", "detailed": True}


NOTHING_WITHHELD = Policy(holdout_canary=0.0, holdout_approved=0.0)
"""So that every lesson acts in every session of a test."""


class World:
    """An advisor over a store with a history and approved lessons."""

    def __init__(
        self, folder: Path, store: Store | None = None, policy: Policy = NOTHING_WITHHELD
    ) -> None:
        self.clock = FixedClock(START)
        self.store = store or MemoryStore()
        self.review = Review(
            store=self.store,
            clock=self.clock,
            workspace=FileWorkspace(folder, project="p"),
            policy=policy,
        )
        self.loop = Loop(
            review=self.review,
            clock=self.clock,
            wording=TemplateWording(None),
            cleaner=Redactor(),
        )
        self.advisor = Advisor(self.loop, self.clock)

    def learn_from(self, *recordings: object) -> None:
        for _ in self.loop.observe(recordings, modified=START, project="p"):  # type: ignore[arg-type]
            pass
        for new in self.loop.mine("p").new:
            self.review.approve(new.id)

    def effects(self) -> list[Effect]:
        return [x.effect for x in self.store.exposures()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.learn_from(*renamed(12), *stopped(12), *locked(12))
    return made


def stopped(sessions: int) -> Iterator[object]:
    """Calls that fail for their arguments and are never mended."""
    for s in range(sessions):
        args = {"entity": f"light.{s}", "detailed": True}
        yield call("get_entity", args, "Error: unexpected argument 'detailed'", session=f"e{s}")
        for n in range(9):
            yield call("get_entity", {"entity": f"x{n}"}, session=f"e{s}", n=n + 1)


def locked(sessions: int) -> Iterator[object]:
    """Calls that fail and work unchanged a second later."""
    for s in range(sessions):
        yield call("query", {"sql": f"select {s}"}, "database is locked", session=f"q{s}")
        yield call("query", {"sql": f"select {s}"}, session=f"q{s}", n=1)


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


def test_another_project_is_left_alone(world: World) -> None:
    assert world.advisor.advise("get_entity", BLOCKED, project="q").action is AdviceAction.ALLOW


def test_a_decision_is_in_force_at_the_next_call(world: World) -> None:
    advice = world.advisor.advise("get_entity", BLOCKED, project="p")
    world.review.undo(advice.lessons[0])
    assert world.advisor.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW


def test_off_rests_everything(world: World) -> None:
    world.review.set_mode(Mode.OFF)
    assert world.advisor.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW


def test_a_flipped_byte_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(open_store(f"sqlite:///{path}")) as store:
        world = World(tmp_path, store)
        world.learn_from(*stopped(12))
        before = world.advisor.advise("get_entity", BLOCKED, project="p")
        assert before.action is AdviceAction.BLOCK
        with closing(sqlite3.connect(path)) as raw, raw:
            guards = "select name from sqlite_master where type = 'trigger'"
            for (name,) in raw.execute(guards).fetchall():
                raw.execute(f"drop trigger {name}")
            weaker = "replace(proposal, 'type: block', 'type: warn')"
            changed = raw.execute(f"update lesson_version set proposal = {weaker}")
            assert changed.rowcount
        fresh = Advisor(world.loop, world.clock)
        assert fresh.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW
        assert fresh.refused == before.lessons


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


def test_the_public_names_are_these() -> None:
    assert failonce.__all__ == [
        "Advice",
        "AdviceAction",
        "Blocked",
        "FailonceError",
        "Ingested",
        "Lesson",
        "LogHandler",
        "Status",
        "advice",
        "advise",
        "advise_failure",
        "capability",
        "close",
        "finish",
        "ingest_error",
        "install_excepthook",
        "learn",
        "learning",
        "observe",
        "override",
        "session",
        "status",
        "watch",
        "watching",
    ]
    for name in failonce.__all__:
        assert getattr(failonce, name).__doc__


SCRIPT = """
import failonce, pathlib, sys
advice = failonce.advise("read", {"path": "a"}, session="s")
failonce.observe("read", {"path": "a"}, error="boom", session="s")
after = failonce.advise_failure("read", {"path": "a"}, "boom", session="s")
print(advice == failonce.Advice() == after)
"""


@pytest.mark.proves("F3")
def test_off_for_a_process_opens_no_store_and_makes_no_file(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    env |= {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=env | {"FAILONCE": "off"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.proves("S5", "N6")
def test_an_error_and_a_rule_come_in_by_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILONCE_STORE__URL", f"sqlite:///{tmp_path}/store.db")
    monkeypatch.chdir(tmp_path)
    failonce.close()
    event = {"error": "KeyError: 'partner_id'", "component": "sale.order", "tags": ["sale"]}
    first, second = failonce.ingest_error(event), failonce.ingest_error(event)
    assert first.norm_error == "KeyError: 'partner_id'"
    assert first.fingerprint == second.fingerprint
    rule = failonce.learn("homeassistant", "Call it plainly.", reason="Invalid arg 'detailed'")
    assert (rule.proposal.target, rule.state) == ("homeassistant", "proposed")
    failonce.close()


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


def test_where_the_mode_is_off_nothing_is_recorded(world: World) -> None:
    before = len(list(world.store.calls()))
    world.review.set_mode(Mode.OFF)
    world.advisor.observe("read", {"file": "a"}, "fine", session="s", project="p")
    assert len(list(world.store.calls())) == before


def test_a_trial_that_is_over_rests_in_a_running_process(world: World) -> None:
    advice = world.advisor.advise("get_entity", BLOCKED, project="p")
    (lesson,) = (world.store.lesson(x) for x in advice.lessons)
    assert lesson is not None
    ends = replace(lesson, valid_until=world.clock.now() + timedelta(hours=1))
    world.store.commit(Change(lessons=(ends,)))
    fresh = Advisor(world.loop, world.clock)
    assert fresh.advise("get_entity", BLOCKED, project="p").action is AdviceAction.BLOCK
    world.clock.advance(hours=2)
    assert fresh.advise("get_entity", BLOCKED, project="p").action is AdviceAction.ALLOW


def test_a_busy_store_delays_the_host_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILONCE_STORE__URL", f"sqlite:///{tmp_path}/store.db")
    monkeypatch.chdir(tmp_path)
    failonce.close()
    failonce.observe("read", {"file": "a"}, "fine")
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        start = perf_counter()
        failonce.observe("read", {"file": "b"}, "fine")
        assert perf_counter() - start < 5
        other.execute("rollback")
    failonce.close()


FORK = """
import os, sys, threading, failonce
failonce.observe("read", {"file": "a"}, "fine")
from failonce.surfaces import default
default._lock.acquire()  # as if another thread were inside
child = os.fork()
if not child:
    failonce.observe("read", {"file": "b"}, "fine")
    failonce.close()
    os._exit(0)
default._lock.release()
print(os.waitpid(child, 0)[1])
failonce.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_starts_anew(place: Place) -> None:
    assert place.run("-c", FORK) == "0\n"
    with closing(open_store(store_url(place.folder / "store.db"))) as store:
        assert len(list(store.calls())) == 2


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


# ------------------------------------------------------------------ exposures


def test_an_exposure_is_told_before_the_call_and_again_with_what_came_of_it(world: World) -> None:
    """Whoever dies in between was exposed all the same."""
    advice = world.advisor.advise("read", {"path": "a.txt"}, session="s", project="p")
    (told,) = world.store.exposures()
    assert (told.effect, told.evidence) == (Effect.UNKNOWN, None)
    assert (told.project, told.session, told.unit, told.tool) == ("p", "s", "s", "read")
    world.advisor.observe("read", advice.args, "fine", session="s", project="p")
    (known,) = world.store.exposures()
    (call,) = world.store.calls(sessions=["s"])
    assert known == replace(told, effect=Effect.REPAIRED, evidence=call.id)


def test_the_task_is_the_unit_where_it_is_named(world: World) -> None:
    for session in ("s1", "s2"):
        world.advisor.advise("get_entity", BLOCKED, session=session, project="p", task="t")
    assert [(x.session, x.unit) for x in world.store.exposures()] == [("s1", "t"), ("s2", "t")]


def test_a_failure_that_is_tried_again_is_told_of_once(world: World) -> None:
    """Two attempts fail, the third works: one exposure, and the lesson recovered it."""
    args, where = {"sql": "select 97"}, {"session": "s", "project": "p"}
    error = "database is locked"
    effects = []
    for _ in range(2):
        world.advisor.observe("query", args, error=error, **where)
        effects.append(world.effects())
        assert world.advisor.advise_failure("query", args, error, **where).action is (
            AdviceAction.RETRY
        )
    world.advisor.observe("query", args, "fine", **where)
    assert effects == [[], [Effect.NO_EFFECT]]
    (told,) = world.store.exposures()
    assert (told.effect, told.after, told.share) == (Effect.RECOVERED, True, 0.0)


def test_a_session_can_be_said_to_be_over(world: World) -> None:
    world.advisor.finish(session="s", project="p")
    assert world.store.closings("p", ["s"]) == {"s": world.clock.now()}
    world.review.set_mode(Mode.OFF)
    world.advisor.finish(session="t", project="p")
    assert world.store.closings("p", ["t"]) == {}


def test_what_is_withheld_is_withheld_from_a_share_of_the_sessions(tmp_path: Path) -> None:
    """One in ten after a person's approval; a session stays on its side all week."""
    world = World(tmp_path, policy=Policy())
    world.learn_from(*renamed(12))
    withheld = set()
    for n in range(400):
        actions = {
            world.advisor.advise("read", {"path": "a"}, session=f"n{n}", project="p").action
            for _ in range(3)
        }
        assert len(actions) == 1
        withheld |= {n} if actions == {AdviceAction.ALLOW} else set()
    assert 20 <= len(withheld) <= 62
    held = [x for x in world.store.exposures() if x.arm is Arm.HOLDOUT]
    assert {x.share for x in held} == {0.1}
    assert len(held) == len(withheld), "told once, however often it asks"


def test_a_lesson_sees_what_its_session_did_before(tmp_path: Path) -> None:
    """As replay shows it: the calls of this session, and no others."""
    world = World(tmp_path)
    body = Guardrail(
        component="get",
        when=Predicate(),
        fingerprint="f",
        message_regex="",
        strength=Strength.BLOCK,
        message="It failed twice.",
        repeated=2,
    )
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
        body = ArgumentsFixer(
            component="get",
            moment=Moment.AFTER_FAILURE,
            when=Predicate(),
            fingerprint="",
            message_regex="refused",
            repair=Transform(steps=(Step(op=Op.RENAME, argument=old, text=new),)),
        ).render()
        made = proposal(KindName.FIXER, target="get", body=body, key=old)
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
