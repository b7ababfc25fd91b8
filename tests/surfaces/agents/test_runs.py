"""Every way to run an agent, and calls side by side."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import ToolCallPart

from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from tests.surfaces.agents.made import Script, Turn, agent, call
from tests.surfaces.watching.made import Room, guardrail, renaming

Runs = Callable[[Agent[Any, Any]], str]


def _sync(made: Agent[Any, Any]) -> str:
    return str(made.run_sync("go").output)


def _run(made: Agent[Any, Any]) -> str:
    return str(asyncio.run(made.run("go")).output)


def _stream(made: Agent[Any, Any]) -> str:
    async def go() -> str:
        async with made.run_stream("go") as stream:
            return "".join([piece async for piece in stream.stream_text(delta=True)])

    return asyncio.run(go())


def _iter(made: Agent[Any, Any]) -> str:
    async def go() -> str:
        async with made.iter("go") as run:
            async for _ in run:
                pass
        assert run.result is not None
        return str(run.result.output)

    return asyncio.run(go())


def _thread(made: Agent[Any, Any]) -> str:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(_sync(made)))
    thread.start()
    thread.join(30)
    return found[0]


@pytest.mark.parametrize("run", [_sync, _run, _stream, _iter, _thread])
def test_each_way_is_the_same(room: Room, run: Runs) -> None:
    """Repaired, stopped, told of and recorded; tools that block and tools that await."""
    room.teach(
        renaming("find", "name", "what"),
        guardrail("get_order", "verbose"),
        guardrail("get_order", "order_id", Strength.WARN),
    )

    def find(what: str) -> str:
        return f"found {what}"

    async def get_order(order_id: str) -> str:
        await asyncio.sleep(0)
        return f"order {order_id}"

    turns: list[Turn] = [
        [call("find", name="a"), call("get_order", order_id="a", verbose=True)],
        [call("get_order", order_id="a")],
        "done",
    ]
    script = Script(turns)
    assert run(agent(script, find, get_order)) == "done"
    assert [t.outcomes for t in script.told] == [[], ["success", "failed"], ["success"]]
    assert "what" in script.told[1].words[0]
    assert "Leave `order_id` out." in script.told[2].words[0]
    assert [(e.call.tool, e.call.args) for e in room.calls()] == [
        ("find", {"what": "a"}),
        ("get_order", {"order_id": "a"}),
    ]
    assert len({e.call.session for e in room.calls()}) == 1


def test_calls_side_by_side_do_not_know_one_another(room: Room) -> None:
    """Each is repaired by itself, while the others run."""
    room.teach(
        renaming("find", "name", "what"),
        renaming("find", "old", "what", moment=Moment.AFTER_FAILURE, regex="old is closed"),
    )
    together = asyncio.Event()
    waiting: list[str] = []

    async def find(what: str = "", old: str = "") -> str:
        waiting.append(what or old)
        if len(waiting) == 30:
            together.set()
        await asyncio.wait_for(together.wait(), 30)
        if old:
            raise ModelRetry("invalid argument: old is closed")
        return f"found {what}"

    calls: list[ToolCallPart] = []
    for n in range(10):
        calls += [call("find", name=f"n{n}"), call("find", old=f"o{n}"), call("find", what=f"w{n}")]
    script = Script([calls, "done"])
    agent(script, find, retries=0).run_sync("go")
    wanted = [f"found {kind}{n}" for n in range(10) for kind in "now"]
    assert [a.content for a in script.last.answers] == wanted
    taken = room.calls()
    assert len(taken) == 40
    assert sum(e.failed for e in taken) == 10


def test_one_capability_serves_many_runs_at_once(room: Room) -> None:
    """Each has its own session, and hears of its own calls alone."""
    room.teach(guardrail("find", "what", Strength.WARN))

    async def find(what: str) -> str:
        await asyncio.sleep(0.01)
        return what

    scripts = [Script([[call("find", what=f"w{n}")], "done"]) for n in range(20)]
    made = agent(Script([]), find)

    async def go() -> None:
        await asyncio.gather(*(made.run("go", model=s.model) for s in scripts))

    asyncio.run(go())
    assert [s.last.answer for s in scripts] == [f"w{n}" for n in range(20)]
    assert all(len(s.last.words) == 1 for s in scripts)
    assert len({e.call.session for e in room.calls()}) == 20


def test_given_twice_it_watches_once(room: Room) -> None:
    """To the agent, and to the run."""
    import failonce

    def find(what: str) -> str:
        return what

    script = Script([[call("find", what="a")], "done"])
    made = agent(script, find, capabilities=[failonce.capability(project="desk")])
    made.run_sync("go", capabilities=[failonce.capability(project="bench")])
    (taken,) = room.calls()
    assert taken.call.project == "bench"


def test_it_is_given_for_one_run(room: Room) -> None:
    """To an agent that knows nothing of it."""
    import failonce

    def find(what: str) -> str:
        return what

    script = Script([[call("find", what="a")], "done", [call("find", what="b")], "done"])
    made = Agent(script.model, tools=[find])
    made.run_sync("go", capabilities=[failonce.capability()])
    made.run_sync("go")
    assert [e.message for e in room.calls()] == ["a"]
