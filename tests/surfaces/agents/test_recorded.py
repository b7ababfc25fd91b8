"""What agents do is recorded as they did it."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import (
    Agent,
    ApprovalRequired,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRetry,
    RunContext,
    Tool,
    ToolApproved,
    ToolFailed,
)
from pydantic_ai.messages import ToolCallPart, ToolReturn

import failonce
from failonce.model import Category, Outcome
from tests.surfaces.agents.made import Script, agent, call
from tests.surfaces.watching.made import Room


def get_order(order_id: int, color: str = "red") -> str:
    """Get an order.

    Args:
        order_id: Which one.
        color: Of what.
    """
    if order_id == 404:
        raise ModelRetry("There is no order 404.")
    if order_id == 410:
        raise ToolFailed("The order 410 is gone.")
    if order_id == 500:
        raise LookupError("the shop is closed")
    return f"{color} order {order_id}"


def test_a_good_call_is_recorded_as_the_model_made_it(room: Room) -> None:
    """Its arguments are those that were sent: no defaults, nothing cast."""
    script = Script([[call("get_order", order_id="7")], "done"])
    assert agent(script, get_order).run_sync("go").output == "done"
    assert script.last.answer == "red order 7"
    (taken,) = room.calls("get_order")
    assert taken.call.args == {"order_id": "7"}
    assert (taken.message, taken.outcome) == ("red order 7", Outcome.SUCCESS)
    assert taken.call.project == "shop"
    assert taken.duration_ms is not None


def test_what_a_tool_tells_the_model_is_its_failure(room: Room) -> None:
    """In its own words, whether it asks for another try or not; the model reads the same."""
    script = Script([[call("get_order", order_id=404)], [call("get_order", order_id=410)], "done"])
    agent(script, get_order).run_sync("go")
    assert script.told[1].answers[0].content == "There is no order 404."
    assert [t.outcomes for t in script.told] == [[], ["retried"], ["failed"]]
    first, second = room.calls("get_order")
    assert (first.failed, first.message) == (True, "There is no order 404.")
    assert (second.failed, second.message) == (True, "The order 410 is gone.")


def test_an_error_ends_the_run_as_without_and_is_recorded(room: Room) -> None:
    """The same exception, as the tool raised it."""
    script = Script([[call("get_order", order_id=500)]])
    with pytest.raises(LookupError, match="the shop is closed"):
        agent(script, get_order).run_sync("go")
    (taken,) = room.calls("get_order")
    assert (taken.failed, taken.message) == (True, "LookupError: the shop is closed")


def test_arguments_that_are_refused_are_a_failure_of_the_call(room: Room) -> None:
    """With the arguments as they were sent; the model reads what it would read without."""
    script = Script([[call("get_order", order_id="x", verbose=True)], "done"])
    agent(script, get_order).run_sync("go")
    plain = Script(script.turns)
    Agent(plain.model, tools=[get_order]).run_sync("go")
    assert script.last.answers[0].content == plain.last.answers[0].content
    assert script.last.answers[0].retry == plain.last.answers[0].retry
    (taken,) = room.calls("get_order")
    assert taken.call.args == {"order_id": "x", "verbose": True}
    assert taken.failed
    assert taken.finding.category is Category.INVALID_ARGS
    assert taken.message == (
        "ValidationError: order_id: Input should be a valid integer, unable to parse string as an "
        "integer; verbose: Extra inputs are not permitted"
    )


def test_arguments_that_are_no_json_are_kept_as_they_were_sent(room: Room) -> None:
    """Nobody knows them by name."""
    broken = ToolCallPart(tool_name="get_order", args='{"order_id": 7')
    script = Script([[broken], "done"])
    agent(script, get_order).run_sync("go")
    assert script.last.outcomes == ["retried"]
    (taken,) = room.calls("get_order")
    assert (taken.call.args, taken.call.raw, taken.failed) == (None, '{"order_id": 7', True)


def test_a_tool_that_is_not_there_is_recorded(room: Room) -> None:
    """Nothing else hears of such a call."""
    script = Script([[call("get_ordr", order_id=7)], "done"])
    agent(script, get_order).run_sync("go")
    (taken,) = room.calls()
    assert (taken.call.tool, taken.call.args) == ("get_ordr", {"order_id": 7})
    assert taken.failed
    assert taken.finding.category is Category.MISSING_TOOL


def test_the_answer_is_recorded_not_its_wrapping(room: Room) -> None:
    """What comes with it for the application stays with it."""

    def look() -> ToolReturn:
        return ToolReturn(return_value="a chair", content="a picture", metadata={"own": 1})

    script = Script([[call("look")], "done"])
    done = agent(script, look).run_sync("go")
    assert script.last.answer == "a chair"
    assert script.last.words == ("a picture",)
    assert [
        p.metadata for m in done.all_messages() for p in m.parts if p.part_kind == "tool-return"
    ] == [{"own": 1}]
    assert [e.message for e in room.calls()] == ["a chair"]


def test_the_end_of_a_run_is_no_call(room: Room) -> None:
    """A model that hands its result over by a tool calls none of the agent's."""

    class Found(BaseModel):
        name: str

    script = Script([[call("get_order", order_id=1)], [call("final_result", name="chair")]])
    done = agent(script, get_order, output_type=Found).run_sync("go")
    assert done.output == Found(name="chair")
    assert [e.call.tool for e in room.calls()] == ["get_order"]


def test_a_call_that_waits_for_a_person_is_recorded_when_it_is_made(room: Room) -> None:
    """Once, in the run in which it is made, whichever way the tool asks."""

    def sell(order_id: int) -> str:
        return f"sold {order_id}"

    def buy(ctx: RunContext[Any], order_id: int) -> str:
        if not ctx.tool_call_approved:
            raise ApprovalRequired
        return f"bought {order_id}"

    script = Script([[call("sell", order_id=1), call("buy", order_id=2)], "done"])
    made = agent(
        script,
        Tool(sell, requires_approval=True),
        buy,
        output_type=[str, DeferredToolRequests],
    )
    first = made.run_sync("go")
    assert isinstance(first.output, DeferredToolRequests)
    assert room.calls() == []
    approved = {c.tool_call_id: ToolApproved() for c in first.output.approvals}
    made.run_sync(
        message_history=first.all_messages(),
        deferred_tool_results=DeferredToolResults(approvals=dict(approved)),
    )
    assert sorted((e.call.tool, e.message) for e in room.calls()) == [
        ("buy", "bought 2"),
        ("sell", "sold 1"),
    ]
    assert {e.outcome for e in room.calls()} == {Outcome.SUCCESS}


def test_whose_calls_they_are(room: Room) -> None:
    """The conversation's, over its runs; the project and the task as they are given."""
    script = Script(
        [[call("get_order", order_id=n // 2)] if n % 2 == 0 else "ok" for n in range(4)]
    )
    made = agent(
        script,
        get_order,
        capability={"project": "desk", "task": lambda ctx: ctx.deps["task"]},
    )
    first = made.run_sync("go", deps={"task": "monthly"})
    made.run_sync("on", deps={"task": "weekly"}, message_history=first.all_messages())
    one, two = room.calls()
    assert one.call.session == two.call.session == first.conversation_id
    assert (one.call.project, two.call.project) == ("desk", "desk")
    assert (one.call.task, two.call.task) == ("monthly", "weekly")


def test_a_session_that_is_open_is_the_runs(room: Room) -> None:
    """With its project and task; one that is named for the agent goes before it."""

    @failonce.watch
    def inner() -> str:
        return "inside"

    def outer() -> str:
        return inner()

    script = Script([[call("outer")], "done"])
    with failonce.session("mine", project="desk", task="t"):
        agent(script, outer).run_sync("go")
    assert {(e.call.tool, e.call.session, e.call.project, e.call.task) for e in room.calls()} == {
        ("outer", "mine", "desk", "t"),
        ("inner", "mine", "desk", "t"),
    }
    with failonce.session("mine"):
        again = Script(script.turns)
        agent(again, outer, capability={"session": lambda ctx: ctx.run_id}).run_sync("go")
    assert len({e.call.session for e in room.calls()}) == 2


def test_an_agent_within_an_agent_has_its_own_session(room: Room) -> None:
    """Its calls are not the outer one's."""
    below = Script([[call("get_order", order_id=1)], "deep"])

    async def ask() -> str:
        return (await agent(below, get_order).run("go")).output

    above = Script([[call("ask")], "done"])
    agent(above, ask).run_sync("go")
    assert above.last.answer == "deep"
    sessions = {e.call.tool: e.call.session for e in room.calls()}
    assert len(set(sessions.values())) == 2


def test_a_run_that_is_cancelled_records_no_failure(room: Room) -> None:
    """Whoever cancels it hears of it as without."""
    reached = asyncio.Event()

    async def wait() -> str:
        reached.set()
        await asyncio.sleep(60)
        return "never"

    async def go() -> None:
        task = asyncio.ensure_future(agent(Script([[call("wait")]]), wait).run("go"))
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    assert room.calls() == []
