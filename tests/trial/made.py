"""A small world with a car in it, and lessons about driving it."""

from collections.abc import Callable
from typing import Any

from failonce.kinds.behaviour import Behaviour, Situation
from failonce.kinds.decision import Armed
from failonce.language.expression import literal
from failonce.language.program import Program, Step
from failonce.model import Answer, Call, KindName
from failonce.skill import decide
from failonce.testing import ScriptedWorld, ToolFailed
from failonce.trial import Execution, execute
from tests.made import leading


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
    return armed(name, leading("drive", Program(steps=steps), fingerprint=failure))


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
