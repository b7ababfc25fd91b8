"""Whose session a call of our own server belongs to: the agent's, where its program says it."""

import asyncio

import pytest
from mcp.types import CallToolResult

from failonce.compose import configure
from failonce.surfaces.mcp import server
from failonce.surfaces.mcp.answers import told
from failonce.surfaces.mcp.server import serve
from failonce.surfaces.watching.sessions import current
from tests.surfaces.cli.made import Shell
from tests.surfaces.mcp.made import MODES, serving


def started(monkeypatch: pytest.MonkeyPatch) -> str:
    """The session of a server that a client starts."""
    found: list[str] = []

    async def nobody(_config: object) -> None:
        found.append(current().id)

    monkeypatch.setattr(server, "_stdio", nobody)
    serve(configure())
    return found[0]


def test_claude_code_names_the_session_to_the_server_that_it_starts(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its hooks get the same name, so both withhold the same lessons from it."""
    shell.set("CLAUDE_CODE_SESSION_ID", "c0ffee")
    shell.set("CLAUDE_PROJECT_DIR", str(shell.project))
    assert started(monkeypatch) == "c0ffee"
    shell.set("CLAUDE_CODE_SESSION_ID", "no name\n")
    assert started(monkeypatch).startswith("mcp-")


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("meta", "session"),
    [
        ({"sessionId": "s1", "callId": "c"}, "s1"),
        ({"sessionId": "x" * 500}, "mcp-test"),
        (None, "mcp-test"),
    ],
    ids=["codex", "too long", "others"],
)
def test_codex_names_it_with_each_call(
    meta: dict[str, str] | None, session: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[str, str | None]] = []

    async def call(_name: str, _arguments: object) -> CallToolResult:
        found.append((current().id, current().project))
        return told("done")

    async def ask(made: server.Serving) -> None:
        monkeypatch.setattr(made.own, "call", call)
        async with server.Client(made.server(), mode=mode) as client:
            await client.call_tool("recall", {"tools": ["x"]}, meta=meta)

    with serving() as made:
        asyncio.run(ask(made))
        assert found == [(session, configure().project)]
