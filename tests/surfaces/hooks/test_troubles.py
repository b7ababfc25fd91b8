"""Whatever goes wrong in a hook, the agent goes on; `failonce status` tells of it."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.adapters.in_force import file_beside
from failonce.surfaces.hooks import entry
from tests.surfaces.hooks.made import ENTRY, Agent
from tests.surfaces.watching.made import guardrail

ARGS = {"command": "ls", "timeout": 1}
BEFORE = {
    "failonce", "failonce.adapters", "failonce.adapters.in_force",
    "failonce.adapters.in_force.frames", "failonce.adapters.in_force.glance",
    "failonce.adapters.whereabouts", "failonce.identity", "failonce.language",
    "failonce.language.asking", "failonce.surfaces", "failonce.surfaces.hooks",
    "failonce.surfaces.hooks.entry", "failonce.surfaces.hooks.memory",
    "failonce.surfaces.hooks.passing", "failonce.surfaces.hooks.payload",
    "failonce.surfaces.hooks.troubles",
}  # fmt: skip
"""What a hook before a call loads of ours."""
AFTER = {
    "failonce.adapters.spool", "failonce.adapters.spool.frames", "failonce.evidence",
    "failonce.evidence.bounds", "failonce.evidence.secret_patterns", "failonce.evidence.secrets",
    "failonce.surfaces.hooks.recording",
}  # fmt: skip
"""What one behind a call loads more."""


@pytest.mark.parametrize(
    "sent",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"hook_event_name": 3}', b"[" * 100_000],
    ids=["empty", "half", "list", "null", "text", "bytes", "wrong type", "deep"],
)
def test_what_is_no_event_is_passed_over(agent: Agent, sent: bytes) -> None:
    assert agent.process(sent) == {}


def test_what_is_no_json_is_counted(agent: Agent) -> None:
    agent.patch.delenv("FAILONCE_STORE__URL")
    assert agent.process(b"{") == {}
    (file,) = (agent.folder / "home").rglob("troubles")
    assert "JSONDecodeError" in file.read_text()


def test_an_event_that_nobody_knows_is_passed_over(agent: Agent) -> None:
    for event in ("Stop", "Whatever", ""):
        assert agent.send(agent.payload(event)) == {}
    assert agent.troubles() == []


@pytest.mark.parametrize("spoil", ["file", "key", "record"])
def test_a_spoiled_file_stops_nothing(agent: Agent, spoil: str) -> None:
    agent.teach(guardrail("Bash", "timeout"))
    file = file_beside(agent.store.path)
    if spoil == "key":
        Path(f"{file}.key").write_bytes(b"x" * 32)
    else:
        content = bytearray(file.read_bytes())
        content[40 if spoil == "file" else -40] ^= 1
        file.write_bytes(content)
    assert agent.before("Bash", ARGS) == {}
    assert agent.troubles()
    assert agent.worked("Bash", ARGS) == {}


def test_a_call_is_recorded_though_nothing_is_in_force(agent: Agent) -> None:
    file_beside(agent.store.path).unlink()
    assert agent.before("Bash", ARGS) == {}
    agent.worked("Bash", ARGS)
    assert len(agent.recorded()) == 1
    assert agent.troubles() == []


def test_a_disk_without_room_stops_nothing(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    agent.teach(guardrail("Bash", "timeout"))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert agent.worked("Bash", ARGS) == {}
    assert agent.before("Bash", ARGS)["permissionDecision"] == "deny", "only telling of it failed"


def test_settings_that_cannot_be_read_stop_nothing(agent: Agent) -> None:
    (agent.project / "failonce.toml").write_text("[")
    assert agent.before("Bash", ARGS) == {}
    assert agent.worked("Bash", ARGS) == {}


def test_status_counts_what_went_wrong(agent: Agent) -> None:
    file_beside(agent.store.path).write_bytes(b"spoiled")
    agent.before("Bash", ARGS)
    told = json.loads(agent.failonce("status", "--json"))["hooks"]
    assert told["troubles"] == 1
    assert "PreToolUse" in told["last"]
    assert "Damaged" in told["last"]
    assert "Hooks    went wrong 1 times" in agent.failonce("status")


def test_a_hook_that_takes_too_long_gives_up(agent: Agent) -> None:
    """Its standard input stays open: it would wait for ever."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", ENTRY.replace("60.0", "0.3")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ,
        cwd=agent.project,
    ) as process:
        out, _ = process.stdout.read(), process.wait(30)  # type: ignore[union-attr]
    assert (out, process.returncode) == (b"", 0)


def loaded(agent: Agent, payload: dict[str, Any]) -> set[str]:
    """What a hook loads beyond what the same Python loads for nothing, told by Python itself."""
    entry = agent.entry, "claude-code"
    found = _imported(agent, *entry, sent=json.dumps(payload).encode())
    return found - _imported(agent, "pass")


def _imported(agent: Agent, *code: str, sent: bytes = b"") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-P", "-c", *code],
        input=sent,
        capture_output=True,
        env=os.environ,
        cwd=agent.project,
        check=True,
    )
    return {line.split("|")[-1].strip() for line in done.stderr.decode().splitlines()}


def test_a_hook_with_nothing_to_say_loads_next_to_nothing(agent: Agent) -> None:
    """What a hook takes are imports, so those are counted and not the clock: ours by name, and
    of Python's own some more than this version needs, for others do not have the same."""
    (agent.project / "failonce.toml").unlink()
    agent.teach(guardrail("Bash", "timeout"))
    call = {"tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_use_id": "t"}
    before = loaded(agent, agent.payload("PreToolUse", **call))
    after = loaded(agent, agent.payload("PostToolUse", **call, tool_response="token=abcdef123"))
    assert {m for m in before if m.startswith("failonce")} == BEFORE
    assert {m for m in after if m.startswith("failonce")} == BEFORE | AFTER
    heavy = {"dataclasses", "re2", "_hashlib", "logging", "subprocess", "pathlib", "socket"}
    assert not heavy & after
    assert len(before - BEFORE) <= 40
    assert len(after - BEFORE - AFTER) <= 40
    assert agent.troubles() == []


def test_a_lesson_that_may_speak_loads_no_more_than_what_runs_it(agent: Agent) -> None:
    agent.teach(guardrail("bash", "timeout"))
    (agent.project / "failonce.toml").write_text('project = "shop"\n')
    call = {"tool_name": "bash", "tool_input": ARGS, "tool_use_id": "t"}
    found = loaded(agent, agent.payload("PreToolUse", **call))
    assert "failonce.skill.decide" in found
    far = {
        "failonce.review",
        "failonce.gate",
        "failonce.compose",
        "pydantic",
        "typer",
        "sqlalchemy",
    }
    assert not far & found


def test_hooks_that_run_at_once_lose_nothing(agent: Agent) -> None:
    def one(n: int) -> None:
        call: dict[str, Any] = {
            "tool_name": "Bash", "tool_input": {"n": n}, "tool_use_id": f"t{n}",
            "tool_response": "fine",
        }  # fmt: skip
        agent.process(agent.payload("PostToolUse", **call))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(24)]
    for t in threads:
        t.start()
        agent.drain()
    for t in threads:
        t.join()
    found = sorted(e.call.args["n"] for e in agent.recorded() if e.call.args)  # type: ignore[type-var]
    assert found == list(range(24))


def test_hooks_that_are_killed_spoil_nothing_for_those_that_come_after(agent: Agent) -> None:
    agent.teach(guardrail("Bash", "timeout"))
    draw = random.Random(3)
    for n in range(24):
        event = "PreToolUse" if n % 2 else "PostToolUseFailure"
        call = {"tool_name": "Bash", "tool_input": ARGS, "tool_use_id": f"k{n}", "error": "no"}
        with subprocess.Popen(
            [sys.executable, "-P", "-c", ENTRY, "claude-code"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=os.environ,
            cwd=agent.project,
        ) as process:
            assert process.stdin is not None
            process.stdin.write(json.dumps(agent.payload(event, **call)).encode())
            process.stdin.close()
            time.sleep(draw.random() * 0.3)
            process.kill()
    assert agent.before("Bash", ARGS)["permissionDecision"] == "deny"
    agent.worked("Bash", {"command": "after"})
    assert agent.recorded()[-1].call.args == {"command": "after"}
    assert agent.troubles() == []


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
_NAMES = (
    "hook_event_name", "session_id", "cwd", "tool_name", "tool_input", "tool_use_id",
    "tool_response", "error", "is_interrupt", "duration_ms", "source", "transcript_path",
)  # fmt: skip
_events = st.sampled_from(
    ["PreToolUse", "PostToolUse", "PostToolUseFailure", "SessionStart", "Stop", 7]
)


@given(st.dictionaries(st.sampled_from(_NAMES), _json, max_size=12), _events)
@settings(max_examples=60)
def test_no_event_whatsoever_breaks_a_hook(sent: dict[str, Any], event: object) -> None:
    import io
    import tempfile

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAILONCE_STORE__URL", f"sqlite:///{folder}/store.db")
        patch.setenv("HOME", folder)
        text = json.dumps({**sent, "hook_event_name": event}).encode()
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        out = io.StringIO()
        patch.setattr(sys, "stdout", out)
        code = entry.main(["claude-code"])
        patch.undo()
        assert (code, out.getvalue()) == (0, "")
