"""What repairs do to the calls of an agent, and what waits for a person meanwhile."""

from typing import Any

import pytest
from pydantic_ai import (
    ApprovalRequired,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRetry,
    RunContext,
    Tool,
    ToolApproved,
)
from pydantic_ai.capabilities import AbstractCapability

from failonce.kinds.behaviour import Repair, Situation
from failonce.kinds.fixer import ArgumentsFixer, Moment
from tests.surfaces.agents.made import Script, agent, call, get_order
from tests.surfaces.watching.car import HELD, LOOKED, Car
from tests.surfaces.watching.made import Room, guardrail, renaming


def test_arguments_are_repaired_before_they_are_validated(room: Room) -> None:
    """The tool gets them as if the model had sent them so, and the model reads what was done."""
    room.teach(renaming("get_order", "id", "order_id"))
    script = Script([[call("get_order", id="a")], "done"])
    done = agent(script, get_order, retries=0).run_sync("go")
    assert script.last.answer == "order a"
    assert "order_id" in script.last.words[0]
    (taken,) = room.calls()
    assert taken.call.args == {"order_id": "a"}
    assert not taken.failed
    assert room.effects() == ["repaired"]
    sent = [p for m in done.all_messages() for p in m.parts if p.part_kind == "tool-call"]
    assert sent[0].args == {"id": "a"}


def test_what_is_refused_is_repaired_after_it(room: Room) -> None:
    """The refusal is recorded, and the call then made; it costs no retry."""
    room.teach(
        renaming("get_order", "id", "order_id", moment=Moment.AFTER_FAILURE, regex="Extra inputs")
    )
    script = Script([[call("get_order", id="a")], "done"])
    agent(script, get_order, retries=0).run_sync("go")
    assert script.last.answer == "order a"
    first, second = room.calls()
    assert (first.failed, first.call.args, first.attempt) == (True, {"id": "a"}, 1)
    assert (second.failed, second.call.args, second.attempt) == (False, {"order_id": "a"}, 2)
    assert room.effects() == ["repaired"]


def test_what_a_tool_refuses_itself_is_repaired_after_it(room: Room) -> None:
    """Through the validation and all hooks of others; it costs no retry."""
    lesson = renaming(
        "find", "first", "second", moment=Moment.AFTER_FAILURE, regex="first is closed"
    )
    room.teach(lesson)
    seen: list[Any] = []

    class Guard(AbstractCapability[Any]):
        async def before_tool_execute(
            self, ctx: Any, *, args: dict[str, Any], **_: Any
        ) -> dict[str, Any]:
            seen.append((ctx.tool_call_id, dict(args)))
            return args

    def find(first: str = "", second: str = "") -> str:
        if first:
            raise ModelRetry("invalid argument: first is closed")
        return f"second {second}"

    part = call("find", first="a")
    script = Script([[part], "done"])
    agent(script, find, capabilities=[Guard()], retries=0).run_sync("go")
    assert script.last.answer == "second a"
    assert {own for own, _ in seen} == {part.tool_call_id}
    assert [(a["first"], a["second"]) for _, a in seen] == [("a", ""), ("", "a")]
    assert [e.failed for e in room.calls("find")] == [True, False]


def test_a_failure_that_is_not_repaired_is_the_tools_own(room: Room) -> None:
    """A lesson that looks at it changes nothing of what the model reads."""
    room.teach(renaming("get_order", "x", "y", moment=Moment.AFTER_FAILURE, regex="something else"))
    script = Script(
        [
            [call("get_order", order_id="a", verbose=True)],
            [call("get_order", order_id=["b"])],
            "done",
        ]
    )
    agent(script, get_order, retries=2).run_sync("go")
    assert script.told[1].answers[0].content == "There are no details."
    assert script.told[1].answers[0].retry is not None
    assert script.told[2].answers[0].content[0]["type"] == "string_type"
    assert [e.failed for e in room.calls()] == [True, True]


@pytest.mark.parametrize(("what", "outcome"), [("a", "success"), ("b", "retried")])
def test_a_repair_names_another_tool(
    room: Room, monkeypatch: pytest.MonkeyPatch, what: str, outcome: str
) -> None:
    """That one is called, through its own validation; its answer is the answer."""
    room.teach(renaming("find", "x", "y"))

    def elsewhere(_: ArgumentsFixer, situation: Situation) -> Repair:
        return Repair(args={"what": situation.call.args["x"]}, tool="seek", message="Try seek.")

    monkeypatch.setattr(ArgumentsFixer, "before", elsewhere)

    def find(y: str) -> str:
        raise AssertionError(y)

    def seek(what: str) -> str:
        if what == "b":
            raise ModelRetry("There is no b.")
        return f"found {what}"

    script = Script([[call("find", x=what)], "done"])
    agent(script, find, seek, retries=1).run_sync("go")
    assert script.last.outcomes == [outcome]
    assert script.last.answers[0].content == ("found a" if what == "a" else "There is no b.")
    assert [(e.call.tool, e.call.args) for e in room.calls()] == [("seek", {"what": what})]


@pytest.mark.parametrize(
    ("key", "log"),
    [
        ("", ["start", "brake 1", "start"]),
        ("wrong", ["start", "brake 1", "start", "brake 0"]),
    ],
)
def test_a_repair_calls_other_tools_of_the_agent(room: Room, key: str, log: list[str]) -> None:
    """And takes back what it did where the call fails all the same."""
    room.teach(HELD)
    car = Car(ModelRetry)
    script = Script([[call("start", key=key)], "done"])
    agent(script, car.start, car.brake, retries=1).run_sync("go")
    assert car.log == log
    assert script.last.outcomes == ["retried" if key else "success"]
    assert [e.call.tool for e in room.calls()] == [name.split()[0] for name in log]


def test_what_waits_for_a_person_is_called_for_nobody(room: Room) -> None:
    """A repair that needs it leaves the call alone."""
    room.teach(HELD)
    car = Car(ModelRetry)
    script = Script([[call("start")], "done"])
    agent(script, car.start, Tool(car.brake, requires_approval=True)).run_sync("go")
    assert car.log == ["start"]


@pytest.mark.parametrize("state", ["up", "down"])
def test_a_look_decides_before_the_call(room: Room, state: str) -> None:
    """The brake is held only where the look says that it is needed."""
    room.teach(LOOKED)
    car = Car(ModelRetry)
    car.held = state == "down"

    def pedal() -> str:
        return state

    script = Script([[call("start")], "done"])
    made = agent(script, car.start, car.brake, pedal, capability={"read_only": ["pedal"]})
    made.run_sync("go")
    assert script.last.answer == "running"
    assert car.log == (["brake 1", "start"] if state == "up" else ["start"])
    assert [e.message for e in room.calls("pedal")] == [state]


def test_what_a_person_approved_runs_as_it_was_approved(room: Room) -> None:
    """No lesson changes it any more."""
    room.teach(renaming("sell", "id", "order_id"), guardrail("sell", "order_id"))

    def sell(ctx: RunContext[Any], order_id: str = "") -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        return f"sold {order_id}"

    part = call("sell")
    script = Script([[part], "done"])
    made = agent(script, sell, output_type=[str, DeferredToolRequests])
    first = made.run_sync("go")
    approved = ToolApproved(override_args={"order_id": "a"})
    made.run_sync(
        message_history=first.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals={part.tool_call_id: approved}),
    )
    assert script.last.answer == "sold a"


def test_what_was_done_for_a_call_that_has_to_wait_is_taken_back(room: Room) -> None:
    """It is asked for, not failed."""
    room.teach(HELD)
    car = Car(ModelRetry, keys={"theirs": ApprovalRequired()})
    script = Script([[call("start", key="theirs")]])
    made = agent(script, car.start, car.brake, output_type=[str, DeferredToolRequests])
    assert isinstance(made.run_sync("go").output, DeferredToolRequests)
    assert car.log == ["start", "brake 1", "start", "brake 0"]
    assert [e.failed for e in room.calls("start")] == [True]


def test_what_was_done_for_a_call_that_is_not_made_is_taken_back(room: Room) -> None:
    """Another call ends the run before."""
    room.teach(LOOKED)
    car = Car(ModelRetry)

    def pedal() -> str:
        return "up"

    def crash() -> str:
        car.log.append("crash")
        raise LookupError("no road")

    script = Script([[call("crash"), call("start")]])
    tools = [Tool(crash, sequential=True), car.start, car.brake, pedal]
    with pytest.raises(LookupError):
        agent(script, *tools, capability={"read_only": ["pedal"]}).run_sync("go")
    assert car.log == ["brake 1", "crash", "brake 0"]
