"""A call executed with lessons: what ran, what was undone, and what became of the world."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.decision import Armed
from failonce.kinds.fixer import CallsFixer, Moment
from failonce.kinds.hint import Hint
from failonce.language.transform import Op
from failonce.language.transform import Step as Change
from failonce.model import Call, KindName
from failonce.testing import ScriptedWorld, ToolFailed
from failonce.trial import DEPTH
from tests.made import blocking, turning
from tests.trial.made import (
    BRAKE,
    CLOSE,
    DOORS,
    DRIVE,
    ENGINE,
    PRESS,
    START,
    armed,
    car,
    inserting,
    ran,
    signature,
    to,
)


def test_a_call_that_works_runs_alone() -> None:
    world = car(engine=True, brake=True)
    done, made = ran(world, CLOSE, START, PRESS)
    assert (made, done.worked, done.failed_first) == (["drive"], True, False)
    assert (done.lessons, done.inserted, done.repairs) == ((), (), ())
    assert done.state == world.state()


def test_a_failure_that_no_lesson_knows_stays_as_it_is() -> None:
    world = car("left")
    before = world.state()
    done, made = ran(world, START, PRESS)
    assert (made, done.worked, done.failed_first) == (["drive"], False, True)
    assert done.answer is not None
    assert done.answer.text == "doors are open: left"
    assert world.state() == before


def test_repairs_follow_one_another_as_the_failure_changes() -> None:
    """Doors → engine → brake → driving: each failure is looked at anew."""
    world = car("left")
    done, made = ran(world, PRESS, START, CLOSE)
    assert made == ["drive", "close", "drive", "start", "drive", "press", "drive"]
    assert done.worked
    assert done.lessons == ("close", "start", "press")
    assert [c.tool for c in done.inserted] == ["close", "start", "press"]
    assert world.facts == {
        "doors": [], "engine": True, "brake": True, "speed": 5, "stuck": False,
    }  # fmt: skip


def test_where_nothing_works_in_the_end_everything_is_undone_last_first() -> None:
    world = car("left")
    before = world.state()
    done, made = ran(world, CLOSE, START)
    assert made == ["drive", "close", "drive", "start", "drive", "stop", "open"]
    assert not done.worked
    assert done.answer is not None
    assert done.answer.text == "press the brake first"
    assert world.state() == before


def test_a_repair_that_leaves_the_same_failure_is_taken_back_before_the_next() -> None:
    wrong = inserting("wrong", ENGINE, to("press", "release"))
    done, made = ran(car(), wrong, START, PRESS)
    assert made == [
        *("drive", "press", "drive", "release"),
        *("start", "drive", "press", "drive"),
    ]
    assert done.worked
    assert done.lessons == ("wrong", "start", "press")


def test_a_chain_ends_at_its_depth_and_leaves_nothing_behind() -> None:
    wrong = [inserting(f"wrong{n}", ENGINE, to("press", "release")) for n in range(DEPTH + 2)]
    world = car()
    before = world.state()
    done, made = ran(world, *wrong)
    assert made == ["drive", *["press", "drive", "release"] * DEPTH]
    assert len(done.repairs) == DEPTH
    assert world.state() == before


def test_a_lesson_acts_once_on_a_call() -> None:
    """Starting does not help: the engine is off again whenever one has pressed the brake."""
    forgets = inserting("forgets", BRAKE, to("press"), to("stop"))
    done, made = ran(car(), START, forgets)
    assert made == ["drive", "start", "drive", "press", "stop", "drive", "stop"]
    assert done.lessons == ("start", "forgets")
    assert not done.worked


def test_a_step_that_fails_leaves_the_world_as_it_was() -> None:
    world = car("left", stuck=True)
    before = world.state()
    both = inserting("both", DOORS, to("close", "open", door="left"), to("start"))
    done, made = ran(world, both)
    assert made == ["drive", "close", "start", "open"]
    assert (done.worked, done.repairs, done.lessons) == (False, (), ())
    assert world.state() == before


def test_undoing_stops_where_it_fails() -> None:
    """Behind a door that does not open again, the file of that name here is another one."""

    def enter(facts: dict[str, Any], args: dict[str, Any]) -> str:
        if facts["locked"]:
            raise ToolFailed(f"{args['room']} is locked")
        facts["place"] = args["room"]
        return ""

    def leave(facts: dict[str, Any], args: dict[str, Any]) -> str:
        facts.update(place="hall", locked=args["room"])
        return ""

    def write(facts: dict[str, Any], args: dict[str, Any]) -> str:
        facts[f"{facts['place']}/{args['name']}"] = "new"
        return ""

    def remove(facts: dict[str, Any], args: dict[str, Any]) -> str:
        del facts[f"{facts['place']}/{args['name']}"]
        return ""

    world = ScriptedWorld(
        {"enter": enter, "leave": leave, "write": write, "remove": remove},
        {"place": "hall", "locked": "", "hall/note": "precious"},
    )
    call = Call(tool="send", args={})
    way = replace(to("enter", "leave", room="study"), back=True)
    repair = inserting("repair", signature(world, call), way, to("write", "remove", name="note"))
    assert isinstance(repair.behaviour, CallsFixer)
    repair = replace(repair, behaviour=replace(repair.behaviour, component="send"))
    _, made = ran(world, repair, call=call)
    assert made == ["send", "enter", "write", "send", "leave", "enter"]
    assert world.facts["hall/note"] == "precious"


def test_arguments_and_steps_are_repaired_one_after_the_other() -> None:
    call = replace(DRIVE, args={"velocity": 5})
    change = Change(op=Op.RENAME, argument="velocity", text="speed")
    failed = signature(car(), call)
    rename = armed(
        "rename", turning("drive", change, moment=Moment.AFTER_FAILURE, fingerprint=failed)
    )
    done, made = ran(car(engine=True), rename, PRESS, call=call)
    assert made == ["drive", "drive", "press", "drive"]
    assert (done.worked, done.call.args) == (True, {"speed": 5})
    assert call.args == {"velocity": 5}


def guardrail(**fields: Any) -> Armed:
    body = blocking("drive", "speed", fingerprint=ENGINE, **fields)
    return armed("stop", body, KindName.GUARDRAIL)


def test_a_blocked_call_does_not_run() -> None:
    done, made = ran(car(), guardrail())
    assert (made, done.blocked, done.worked, done.prevented) == ([], True, False, True)
    assert done.lessons == ("stop",)


def test_a_failure_that_is_expected_is_repaired_before_the_call() -> None:
    done, made = ran(car(brake=True), guardrail(expects="the engine is off"), START)
    assert made == ["start", "drive"]
    assert (done.worked, done.failed_first, done.prevented) == (True, False, True)
    assert done.lessons == ("start",)


def test_what_was_done_before_a_call_is_undone_where_it_fails_all_the_same() -> None:
    world = car()
    before = world.state()
    done, made = ran(world, guardrail(expects="the engine is off"), START)
    assert made == ["start", "drive", "stop"]
    assert not done.worked
    assert world.state() == before


def test_a_hint_runs_the_same_call_again() -> None:
    tries = iter([False, True])

    def flaky(*_: object) -> str:
        if not next(tries):
            raise ToolFailed("the database is locked")
        return "rows"

    world = ScriptedWorld({"query": flaky})
    call = Call(tool="query", args={"q": "x"})
    hint = armed(
        "hint",
        Hint(
            component="query",
            fingerprint="",
            message_regex="locked",
            max_retries=3,
            delay_ms=100,
            multiplier=2,
        ),
        KindName.HINT,
    )
    done, made = ran(world, hint, call=call)
    assert (made, done.worked, done.lessons) == (["query", "query"], True, ("hint",))


SWITCHES = ["start", "stop", "press", "release"]


OPPOSITE = {"start": "stop", "stop": "start", "press": "release", "release": "press"}


switching = st.builds(
    lambda n, failure, tools: inserting(
        f"l{n}", failure, *(to(t, OPPOSITE[t]) for t in dict.fromkeys(tools))
    ),
    st.integers(0, 99),
    st.sampled_from([ENGINE, BRAKE]),
    st.lists(st.sampled_from(["start", "press"]), min_size=1, max_size=2),
)


@given(st.lists(switching, max_size=6))
def test_a_call_works_in_the_end_or_the_world_is_as_it_was(lessons: Sequence[Armed]) -> None:
    """Half-finished attempts that change the world and still fail: none."""
    world = car()
    before = world.state()
    done, made = ran(world, *lessons)
    assert done.worked or world.state() == before
    assert made.count("drive") <= DEPTH + 1
    assert len(done.inserted) + made.count("drive") == len(made)
