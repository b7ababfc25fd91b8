"""A call that a hook, the proxy and the program's own record tell of is one."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from failonce.kinds.hint import Retry
from failonce.model import Evidence
from failonce.surfaces.mcp.proxy.callers import Named, Program
from failonce.surfaces.mcp.proxy.messages import request
from tests.surfaces.hooks.made import Agent
from tests.surfaces.mcp.proxy.made import Tool, described, recorded, talk
from tests.surfaces.watching.made import PROJECT, Room, hint

READS = {"annotations": {"readOnlyHint": True}}
GET = recorded("get_order")
ARGS = {"order_id": "7", "verbose": True}
ERROR = "There are no details."
CLAUDE = {"claudecode/toolUseId": "call-1"}
CODEX = {"callId": "call-1", "sessionId": "s1", "threadId": "s1"}
NOBODY = Program()
IN_CLAUDE = Program(session="s1", project=PROJECT)


def get_order(order_id: str, verbose: bool = False) -> str:
    if verbose:
        raise ValueError(ERROR)
    return f"order {order_id}"


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agent:
    """The session of a client whose hooks write to the store of the room."""
    return Agent(folder=tmp_path, patch=monkeypatch)


def call(
    room: Room, *metas: Any, program: Program = NOBODY, tool: Tool = get_order
) -> list[Evidence]:
    """What is in the store once a client made the call through the proxy, once for each."""

    async def go() -> None:
        made = await talk(
            room,
            {"get_order": tool},
            definitions=[described("get_order", **READS)],
            program=program,
        ).open()
        for meta in metas:
            given = {"name": "get_order", "arguments": ARGS, "_meta": meta}
            await made.client.ask("tools/call", given)
            assert made.server.sent("tools/call")[-1]["_meta"] == meta
        await made.watch.close()

    asyncio.run(go())
    return room.calls()


@pytest.mark.parametrize("hook_first", [True, False])
def test_claude_codes_hook_and_proxy_and_transcript(
    room: Room, agent: Agent, hook_first: bool
) -> None:
    """In either order; the transcript adds nothing, nor a session."""
    agent.before(GET, ARGS)

    def hooked() -> None:
        agent.failed(GET, ARGS, ERROR)
        agent.drain()

    if hook_first:
        hooked()
    call(room, CLAUDE, program=IN_CLAUDE)
    if not hook_first:
        hooked()
    (before,) = room.calls()
    assert (before.call.session, before.call.project, before.call.tool) == ("s1", PROJECT, GET)
    told = {"sessionId": "s1", "cwd": str(agent.project), "timestamp": "2026-11-22T10:00:00Z"}
    asked = {"type": "tool_use", "id": "call-1", "name": GET, "input": ARGS}
    came = {
        "type": "tool_result", "tool_use_id": "call-1", "content": ERROR, "is_error": True,
    }  # fmt: skip
    transcript = agent.folder / "s1.jsonl"
    lines = (
        {**told, "type": kind, "uuid": kind, "message": {"content": [block]}}
        for kind, block in (("assistant", asked), ("user", came))
    )
    transcript.write_text("\n".join(map(json.dumps, lines)))
    agent.failonce("import", str(transcript))
    assert room.calls() == [before]


def test_codexs_rollout_and_proxy(room: Room, agent: Agent) -> None:
    """Its hooks record nothing; the rollout is taken in when the session ends."""
    (before,) = call(room, CODEX)
    assert (before.call.session, before.call.tool) == ("s1", GET)
    rollout = agent.folder / "rollout-s1.jsonl"
    asked = {
        "type": "function_call", "call_id": "call-1", "namespace": "mcp__demo",
        "name": "get_order", "arguments": json.dumps(ARGS),
    }  # fmt: skip
    came = {"type": "function_call_output", "call_id": "call-1", "output": ERROR}
    at = "2026-11-22T10:00:00Z"
    lines = [
        {"type": "session_meta", "payload": {"id": "s1", "cwd": str(agent.project)}},
        {"type": "response_item", "timestamp": at, "payload": asked},
        {"type": "response_item", "timestamp": at, "payload": came},
    ]
    rollout.write_text("\n".join(map(json.dumps, lines)))
    agent.failonce("import", str(rollout))
    assert room.calls() == [before]


def test_two_calls_are_two_and_the_same_again_is_one(room: Room) -> None:
    again = {"claudecode/toolUseId": "call-2"}
    assert len(call(room, CLAUDE, again, CLAUDE, program=IN_CLAUDE)) == 2


def test_of_several_attempts_the_first_is_the_call(room: Room) -> None:
    """Those that a lesson made in addition have ids of their own."""
    room.teach(hint(GET, Retry(max_retries=1)))
    found = call(room, CLAUDE, program=IN_CLAUDE, tool=_unavailable)
    assert len(found) == 2
    (alone,) = [e for e in found if e.attempt == 1]
    assert IN_CLAUDE.named(request(1, "tools/call", {"_meta": CLAUDE})) is not None
    assert alone.id == Named(call="call-1", session="s1").id(PROJECT).removeprefix("event:")


def _unavailable(**_: object) -> str:
    raise ConnectionError("503 Service Unavailable")


def named(meta: object, program: Program = IN_CLAUDE) -> Named | None:
    return program.named(request(1, "tools/call", {"_meta": meta}))


@pytest.mark.parametrize("bad", ["", " ", "a b", "a\n", "\x1b[1m", "é", "x" * 201, 7, None, ["a"]])
def test_what_is_no_name_is_not_heard(bad: object) -> None:
    assert named({"claudecode/toolUseId": bad}) is None
    assert named({"callId": bad, "sessionId": "s1"}) is None
    assert named({"callId": "c1", "sessionId": bad}) is None
    if isinstance(bad, str):
        environ = {"CLAUDE_CODE_SESSION_ID": bad, "CLAUDE_PROJECT_DIR": "/x"}
        assert Program.told(environ) == NOBODY


def test_without_a_session_there_is_no_call() -> None:
    assert named(CLAUDE, Program()) is None
    assert named({"callId": "c1"}) is None
    assert named("text") is None
    assert named(None) is None


def test_no_client_names_what_an_export_names() -> None:
    """Such a name would be the id in the store as it is."""
    own = f"event:{'0' * 32}"
    found = named({"callId": own, "sessionId": "s1"})
    assert found is not None
    assert found.id(PROJECT) != own


def test_the_environment_tells_session_and_project(agent: Agent) -> None:
    below = agent.project / "src"
    below.mkdir()
    environ = {"CLAUDE_CODE_SESSION_ID": "s1", "CLAUDE_PROJECT_DIR": str(below)}
    assert Program.told(environ) == IN_CLAUDE
    assert Program.told({**environ, "CLAUDE_PROJECT_DIR": "src"}) == Program()
    assert Program.told({**environ, "CLAUDE_PROJECT_DIR": "/" + "x" * 5000}) == Program()
    (agent.project / "failonce.toml").write_text("project = ")
    assert Program.told(environ) == Program()
    assert Program.told({k: v for k, v in os.environ.items() if k == "PATH"}) == Program()


def test_a_client_that_names_many_sessions_is_remembered_in_part(room: Room) -> None:
    metas = [{"callId": "c", "sessionId": f"s{n}"} for n in range(100)]
    assert len({e.call.session for e in call(room, *metas)}) == 100
