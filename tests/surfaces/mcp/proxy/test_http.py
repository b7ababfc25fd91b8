"""Servers behind a URL, and clients that come over HTTP: every way from one to the other.

The client is the SDK's own, in a revision with a handshake and in the newest one.
"""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import mcp_types as types
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from failonce.adapters.sql_store import open_store, store_url
from tests.surfaces.mcp.proxy.wire import proxied, started

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("data")]

SHOP = [sys.executable, str(Path(__file__).with_name("shop.py"))]
WAYS = ("stdio, stdio", "stdio, http", "http, stdio", "http, http")
"""How the client reaches the proxy, and how the proxy reaches the server."""
BAD = "Error executing tool get_order: There are no details."
TOKEN = "a token that is long enough"  # noqa: S105 - of a process that lives for one test


@asynccontextmanager
async def running(
    command: Sequence[str], log: Path, says: str, **env: str
) -> AsyncIterator[re.Match[str]]:
    """A process, once it has said something."""
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=out, stderr=out, env={**os.environ, **env}, cwd=log.parent
        )
        try:
            async with asyncio.timeout(30):
                while not (found := re.search(says, log.read_text())):
                    assert process.returncode is None, log.read_text()
                    await asyncio.sleep(0.02)
            yield found
        finally:
            if process.returncode is None:
                process.terminate()
            async with asyncio.timeout(10):
                await process.wait()


@dataclass
class Heard:
    """What the client was asked and told."""

    progress: list[str | None] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    async def step(self, done: float, total: float | None, message: str | None) -> None:
        self.progress.append(f"{done:g}/{total:g} {message}")

    async def any(self, message: Any) -> None:
        self.others.append(type(message).__name__)

    async def elicit(self, _: Any, params: Any) -> types.ElicitResult:
        self.others.append(params.message)
        return types.ElicitResult(action="accept", content={"name": "Ada"})

    async def sample(self, _: Any, params: Any) -> types.CreateMessageResult:
        self.others.append(params.messages[0].content.text)
        text = types.TextContent(type="text", text="chairs")
        return types.CreateMessageResult(role="assistant", content=text, model="none")


@asynccontextmanager
async def connected(way: str, mode: str, tmp_path: Path) -> AsyncIterator[tuple[Client, Heard]]:
    """A client of the SDK, the proxy, and the shop."""
    near, far = way.split(", ")
    async with AsyncExitStack() as stack:
        command = proxied(SHOP, "--name", "shop")
        if far == "http":
            log = tmp_path / "shop.log"
            found = await stack.enter_async_context(running([*SHOP, "http"], log, r"^(\d+)\n"))
            url = f"http://127.0.0.1:{found[1]}/mcp"
            command = [*proxied([], "--name", "shop", "--url", url)[:-1]]
        if near == "stdio":
            given = StdioServerParameters(
                command=command[0], args=command[1:], env=dict(os.environ)
            )
            transport: Any = stdio_client(given)
        else:
            at = command.index("proxy") + 1
            command = [*command[:at], "--listen", "0", "--token-from", "T", *command[at:]]
            log = tmp_path / "proxy.log"
            says = r"listening at (\S+);"
            found = await stack.enter_async_context(running(command, log, says, T=TOKEN))
            headers = {"Authorization": f"Bearer {TOKEN}"}
            http = await stack.enter_async_context(
                httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(30))
            )
            transport = streamable_http_client(found[1], http_client=http)
        heard = Heard()
        client = Client(
            transport,
            mode=mode,
            message_handler=heard.any,
            elicitation_callback=heard.elicit,
            sampling_callback=heard.sample,
            read_timeout_seconds=20,
        )
        yield await stack.enter_async_context(client), heard


def text(result: Any) -> str:
    return ("✗ " if result.is_error else "") + str(result.content[0].text)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_every_way(way: str, mode: str, tmp_path: Path, data: Path) -> None:
    """Lists, calls, failures, refusals, progress, resources, prompts, cancellation."""

    async def go() -> None:
        async with connected(way, mode, tmp_path) as (client, heard):
            version = "2025-11-25" if mode == "legacy" else "2026-07-28"
            assert client.protocol_version == version
            names = [t.name for t in (await client.list_tools()).tools]
            assert names[:2] == ["get_order", "ship"]
            assert names[-1] == "run_learned_tool"
            assert text(await client.call_tool("get_order", {"order_id": "7"})) == "order 7"
            bad = await client.call_tool("get_order", {"order_id": "7", "verbose": True})
            assert text(bad) == f"✗ {BAD}"
            assert text(await client.call_tool("ship", {"region": "Zürich"})) == "shipped to Zürich"
            counted = await client.call_tool("count_up", {"to": 3}, progress_callback=heard.step)
            assert counted.structured_content == {"result": 3}
            assert heard.progress == ["1/3 1 of 3", "2/3 2 of 3", "3/3 3 of 3"]
            assert text(await client.call_tool("run_learned_tool", {})).startswith(
                "No learned tool"
            )
            (content,) = (await client.read_resource("shop://chairs")).contents
            assert isinstance(content, types.TextResourceContents)
            assert content.text == "12 chairs"
            with pytest.raises(MCPError):
                await client.read_resource("shop://nowhere")
            got = await client.get_prompt("hello", {"name": "Ada"})
            assert "Say hello to Ada" in str(got.messages[0].content)
            at_once = (client.call_tool("get_order", {"order_id": str(n)}) for n in range(20))
            found = await asyncio.gather(*at_once)
            assert [text(f) for f in found] == [f"order {n}" for n in range(20)]
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.call_tool("wait", {"seconds": 30}), 0.3)
            assert text(await client.call_tool("get_order", {"order_id": "8"})) == "order 8"

    asyncio.run(go())
    with closing(open_store(store_url(data / "failonce.db"))) as store:
        calls = list(store.calls())
    assert {e.call.tool for e in calls} >= {"mcp__shop__get_order", "mcp__shop__count_up"}
    assert [e.message for e in calls if e.failed] == [
        "Error executing tool get_order: There are no details."
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_server_asks_its_client(way: str, tmp_path: Path) -> None:
    """The person, and the model: in revisions where a server can."""

    async def go() -> None:
        async with connected(way, "legacy", tmp_path) as (client, heard):
            assert text(await client.call_tool("ask", {})) == "accept: Ada"
            assert text(await client.call_tool("think", {})) == "chairs"
            assert heard.others == ["Who are you?", "?"]

    asyncio.run(go())


@pytest.mark.parametrize("way", WAYS)
def test_changes_are_listened_for(way: str, tmp_path: Path) -> None:
    """In the newest revision, by a request that stays open."""

    async def go() -> None:
        async with connected(way, "auto", tmp_path) as (client, _):
            async with client.listen(tools_list_changed=True) as events:
                await client.call_tool("add_tool", {})
                async with asyncio.timeout(5):
                    async for event in events:
                        assert type(event).__name__ == "ToolsListChanged"
                        break
            assert "fresh" in [t.name for t in (await client.list_tools()).tools]

    asyncio.run(go())


def test_a_server_that_cannot_be_reached_is_told_of(tmp_path: Path) -> None:
    """Each request is refused, and the proxy stays: the server may come."""

    async def go() -> None:
        url = "http://127.0.0.1:9/mcp"
        command = proxied([], "--url", url)[:-1]
        async with started(command, cwd=tmp_path) as wire:
            for _ in range(2):
                found = await wire.ask("initialize", {"protocolVersion": "2025-11-25"})
                assert "cannot be reached" in found["error"]["message"]
            assert await wire.leave() == 0

    asyncio.run(go())


def test_nobody_comes_in_without_the_token(tmp_path: Path) -> None:
    """Nor from another page in a browser, nor to another path."""

    async def go() -> None:
        command = proxied(SHOP, "--listen", "127.0.0.1:0")
        said = r"listening at (\S+); .*TOKEN`: (\S+)"
        async with (
            running(command, tmp_path / "log", said) as found,
            httpx2.AsyncClient(timeout=30) as http,
        ):
            url, token = found[1], found[2]
            good = {
                "Authorization": f"Bearer {token}",
                "Accept": "application/json, text/event-stream",
            }
            asked = {
                "jsonrpc": "2.0", "id": 1, "method": "initialize",
                "params": {
                    "protocolVersion": "2025-11-25", "capabilities": {},
                    "clientInfo": {"name": "x", "version": "1"},
                },
            }  # fmt: skip
            for status, where, headers in (
                (401, url, {}),
                (401, url, {"Authorization": "Bearer wrong"}),
                (403, url, {**good, "Origin": "https://evil.example"}),
                (421, url, {**good, "Host": "evil.example"}),
                (404, url.replace("/mcp", "/other"), good),
                (404, url, {**good, "Mcp-Session-Id": "unknown"}),
                (200, url, good),
            ):
                got = await http.post(where, json=asked, headers=headers)
                assert got.status_code == status, (headers, got.text)

    asyncio.run(go())


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["--listen", "nonsense"], "takes a port"),
        (["--listen", "127.0.0.1:99999"], "takes a port"),
        (["--listen", "203.0.113.9:80"], "Nothing can listen"),
        (["--listen", "0", "--token-from", "NOT_SET"], "NOT_SET"),
    ],
)
def test_what_cannot_be_listened_at_is_said(args: list[str], why: str, tmp_path: Path) -> None:
    done = subprocess.run(
        proxied(SHOP, *args), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
