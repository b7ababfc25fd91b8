"""Learned tools beside those of a server: listed, run, announced while they come and go."""

import asyncio
from typing import Any

import pytest

from failonce.model import Action
from failonce.testing.samples import moved
from tests.kinds.tool.made import TITLE, module
from tests.surfaces.learned.test_tools import approve, tool
from tests.surfaces.mcp.proxy.made import described, recorded, shown, talk
from tests.surfaces.watching.made import Room

LISTENED = "io.modelcontextprotocol/subscriptionId"


def names(message: Any) -> list[str]:
    return [t["name"] for t in message.result["tools"]]


@pytest.mark.proves("H12", "H16")
def test_they_stand_behind_the_servers_own(room: Room) -> None:
    """Whose definitions are as they were; they are run in the sandbox, and recorded."""
    approve(room, tool(1, "title", TITLE))
    own = described("go", title="Go", _meta={"x": [1]}, outputSchema={"type": "object"})
    made = talk(room, {"go": lambda: "went"}, definitions=[own], learned=True)

    async def go() -> None:
        await made.open()
        listed = await made.client.ask("tools/list")
        assert listed.result is not None
        assert listed.result["tools"][0] == own
        assert names(listed) == ["go", "title", "run_learned_tool"]
        assert await made.client.text("title", text="a tale") == "A Tale"
        again = await made.client.text("run_learned_tool", name="title", args={"text": "b"})
        assert again == "B"
        assert (await made.client.text("title", text="")).startswith("✗ ")
        assert await made.client.text("go") == "went"
        await made.watch.close()

    asyncio.run(go())
    assert [name for name, _ in made.server.called] == ["go"]
    calls = room.calls()
    assert [(e.call.tool, e.failed) for e in calls] == [
        ("title", False), ("title", False), ("title", True), (recorded("go"), False),
    ]  # fmt: skip
    assert {e.call.session for e in calls} == {made.watch.session.id}


def test_a_name_of_the_servers_is_the_servers(room: Room) -> None:
    """Also that of the dispatcher."""
    approve(room, tool(1, "title", TITLE))
    tools = {"title": lambda **_: "own", "run_learned_tool": lambda: "own, too"}
    made = talk(room, tools, learned=True)

    async def go() -> None:
        await made.open()
        assert names(await made.client.ask("tools/list")) == ["title", "run_learned_tool"]
        assert await made.client.text("title") == "own"
        assert await made.client.text("run_learned_tool") == "own, too"

    asyncio.run(go())


def test_a_server_without_tools_has_them(room: Room) -> None:
    """It is said to have tools, and its refusal to list any is not passed on."""
    approve(room, tool(1, "title", TITLE))
    made = talk(room, {}, learned=True)
    made.server.answers_lists = False

    async def go() -> None:
        opened = await made.client.ask("initialize")
        assert opened.result is not None
        assert opened.result["capabilities"] == {"tools": {"listChanged": True}}
        assert names(await made.client.ask("tools/list")) == ["title", "run_learned_tool"]

    asyncio.run(go())


@pytest.mark.proves("H12")
def test_what_is_approved_or_undone_is_announced_while_it_runs(room: Room) -> None:
    """To clients that shook hands, and to those that listen for it, with their id."""
    made = talk(room, {"go": lambda: "went"}, learned=True)
    waiting = tool(1, "title", TITLE)

    async def until(count: int) -> None:
        async with asyncio.timeout(10):
            while len(made.client.told("notifications/tools/list_changed")) < count:
                await asyncio.sleep(0.02)

    async def go() -> None:
        await made.open()
        made.client.begin("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
        await asyncio.sleep(0.6)
        approve(room, waiting)
        await until(2)
        assert "title" in names(await made.client.ask("tools/list"))
        approved = room.store.lesson(waiting.id)
        assert approved is not None
        room.store.commit(moved(approved, Action.UNDO))
        room.publish()
        await until(3)
        assert "title" not in names(await made.client.ask("tools/list"))
        assert shown(await made.client.call("title", text="a")).startswith("✗ ")
        await made.watch.close()

    asyncio.run(go())
    told = made.client.told("notifications/tools/list_changed")
    assert [m.params for m in told[:2]] == [{}, {"_meta": {LISTENED: 3}}]


def test_a_learned_tool_calls_a_tool_of_the_server(room: Room) -> None:
    """That it was granted: from a thread of its own, and recorded."""
    code = f'return call("{recorded("go")}", n=2)'
    source = module(code, name="twice", before=f'CALLS = ["{recorded("go")}"]\n')
    approve(room, tool(1, "twice", source))
    made = talk(room, {"go": lambda n: f"went {n}"}, learned=True)

    async def go() -> str:
        await made.open()
        return await made.client.text("twice")

    said = asyncio.run(go())
    assert said == "went 2"
    assert sorted(e.call.tool for e in room.calls()) == sorted([recorded("go"), "twice"])
