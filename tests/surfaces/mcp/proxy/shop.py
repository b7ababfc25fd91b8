"""A real server of the SDK, over standard input and output, or over HTTP at a port it prints."""

import asyncio
import socket
import sys
from typing import Annotated

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import SamplingMessage, TextContent
from pydantic import BaseModel, Field

server = MCPServer("shop")


class Name(BaseModel):
    name: str


@server.tool()
def get_order(order_id: str, verbose: bool = False) -> str:
    """Get an order."""
    if verbose:
        raise ToolError("There are no details.")
    return f"order {order_id}"


@server.tool()
def ship(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Ship it somewhere; a gateway may look at the header."""
    return f"shipped to {region}"


@server.tool()
async def count_up(to: int, ctx: Context) -> int:
    """Count, and tell how far."""
    for n in range(1, to + 1):
        await ctx.report_progress(n, to, f"{n} of {to}")
    return to


@server.tool()
async def ask(ctx: Context) -> str:
    """Ask the person."""
    found = await ctx.elicit("Who are you?", schema=Name)
    return f"{found.action}: {found.data.name}" if found.action == "accept" else found.action


@server.tool()
async def think(ctx: Context) -> str:
    """Ask the model."""
    asked = SamplingMessage(role="user", content=TextContent(type="text", text="?"))
    found = await ctx.session.create_message([asked], max_tokens=5)
    return str(found.content.text)


@server.tool()
async def wait(seconds: float) -> str:
    """Wait."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print("given up", file=sys.stderr, flush=True)
        raise
    return "waited"


@server.tool()
async def add_tool(ctx: Context) -> str:
    """Have one more tool."""
    server.add_tool(lambda: "new", name="fresh", description="Fresh.")
    await ctx.notify_tools_changed()
    return "added"


@server.resource("shop://chairs")
def chairs() -> str:
    """How many there are."""
    return "12 chairs"


@server.prompt()
def hello(name: str) -> str:
    """Say hello."""
    return f"Say hello to {name}"


def main() -> None:
    if sys.argv[1:] != ["http"]:
        server.run()
        return
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        print(made.getsockname()[1], flush=True)
        config = uvicorn.Config(server.streamable_http_app(), log_level="error")
        asyncio.run(uvicorn.Server(config).serve([made]))


if __name__ == "__main__":
    main()
