"""Clients of our own server: in memory, and before a process of its own."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, ServerNotification, TextContent

import failonce
from failonce.compose import configure
from failonce.surfaces.mcp.server import Serving, begin
from tests.kinds.tool.made import TITLE
from tests.surfaces.cli.made import Shell

T = TypeVar("T")

RULE = "Do not pass 'detailed' to get_entity."
MODES = ("legacy", "2026-07-28", "auto")
"""How a client negotiates: with a handshake, by the newest revision, by asking first."""


@contextmanager
def serving() -> Iterator[Serving]:
    """The server of this process, by the settings of the shell around it."""
    config = configure()
    begin(config)
    try:
        with failonce.session("mcp-test", project=config.project):
            yield Serving(config)
    finally:
        failonce.close()


def asked(use: Callable[[Client], Awaitable[T]], mode: str = "auto") -> T:
    """What came of using a client of a server in this process."""

    async def run(made: Serving) -> T:
        async with Client(made.server(), mode=mode) as client:
            return await use(client)

    with serving() as made:
        return asyncio.run(run(made))


def called(name: str, mode: str = "auto", /, **arguments: Any) -> CallToolResult:
    """What one call of a tool comes to."""
    return asked(lambda client: client.call_tool(name, arguments), mode)


def text(result: CallToolResult) -> str:
    """All that an agent reads of a result."""
    return "\n".join(c.text for c in result.content if isinstance(c, TextContent))


def process(shell: Shell, **environ: str) -> StdioServerParameters:
    """A server as a client starts it."""
    given = {k: v for k, v in os.environ.items() if k.startswith(("FAILONCE", "PYTHON", "HOME"))}
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "failonce", "mcp"],
        env={**given, **environ},
        cwd=shell.project,
    )


class Heard:
    """What a server says without having been asked."""

    def __init__(self) -> None:
        self.methods: list[str] = []

    async def __call__(self, message: Any) -> None:
        """A message handler of a client."""
        if isinstance(message, ServerNotification):
            self.methods.append(message.method)


@asynccontextmanager
async def talking(shell: Shell, mode: str = "auto", **environ: str) -> AsyncIterator[Client]:
    """A client and the process that it started."""
    async with Client(process(shell, **environ), mode=mode, cache=None) as client:
        yield client


async def soon(holds: Callable[[], Awaitable[T]], within_s: float = 15.0) -> T:
    """What something comes to once it is true."""
    end = time.monotonic() + within_s
    while True:
        found = await holds()
        if found or time.monotonic() > end:
            return found
        await asyncio.sleep(0.1)


def titled(shell: Shell, source: str = TITLE, name: str = "title") -> str:
    """A learned tool that waits."""
    path: Path = shell.project / f"{name}.py"
    path.write_text(source)
    return str(shell.ok("tools", "add", path, "--json").json["id"])
