"""Lessons tried on calls: what ran, what was undone, and whether it was where the caller got to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce import history, trial
from failonce.history import Episode
from failonce.kinds.behaviour import Behaviour, Situation
from failonce.kinds.decision import Armed
from failonce.kinds.fixer import ArgumentsFixer, CallsFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Hint
from failonce.language.expression import literal
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.program import Program, Step
from failonce.language.transform import Op, Transform
from failonce.language.transform import Step as Change
from failonce.model import Answer, Call, Evidence, KindName, Verdict
from failonce.skill import decide
from failonce.testing import ScriptedEnvironment, ScriptedWorld, ToolFailed
from failonce.trial import DEPTH, RECENT, Agreement, Execution, Reached, agreement, execute, reached
from tests.made import evidence, session

# --------------------------------------------------------------- a small world


def drive_off(facts: dict[str, Any], args: dict[str, Any]) -> str:
    """Runs through its checks in order, so each repair leads to the next failure."""
    if "speed" not in args:
        raise ToolFailed("how fast?")
    if facts["doors"]:
        raise ToolFailed(f"doors are open: {', '.join(facts['doors'])}")
    if not facts["engine"]:
        raise ToolFailed("the engine is off")
    if not facts["brake"]:
        raise ToolFailed("press the brake first")
    facts["speed"] = args["speed"]
    return f"driving at {args['speed']}"


def close(facts: dict[str, Any], args: dict[str, Any]) -> str:
    facts["doors"].remove(args["door"])
    return "closed"


def open_(facts: dict[str, Any], args: dict[str, Any]) -> str:
    facts["doors"].append(args["door"])
    return "open"


def switch(name: str, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], str]:
    def run(facts: dict[str, Any], _: dict[str, Any]) -> str:
        if facts["stuck"]:
            raise ToolFailed("stuck")
        facts[name] = value
        return "done"

    return run


def status(facts: dict[str, Any], _: dict[str, Any]) -> str:
    return f"{{'speed': {facts['speed']}}}"


def car(*doors: str, **facts: Any) -> ScriptedWorld:
    tools = {
        "drive": drive_off,
        "close": close,
        "open": open_,
        "start": switch("engine", True),
        "stop": switch("engine", False),
        "press": switch("brake", True),
        "release": switch("brake", False),
        "status": status,
    }
    known = {"doors": list(doors), "engine": False, "brake": False, "speed": 0, "stuck": False}
    return ScriptedWorld(tools, known | facts)


DRIVE = Call(tool="drive", args={"speed": 5}, session="s", project="p")


def signature(world: ScriptedWorld, call: Call = DRIVE) -> str:
    """How the failure is called that the call runs into there."""
    failure = world.copy().run(call).failure
    assert failure is not None
    return failure.signature


DOORS, ENGINE, BRAKE = signature(car("left")), signature(car()), signature(car(engine=True))


def armed(name: str, behaviour: Behaviour, kind: KindName = KindName.FIXER) -> Armed:
    return Armed(lesson=name, version=1, kind=kind, behaviour=behaviour)


def inserting(name: str, failure: str, *steps: Step) -> Armed:
    return armed(
        name,
        CallsFixer(
            component="drive",
            moment=Moment.AFTER_FAILURE,
            when=Predicate(),
            fingerprint=failure,
            message_regex="",
            program=Program(steps=steps),
        ),
    )


def to(tool: str, undo: str = "", **args: Any) -> Step:
    arguments = tuple((n, literal(v)) for n, v in args.items())
    return Step(
        tool=tool,
        arguments=arguments,
        undo=Step(tool=undo, arguments=arguments) if undo else None,
    )


CLOSE = inserting("close", DOORS, to("close", "open", door="left"))
START = inserting("start", ENGINE, to("start", "stop"))
PRESS = inserting("press", BRAKE, to("press", "release"))


def ran(world: ScriptedWorld, *lessons: Armed, call: Call = DRIVE) -> tuple[Execution, list[str]]:
    """What became of the call, and everything that ran in the world, in order."""
    made: list[str] = []

    def run(wanted: Call) -> Answer:
        made.append(wanted.tool)
        return world.run(wanted)

    about = {call.tool, "drive"}
    done = execute(
        Situation(call=call),
        lambda tool: [a for a in lessons if a.behaviour.component == tool and tool in about],
        decide,
        run,
        world.state,
    )
    return done, made


# ------------------------------------------------------------------ execution


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
    rename = armed(
        "rename",
        ArgumentsFixer(
            component="drive",
            moment=Moment.AFTER_FAILURE,
            when=Predicate(),
            fingerprint=signature(car(), call),
            message_regex="",
            repair=Transform(steps=(Change(op=Op.RENAME, argument="velocity", text="speed"),)),
        ),
    )
    done, made = ran(car(engine=True), rename, PRESS, call=call)
    assert made == ["drive", "drive", "press", "drive"]
    assert (done.worked, done.call.args) == (True, {"speed": 5})
    assert call.args == {"velocity": 5}


def guardrail(**fields: Any) -> Armed:
    body = Guardrail(
        component="drive",
        when=Predicate(conditions=(Condition(path=("speed",), test=Test.PRESENT),)),
        fingerprint=ENGINE,
        message_regex="",
        strength=Strength.BLOCK,
        message="no",
    )
    return armed("stop", replace(body, **fields), KindName.GUARDRAIL)


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


# ------------------------------------------------------------------ agreement


def after(world: ScriptedWorld, *calls: Call) -> tuple[Answer, str]:
    """The answer to the last call, and the world after it."""
    answer = Answer(text="")
    for call in calls:
        answer = world.run(call)
    return answer, world.state()


def theirs(world: ScriptedWorld, *calls: Call) -> Reached:
    for call in calls[:-1]:
        world.run(call)
    state = world.state()
    answer = world.run(calls[-1])
    return Reached(call=calls[-1], answer=answer, state=world.state(), reads=world.state() == state)


READY: dict[str, Any] = {"engine": True, "brake": True}
STATUS = Call(tool="status", args={})


def test_the_same_world_is_confirmed_whatever_the_call() -> None:
    answer, state = after(car(**READY), DRIVE)
    got = theirs(car(**READY), replace(DRIVE, args={"speed": 5, "gear": 1}))
    assert agreement(DRIVE, answer, state, got) is Agreement.CONFIRMED


def test_the_same_answer_is_confirmed_where_the_caller_read() -> None:
    answer, state = after(car(speed=3), STATUS)
    got = theirs(car(speed=3, brake=True), STATUS)
    assert got.reads
    assert agreement(STATUS, answer, state, got) is Agreement.CONFIRMED


def test_another_world_is_contradicted() -> None:
    answer, state = after(car(**READY), replace(DRIVE, args={"speed": 9}))
    got = theirs(car(**READY), DRIVE)
    assert agreement(replace(DRIVE, args={"speed": 9}), answer, state, got) is (
        Agreement.CONTRADICTED
    )


def test_the_same_call_in_another_world_differs() -> None:
    got = theirs(car(**READY), DRIVE)
    answer, state = after(car(**READY, note="left behind"), DRIVE)
    assert agreement(DRIVE, answer, state, got) is Agreement.DIFFERS
    read = theirs(car(speed=3), STATUS)
    answer, state = after(car(speed=4), STATUS)
    assert agreement(STATUS, answer, state, read) is Agreement.DIFFERS


def test_another_call_that_changes_the_world_is_not_saved_by_the_same_words() -> None:
    """`done` is what many a tool answers, whatever it did."""
    got = theirs(car(**READY), DRIVE)
    other = replace(DRIVE, args={"speed": 5, "gear": 1})
    answer, state = after(car(**READY, note="left behind"), other)
    assert answer.text == got.answer.text
    assert agreement(other, answer, state, got) is Agreement.CONTRADICTED


def test_where_the_caller_never_got_there_nobody_can_say() -> None:
    answer, state = after(car(**READY), DRIVE)
    assert agreement(DRIVE, answer, state, None) is Agreement.UNCONFIRMED
    failed = theirs(car(), DRIVE)
    assert agreement(DRIVE, answer, state, failed) is Agreement.UNCONFIRMED


def test_where_the_caller_got_is_executed_again() -> None:
    environment = ScriptedEnvironment(car("left", **READY))
    calls = [DRIVE, Call(tool="close", args={"door": "left"}), DRIVE, STATUS]
    recorded = environment.record("s", calls)
    (episode,) = history.episodes(recorded)
    got = reached(episode, environment)
    assert got is not None
    assert (got.call.args, got.answer.text, got.reads) == ({"speed": 5}, "driving at 5", False)
    world = environment.before(recorded[3])
    assert world is not None
    assert got.state == world.state()
    looked = reached(Episode(failure=recorded[0], recovery=recorded[3]), environment)
    assert looked is not None
    assert looked.reads
    assert reached(Episode(failure=recorded[0]), environment) is None
    elsewhere = ScriptedEnvironment(car())
    assert reached(episode, elsewhere) is None


# ----------------------------------------------------------------- situations


def test_each_call_is_seen_with_what_its_session_did_before() -> None:
    one = session("a", [evidence("t", {"n": 1}, "no"), evidence("u", {}), evidence("t", {"n": 2})])
    two = session("b", [evidence("t", {"n": 3})])
    seen = list(trial.situations([*one, *two]))
    assert [e.id for e, _ in seen] == ["a-0", "a-1", "a-2", "b-0"]
    assert [s.call for _, s in seen] == [e.call for e in (*one, *two)]
    pasts = [[(p.call.tool, p.answer.worked) for p in s.past] for _, s in seen]
    assert pasts == [[], [("t", False)], [("t", False), ("u", True)], []]
    failure = seen[1][1].past[0].answer.failure
    assert failure is not None
    assert (failure.signature, failure.message) == ("sig:t:no", "no")


def test_sessions_of_two_projects_are_two_though_their_names_are_one() -> None:
    calls = [evidence("t", {}, project=p, n=n) for n, p in enumerate(("p", "q"))]
    assert [len(s.past) for _, s in trial.situations(calls)] == [0, 0]


def test_no_lesson_looks_back_further_than_is_kept() -> None:
    calls = session("s", [evidence("t", {"n": n}) for n in range(RECENT + 5)])
    situations = [s for _, s in trial.situations(calls)]
    assert len(situations[RECENT].past) == len(situations[-1].past) == RECENT
    last = situations[-1].past
    assert [p.call.args for p in last] == [{"n": n} for n in range(4, RECENT + 4)]
    assert next(p.call.args for p in reversed(last)) == {"n": RECENT + 3}
    assert len(situations[0].past) == 0


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.GOOD])
def test_what_was_not_good_did_not_work(verdict: Verdict) -> None:
    e = evidence("t", {}, "news", verdict=verdict)
    assert trial.answer_of(e).worked == (verdict is Verdict.INFORMATIVE)


def test_a_recorded_failure_keeps_what_lessons_look_at() -> None:
    e: Evidence = evidence("t", {"p": "a"}, "no a")
    e = replace(e, finding=replace(e.finding, retry_after_s=3.0), template="no <arg:p>")
    failure = trial.failure_of(e)
    assert (failure.blamed, failure.retry_after_s, failure.category) == (
        "p", 3.0, e.finding.category,
    )  # fmt: skip


# ------------------------------------------------------- without a world


def to_edit(program: Program) -> list[Armed]:
    body = CallsFixer(
        component="edit",
        moment=Moment.AFTER_FAILURE,
        when=Predicate(),
        fingerprint="f",
        message_regex="",
        program=program,
    )
    return [Armed(lesson="x", version=1, kind=KindName.FIXER, behaviour=body)]


def test_an_inserted_call_is_answered_where_the_caller_made_it_and_it_worked() -> None:
    made = [evidence("read", {"path": "a"}), evidence("read", {"path": "b"}, "no such file")]
    run = trial.as_recorded(made, to_edit(Program(steps=(Step(tool="read"),))))
    assert run(Call(tool="read", args={"path": "a"})).worked
    assert not run(Call(tool="read", args={"path": "b"})).worked
    assert not run(Call(tool="list", args={"path": "a"})).worked


def test_a_narrower_call_answers_for_a_step_but_not_where_its_answer_is_read() -> None:
    made = [evidence("read", {"path": "a", "line": 7})]
    whole = Call(tool="read", args={"path": "a"})
    step, look = Step(tool="read"), Step(tool="read", name="found")
    assert trial.as_recorded(made, to_edit(Program(steps=(step,))))(whole).worked
    assert not trial.as_recorded(made, to_edit(Program(looks=(look,))))(whole).worked
    wider = Call(tool="read", args={"path": "a", "line": 7, "all": True})
    assert not trial.as_recorded(made, to_edit(Program(steps=(step,))))(wider).worked
