"""Recorded calls executed again with lessons: judged by answers and worlds, never by success."""

from dataclasses import replace
from typing import Any

from failonce import history
from failonce.gate.replay import replay
from failonce.gate.results import Result
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.decision import Armed
from failonce.kinds.fixer import Fit, FittingFixer
from failonce.kinds.guardrail import Guardrail
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, argument, literal
from failonce.language.program import Program, Step
from failonce.language.transform import Op
from failonce.language.transform import Step as Change
from failonce.model import Call, Evidence, Finding, KindName, ToolSpec, Verdict
from failonce.skill import decide
from failonce.testing import ScriptedEnvironment, ScriptedWorld, ToolFailed
from tests.made import blocking, has, leading, turning

Facts = dict[str, Any]


def read(facts: Facts, args: Facts) -> str:
    if args["path"] not in facts["files"]:
        raise ToolFailed(f"{args['path']}: no such file")
    return str(facts["files"][args["path"]])


def write(facts: Facts, args: Facts) -> str:
    if "/" in args["path"] and args["path"].split("/")[0] not in facts["folders"]:
        raise ToolFailed(f"{args['path']}: no such folder")
    facts["files"][args["path"]] = "new"
    return f"wrote {args['path']}"


def mkdir(facts: Facts, args: Facts) -> str:
    facts["folders"].append(args["folder"])
    return "made"


def rmdir(facts: Facts, args: Facts) -> str:
    facts["folders"].remove(args["folder"])
    return "removed"


def ls(facts: Facts, _: Facts) -> str:
    return str(sorted(facts["files"]))


WORLD = ScriptedWorld(
    {"read": read, "write": write, "mkdir": mkdir, "rmdir": rmdir, "ls": ls},
    {"files": {"a.txt": "one", "b.txt": "one"}, "folders": []},
)
TOOLS = {name: ToolSpec(name=name) for name in ("read", "write", "mkdir", "rmdir", "ls")}


def call(tool: str, **args: Any) -> Call:
    return Call(tool=tool, args=args)


def results(calls: list[Call], *lessons: Armed, said: Verdict | None = None) -> list[Result]:
    """What comes of these calls; with `said` the first is recorded with that verdict."""
    environment = ScriptedEnvironment(WORLD, TOOLS)
    recorded = environment.record("s", calls)
    if said is not None:
        recorded[0] = replace(recorded[0], finding=Finding(verdict=said), signature=None)
    episodes = history.by_tool(recorded).recoveries
    concerning: dict[str, list[Armed]] = {a.behaviour.component: [] for a in lessons}
    for a in lessons:
        concerning[a.behaviour.component].append(a)
    replayed = replay(
        recorded,
        lambda tool: (*concerning.get("*", ()), *concerning.get(tool, ())),
        decide,
        episodes,
        environment=environment,
    )
    return [r.result for r in replayed]


def failing(wanted: Call) -> Evidence:
    (recorded,) = ScriptedEnvironment(WORLD).record("s", [wanted])
    assert recorded.failed
    return recorded


def armed(behaviour: Behaviour) -> Armed:
    kind = KindName.GUARDRAIL if isinstance(behaviour, Guardrail) else KindName.FIXER
    return Armed(lesson=f"L{id(behaviour)}", version=1, kind=kind, behaviour=behaviour)


def inserting(failure: Evidence, *steps: Step, **program: Any) -> Armed:
    led = Program(steps=steps, **program)
    return armed(leading(failure.call.tool, led, fingerprint=failure.signature))


def guardrail(tool: str, *, look: Program = Program()) -> Armed:  # noqa: B008 - frozen
    return armed(blocking(tool, "path", fingerprint="", look=look))


def renaming(failure: Evidence, to: str) -> Armed:
    """Reads this file instead: any value can be made to succeed."""
    return inserting(failure, arguments=(("path", literal(to)),))


WRITE = call("write", path="d/c.txt")
NO_FOLDER = failing(WRITE)
MKDIR = Step(
    tool="mkdir",
    arguments=(("folder", argument("path", "folder")),),
    undo=Step(tool="rmdir", arguments=(("folder", argument("path", "folder")),)),
)
NO_FILE = failing(call("read", path="x.txt"))


def test_a_repair_that_ends_in_the_callers_world_is_one() -> None:
    calls = [WRITE, call("mkdir", folder="d"), WRITE]
    assert results(calls, inserting(NO_FOLDER, MKDIR))[0] is Result.REPAIRED


def test_a_repair_that_ends_in_another_world_is_contradicted() -> None:
    elsewhere = call("write", path="c.txt")
    assert results([WRITE, elsewhere], inserting(NO_FOLDER, MKDIR))[0] is Result.CONTRADICTED


def test_that_a_call_comes_back_without_an_error_is_worth_nothing() -> None:
    """`a.txt` is there to be read; it is not what the caller wanted."""
    calls = [call("read", path="x.txt"), call("mkdir", folder="x"), call("write", path="x/x.txt")]
    found = [*calls, call("read", path="x/x.txt")]
    assert results(found, renaming(NO_FILE, "a.txt"))[0] is Result.CONTRADICTED
    assert results(found[:1], renaming(NO_FILE, "a.txt")) == [Result.UNCONFIRMED]


def test_the_same_answer_read_elsewhere_is_the_callers() -> None:
    calls = [call("read", path="b.txt.old"), call("read", path="b.txt")]
    gone = failing(calls[0])
    assert results(calls, renaming(gone, "a.txt"))[0] is Result.REPAIRED


def test_a_repair_that_fails_again_must_leave_nothing_behind() -> None:
    wrong = Step(
        tool="mkdir",
        arguments=(("folder", literal("e")),),
        undo=Step(tool="rmdir", arguments=(("folder", literal("e")),)),
    )
    assert results([WRITE], inserting(NO_FOLDER, wrong)) == [Result.FAILED_AGAIN]
    assert results([WRITE], inserting(NO_FOLDER, replace(wrong, undo=None))) == [Result.SPOILT]


def test_a_blocked_failure_is_prevented_and_a_blocked_good_call_is_harmed() -> None:
    calls = [WRITE, call("write", path="c.txt")]
    assert results(calls, guardrail("write")) == [Result.PREVENTED, Result.WRONGLY_BLOCKED]


def test_a_guardrail_that_looks_harms_only_where_it_stops() -> None:
    here = Read(source=Source.RESULT, name="here")
    look = Program(
        looks=(Step(tool="ls", name="here"),),
        when=(Comparison(left=argument("path"), relation=Relation.NOT_IN, right=here),),
    )
    calls = [call("read", path="x.txt"), call("read", path="a.txt")]
    assert results(calls, guardrail("read", look=look)) == [Result.PREVENTED, Result.UNTOUCHED]
    meddling = replace(look, looks=(replace(look.looks[0], tool="mkdir"),))
    meddling = replace(
        meddling,
        looks=(replace(meddling.looks[0], arguments=(("folder", literal("x")),)),),
        when=(Comparison(left=here, relation=Relation.EMPTY),),
    )
    good = [call("read", path="a.txt")]
    assert results(good, guardrail("read", look=meddling)) == [Result.WRONGLY_CHANGED]


def changing(op: Op, argument_: str, text: str) -> Armed:
    change = Change(op=op, argument=argument_, text=text)
    return armed(turning("read", change, when=has("path"), fingerprint=""))


def test_a_good_call_that_is_changed_is_harmed_unless_it_ends_alike() -> None:
    good = [call("read", path="a.txt")]
    assert results(good, changing(Op.ADD_SUFFIX, "path", ".old")) == [Result.WRONGLY_CHANGED]
    more = [call("read", path="a.txt", mode="r")]
    assert results(more, changing(Op.DROP, "mode", "")) == [Result.SHOWN_GOOD]


def test_what_only_mends_a_name_does_what_was_asked() -> None:
    names = armed(FittingFixer(component="*", fit=Fit.NAMES))
    assert results([call("Read", path="a.txt")], names) == [Result.REPAIRED]
    assert results([call("read", path="a.txt")], names) == [Result.UNTOUCHED]


def test_a_no_of_a_person_is_neither_helped_nor_harmed() -> None:
    for verdict in (Verdict.REJECTION, Verdict.CASCADE):
        good = [call("read", path="a.txt")]
        assert results(good, guardrail("read"), said=verdict) == [Result.UNTOUCHED]


def test_a_call_whose_world_is_gone_is_left_alone() -> None:
    recorded = ScriptedEnvironment(WORLD).record("s", [WRITE])
    elsewhere = ScriptedEnvironment(WORLD, TOOLS)
    lesson = inserting(NO_FOLDER, MKDIR)
    (one,) = replay(recorded, lambda _: (lesson,), decide, {}, environment=elsewhere)
    assert one.result is Result.UNTOUCHED
