"""What is known of the tools of an agent."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai import DeferredToolRequests, ModelRetry, Tool
from pydantic_ai.capabilities import SetToolMetadata
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import ExternalToolset, FunctionToolset

from failonce.kinds.hint import Retry
from failonce.model import Action, Parameter, State
from failonce.testing.samples import moved
from tests.surfaces.agents.made import Script, agent, call
from tests.surfaces.watching.made import Room, guardrail, hint, renaming


def get_order(order_id: int, color: str = "red") -> str:
    """Get an order of the shop."""
    return f"{color} order {order_id}"


def test_tools_are_told_to_the_store_as_the_agent_has_them(room: Room) -> None:
    """By their schemas, those too that are not called; the end of a run is none."""

    def sell(order_id: int) -> str:
        return f"sold {order_id}"

    script = Script([[call("get_order", order_id=1)], [call("final_result", response=1)]])
    agent(script, get_order, sell, output_type=int).run_sync("go")
    assert room.host.writer.flush(30)
    known = room.store.tools("shop")
    assert list(known) == ["get_order", "sell"]
    spec = known["get_order"]
    assert (spec.description, spec.closed) == ("Get an order of the shop.", True)
    assert spec.parameters == (
        Parameter(name="order_id", types=("integer",), required=True),
        Parameter(name="color", types=("string",)),
    )
    assert (spec.read_only, known["sell"].read_only) == (None, None)
    assert spec.digest


def test_secrets_in_descriptions_are_not_stored(room: Room) -> None:
    """As in everything that is recorded."""

    def look() -> str:
        """Look, with password=hunter2secret9."""
        return "a chair"

    agent(Script(["done"]), look).run_sync("go")
    assert room.host.writer.flush(30)
    assert "hunter2secret9" not in room.store.tools("shop")["look"].description


def test_a_tool_that_is_another_now_puts_its_lessons_on_trial(room: Room) -> None:
    """They were proven on calls of the tool as it was."""
    agent(Script(["done"]), get_order).run_sync("go")
    room.teach(guardrail("get_order", "verbose"))
    assert room.host.writer.flush(30)
    (lesson,) = room.store.lessons()
    room.store.commit(moved(lesson, Action.PROMOTE))

    def changed(order_id: str) -> str:
        return order_id

    agent(Script(["done"]), Tool(changed, name="get_order")).run_sync("go")
    assert room.host.writer.flush(30)
    (lesson,) = room.store.lessons()
    assert lesson.state is State.CANARY
    assert [e.event.action for e in room.store.entries()][-1] is Action.PROBATION


def flaky() -> Callable[..., str]:
    """A tool that fails once."""
    left = [1]

    def get_stock(what: str) -> str:
        """Get how many there are."""
        if left:
            left.pop()
            raise ModelRetry("HTTP 503 Service Unavailable")
        return f"12 {what}"

    return get_stock


READS = {"annotations": {"readOnlyHint": True, "destructiveHint": None}}


@pytest.mark.parametrize(
    "options",
    [
        {"capability": {"read_only": ["get_stock"]}},
        {"capabilities": [SetToolMetadata(**READS)]},
        {"capabilities": [SetToolMetadata(other=1)]},
    ],
)
def test_a_tool_reads_where_somebody_says_so(room: Room, options: dict[str, Any]) -> None:
    """The agent's author, or the tool itself in the words of MCP; else it is not tried again."""
    room.teach(hint("get_stock", Retry(max_retries=1)))
    script = Script([[call("get_stock", what="chairs")], "done"])
    said = "other" not in str(options)
    agent(script, flaky(), **options).run_sync("go")
    assert script.last.answers[0].content == (
        "12 chairs" if said else "HTTP 503 Service Unavailable"
    )
    assert [e.failed for e in room.calls()] == ([True, False] if said else [True])


def test_tools_of_any_toolset_are_watched(room: Room) -> None:
    """Under the names by which the model calls them."""
    room.teach(renaming("shop_get_order", "id", "order_id"))
    tools = FunctionToolset([get_order]).prefixed("shop")
    script = Script([[call("shop_get_order", id=7)], "done"])
    agent(script, toolsets=[tools]).run_sync("go")
    assert script.last.answer == "red order 7"
    assert [e.call.tool for e in room.calls()] == ["shop_get_order"]


def test_a_tool_that_runs_elsewhere_is_left_alone(room: Room) -> None:
    """Nobody here sees what comes of it."""
    room.teach(guardrail("ship", "what"))
    outside = ExternalToolset([ToolDefinition(name="ship")])
    script = Script([[call("ship", what="a")]])
    done = agent(script, toolsets=[outside], output_type=[str, DeferredToolRequests]).run_sync("go")
    assert isinstance(done.output, DeferredToolRequests)
    assert [c.tool_name for c in done.output.calls] == ["ship"]
    assert room.calls() == []


SERVER = """
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

server, left = MCPServer("shop"), [1]

@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def get_stock(what: str) -> str:
    "Get how many there are."
    if left:
        left.pop()
        raise ToolError("HTTP 503 Service Unavailable")
    return f"12 {what}"

server.run("stdio")
"""


def test_tools_of_a_real_mcp_server(room: Room, tmp_path: Path) -> None:
    """Another process; its annotation says that the tool reads. Needs `pydantic-ai-slim[mcp]`."""
    transports = pytest.importorskip("fastmcp.client.transports")
    from pydantic_ai.mcp import MCPToolset

    room.teach(
        renaming("get_stock", "name", "what"),
        hint("get_stock", Retry(max_retries=1)),
    )
    file = tmp_path / "server.py"
    file.write_text(SERVER)
    server = MCPToolset(transports.StdioTransport(sys.executable, [str(file)]))
    script = Script([[call("get_stock", name="chairs")], "done"])
    agent(script, toolsets=[server], retries=0).run_sync("go")
    assert script.last.answer == "12 chairs"
    assert [(e.call.args, e.failed) for e in room.calls()] == [
        ({"what": "chairs"}, True),
        ({"what": "chairs"}, False),
    ]
    assert room.store.tools("shop")["get_stock"].read_only is True
