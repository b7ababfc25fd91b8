"""Real servers, from npm and PyPI: what a client gets with the proxy and without is the same.

Every message that a server sends is recorded on both ways and compared, but for times and ids that
it makes anew each time.
"""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.surfaces.mcp.proxy.wire import NEWEST, Wire, envelope, npm, proxied, pypi, started

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("data")]

HANDSHAKES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
REPLIES = {
    "roots/list": {"roots": [{"uri": "file:///srv/shop", "name": "shop"}]},
    "sampling/createMessage": {
        "role": "assistant",
        "content": {"type": "text", "text": "Chairs are fine. ✓"},
        "model": "none",
        "stopReason": "endTurn",
    },
    "elicitation/create": {
        "action": "accept",
        "content": {"name": "Ada", "check": True, "interpretation": "technical"},
    },
}
ALL = {
    "roots": {"listChanged": True},
    "sampling": {},
    "elicitation": {"form": {}, "url": {}},
    "tasks": {"list": {}, "cancel": {}, "requests": {"sampling": {"createMessage": {}}}},
}
Script = Callable[[Wire], Awaitable[None]]


def recorded(command: Sequence[str], script: Script, cwd: Path) -> list[dict[str, Any]]:
    async def go() -> list[dict[str, Any]]:
        env = {**os.environ, "MEMORY_FILE_PATH": str(cwd / "memory.json")}
        async with started(command, replies=REPLIES, cwd=cwd, env=env) as wire:
            await script(wire)
            assert wire.noise == []
            return wire.got

    return asyncio.run(go())


def both(
    command: Sequence[str], script: Script, tmp_path: Path
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What came without the proxy, and with it."""
    found = []
    for way, tried in (("direct", command), ("proxied", proxied(command, "--no-learned"))):
        folder = tmp_path / way / "work"
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text("one\ntwo\n")
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        found.append(recorded(tried, script, folder))
    return found[0], found[1]


_ANEW = (
    (r"\d{1,2}:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?(?: ?[AP]M)?", "<time>"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    (r"\b[0-9a-f]{32,40}\b", "<id>"),
    (r"/[^\"\s]*?/(?:direct|proxied)/work", "<here>"),
    (r"\b(?:atime|mtime|ctime|birthtime|created|modified|accessed)\b[^\\\n\"]*", "<when>"),
)


def _opened(blob: re.Match[str]) -> str:
    """What is in a blob may hold a time as well."""
    content = base64.b64decode(blob[1])
    return f'"blob": "{content.decode() if content.isascii() else blob[1]}"'


def same(direct: Sequence[dict[str, Any]], behind: Sequence[dict[str, Any]]) -> None:
    """Say where they differ, if they do."""
    (answers, said), (answers_behind, said_behind) = alike(direct), alike(behind)
    assert answers.keys() == answers_behind.keys()
    for asked in answers:
        assert answers[asked] == answers_behind[asked]
    assert said == said_behind


def alike(messages: Sequence[dict[str, Any]]) -> tuple[dict[int, str], list[str]]:
    """Answers by id, and what the server said by itself."""
    answers: dict[int, str] = {}
    others = []
    for message in messages:
        text = re.sub(r'"blob": "([^"]+)"', _opened, json.dumps(message, ensure_ascii=False))
        for pattern, mark in _ANEW:
            text = re.sub(pattern, mark, text)
        if "method" in message:
            others.append(text)
        else:
            assert message["id"] not in answers
            answers[message["id"]] = text
    return answers, sorted(others)


async def everything(wire: Wire) -> None:
    """Each feature of the everything-server, in one conversation."""
    await wire.hello("2025-11-25", ALL)
    await wire.until("roots/list")
    for method in ("tools/list", "prompts/list", "resources/list", "resources/templates/list"):
        await wire.ask(method)
    await wire.ask("logging/setLevel", {"level": "debug"})
    await wire.ask("ping")
    await wire.ask("no/such/method")
    await _prompts(wire)
    await _resources(wire)
    await _tools(wire)
    await _asks_back(wire)
    await _tasks(wire)


async def _prompts(wire: Wire) -> None:
    for name, arguments in (
        ("simple-prompt", {}),
        ("args-prompt", {"city": "Ghent", "state": "BE"}),
        ("completable-prompt", {"department": "Sales", "name": "Bo"}),
        ("resource-prompt", {"resourceType": "Text", "resourceId": "1"}),
        ("none", {}),
    ):
        await wire.ask("prompts/get", {"name": name, "arguments": arguments})
    reference = {"type": "ref/prompt", "name": "completable-prompt"}
    asked = {"ref": reference, "argument": {"name": "department", "value": "S"}}
    await wire.ask("completion/complete", asked)
    reference = {"type": "ref/resource", "uri": "demo://resource/dynamic/text/{resourceId}"}
    asked = {"ref": reference, "argument": {"name": "resourceId", "value": "2"}}
    await wire.ask("completion/complete", asked)


async def _resources(wire: Wire) -> None:
    listed = await wire.ask("resources/list")
    for resource in listed["result"]["resources"][:2]:
        await wire.ask("resources/read", {"uri": resource["uri"]})
    for kind in ("text", "blob"):
        uri = f"demo://resource/dynamic/{kind}/3"
        await wire.ask("resources/read", {"uri": uri})
        await wire.ask("resources/subscribe", {"uri": uri})
    await wire.call("toggle-subscriber-updates", {})
    await wire.until("notifications/resources/updated", 2)
    await wire.call("toggle-subscriber-updates", {})
    await wire.ask("resources/unsubscribe", {"uri": "demo://resource/dynamic/text/3"})
    await wire.ask("resources/read", {"uri": "demo://nowhere"})


async def _tools(wire: Wire) -> None:
    for name, arguments in (
        ("echo", {"message": "héllo \u2028 \ud83d\ude80 \\u0000"}),
        ("echo", {}),
        ("get-sum", {"a": 1.0, "b": 10**15}),
        ("get-annotated-message", {"messageType": "error", "includeImage": True}),
        ("get-resource-links", {"count": 3}),
        ("get-resource-reference", {"resourceType": "Blob", "resourceId": 2}),
        ("get-structured-content", {"location": "Chicago"}),
        ("get-tiny-image", {}),
        ("gzip-file-as-resource", {"name": "x.gz", "data": "data:text/plain,abc"}),
        ("none", {"a": None}),
    ):
        await wire.call(name, arguments)
    progress = {"_meta": {"progressToken": "p-1", "of.the/client": [1, {"x": None}]}}
    await wire.call("trigger-long-running-operation", {"duration": 0.2, "steps": 4}, **progress)
    given = {"name": "trigger-long-running-operation", "arguments": {"duration": 9, "steps": 9}}
    asked = wire.begin("tools/call", given)
    cancel = {"requestId": asked, "reason": "no need"}
    wire.send({"method": "notifications/cancelled", "params": cancel})
    await wire.ask("ping")


async def _asks_back(wire: Wire) -> None:
    await wire.call("get-roots-list", {})
    await wire.call("trigger-sampling-request", {"prompt": "Chairs?", "maxTokens": 20})
    await wire.call("trigger-elicitation-request", {})
    await wire.call("trigger-url-elicitation", {})
    wire.send({"method": "notifications/roots/list_changed"})
    await wire.until("roots/list", 2)


async def _tasks(wire: Wire) -> None:
    made = await wire.call("simulate-research-query", {"topic": "python"}, task={"ttl": 60_000})
    task = {"taskId": made["result"]["task"]["taskId"]}
    await wire.ask("tasks/get", task)
    await wire.ask("tasks/result", task)


def test_every_feature_of_the_everything_server_passes(tmp_path: Path) -> None:
    """Tools, resources, prompts, completion, logging, progress, cancellation, tasks; sampling,
    elicitation and roots the other way."""
    direct, behind = both([*npm("@modelcontextprotocol/server-everything")], everything, tmp_path)
    same(direct, behind)
    methods = {m["method"] for m in behind if "method" in m}
    assert methods >= {
        "roots/list", "sampling/createMessage", "elicitation/create", "notifications/progress",
        "notifications/message", "notifications/resources/updated",
    }  # fmt: skip
    assert len(alike(behind)[0]) == 45


async def _lists(wire: Wire) -> None:
    for method in ("tools/list", "resources/list", "prompts/list"):
        await wire.ask(method)


async def files(wire: Wire) -> None:
    await _lists(wire)
    await wire.call("list_allowed_directories", {})
    await wire.call("read_text_file", {"path": "a.txt"})
    await wire.call("write_file", {"path": "b.txt", "content": "x"})
    await wire.call("read_text_file", {"path": "gone.txt"})
    await wire.call("read_text_file", {"path": "/etc/hostname"})
    await wire.call("list_directory", {"path": "."})


async def memory(wire: Wire) -> None:
    await _lists(wire)
    entity = {"name": "Ada", "entityType": "person", "observations": ["likes chairs"]}
    await wire.call("create_entities", {"entities": [entity]})
    await wire.call("search_nodes", {"query": "chairs"})
    await wire.call("add_observations", {"observations": [{"entityName": "x", "contents": ["y"]}]})


async def thinking(wire: Wire) -> None:
    await _lists(wire)
    thought = {"thought": "?", "nextThoughtNeeded": False, "thoughtNumber": 1, "totalThoughts": 1}
    await wire.call("sequentialthinking", thought)
    await wire.call("sequentialthinking", {"thought": "?"})


async def git(wire: Wire) -> None:
    await _lists(wire)
    await wire.call("git_status", {"repo_path": "."})
    await wire.call("git_add", {"repo_path": ".", "files": ["a.txt"]})
    await wire.call("git_add", {"repo_path": ".", "files": ["gone.txt"]})
    await wire.call("git_log", {"repo_path": "."})
    await wire.call("git_status", {"repo_path": "/nowhere"})


async def time(wire: Wire) -> None:
    await _lists(wire)
    given = {"source_timezone": "Europe/Brussels", "target_timezone": "Asia/Tokyo"}
    await wire.call("convert_time", {**given, "time": "12:30"})
    await wire.call("convert_time", {**given, "time": "noon"})
    await wire.call("get_current_time", {"timezone": "Mars/Olympus"})


SERVERS: dict[str, tuple[Callable[[], list[str]], Script]] = {
    "filesystem": (lambda: [*npm("@modelcontextprotocol/server-filesystem"), "."], files),
    "memory": (lambda: npm("@modelcontextprotocol/server-memory"), memory),
    "thinking": (lambda: npm("@modelcontextprotocol/server-sequential-thinking"), thinking),
    "git": (lambda: [*pypi("mcp_server_git"), "--repository", "."], git),
    "time": (lambda: pypi("mcp_server_time"), time),
}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("version", HANDSHAKES)
def test_other_servers_answer_the_same(server: str, version: str, tmp_path: Path) -> None:
    """Whole lists, good calls, bad ones and refusals, in every revision with a handshake."""
    command, script = SERVERS[server]

    async def go(wire: Wire) -> None:
        await wire.hello(version, {"roots": {}})
        await script(wire)

    direct, behind = both(command(), go, tmp_path)
    same(direct, behind)


NEW = """
from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("new")

@server.tool()
async def add(a: int, b: int, ctx: Context) -> int:
    "Add two."
    await ctx.report_progress(1, 2, "half")
    return a + b

@server.tool()
def fails() -> str:
    "Fails."
    raise ValueError("no")

@server.resource("shop://chairs")
def chairs() -> str:
    return "12 chairs"

@server.prompt()
def hello(name: str) -> str:
    return f"Say hello to {name}"

server.run()
"""


def test_the_newest_revision_passes(tmp_path: Path) -> None:
    """Without a handshake: each request says itself who asks, and changes are listened for."""
    program = tmp_path / "new.py"
    program.write_text(NEW)

    async def go(wire: Wire) -> None:
        found = await wire.ask("server/discover", envelope())
        assert NEWEST in found["result"]["supportedVersions"]
        for method in ("tools/list", "resources/list", "prompts/list"):
            await wire.ask(method, envelope())
        asked = {"name": "add", "arguments": {"a": 1, "b": 2}}
        await wire.ask("tools/call", {**asked, **envelope(progressToken=7)})
        await wire.ask("tools/call", {"name": "fails", "arguments": {}, **envelope()})
        await wire.ask("tools/call", {"name": "none", "arguments": {}, **envelope()})
        await wire.ask("resources/read", {"uri": "shop://chairs", **envelope()})
        given = {"name": "hello", "arguments": {"name": "Ada"}}
        await wire.ask("prompts/get", {**given, **envelope()})
        await wire.ask("initialize", {"protocolVersion": "2025-11-25"})
        wanted = {"notifications": {"toolsListChanged": True}}
        wire.begin("subscriptions/listen", {**wanted, **envelope()})
        await wire.until("notifications/subscriptions/acknowledged")

    direct, behind = both([sys.executable, str(program)], go, tmp_path)
    same(direct, behind)
    assert "notifications/progress" in {m.get("method") for m in behind}
