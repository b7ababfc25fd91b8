"""After a call: recorded without secrets, and what lessons say to a failure."""

import json
from dataclasses import replace
from typing import Any

import pytest

from failonce.kinds.fixer import Moment
from failonce.model import Outcome, Verdict
from tests.surfaces.hooks.made import Agent
from tests.surfaces.watching.made import guardrail, renaming

TOOL = "mcp__home__get_entity"
SECRET = "sk-ant-" + "a1b2" * 8


def test_a_call_that_worked_is_recorded(agent: Agent) -> None:
    agent.before("Bash", {"command": "ls"})
    response = {"stdout": "a.txt\n", "stderr": "warning", "interrupted": False}
    assert agent.worked("Bash", {"command": "ls"}, response) == {}
    (taken,) = agent.recorded()
    assert (taken.call.tool, taken.call.args) == ("Bash", {"command": "ls"})
    assert (taken.call.session, taken.call.project) == ("s1", "shop")
    assert (taken.message, taken.outcome) == ("a.txt\nwarning", Outcome.SUCCESS)
    assert taken.source == "claude-code"


def test_a_failure_is_one_and_gets_its_class(agent: Agent) -> None:
    agent.before("Bash", {"command": "cat x"})
    error = "Exit code 1\ncat: x: No such file or directory"
    agent.failed("Bash", {"command": "cat x"}, error, duration_ms=41)
    (taken,) = agent.recorded()
    assert taken.outcome is Outcome.FAILURE
    assert taken.signature
    assert taken.duration_ms == 41


@pytest.mark.parametrize(
    "error",
    [
        "The user doesn't want to proceed with this tool use. The tool use was rejected",
        "[Request interrupted by user for tool use]",
    ],
)
def test_what_a_person_turned_down_is_no_failure(agent: Agent, error: str) -> None:
    agent.failed("Bash", {"command": "rm -r x"}, error, is_interrupt=True)
    (taken,) = agent.recorded()
    assert taken.finding.verdict is Verdict.REJECTION
    assert taken.signature is None


def test_no_secret_reaches_a_disk(agent: Agent) -> None:
    args = {"command": f"curl -H 'Authorization: Bearer {SECRET}'", "password": "hunter2x"}
    agent.before("Bash", args)
    agent.worked("Bash", args, {"stdout": f"token={SECRET}", "stderr": ""})
    agent.process(
        agent.payload("PostToolUse", tool_name="Bash", tool_input=args, tool_response=SECRET)
    )
    files = [p for p in agent.folder.rglob("*") if p.is_file()]
    assert len(files) > 3
    for path in files:
        content = path.read_bytes()
        assert SECRET.encode() not in content, path
        assert b"hunter2x" not in content, path
    assert all("<redacted:" in e.message for e in agent.recorded())


def test_texts_are_cut_and_files_belong_to_their_owner_alone(agent: Agent) -> None:
    agent.worked("Read", {"file_path": "x"}, "word " * 100_000)
    assert all(
        path.stat().st_mode & 0o077 == 0
        for folder in ("store.db.hooks", "store.db.spool")
        for path in [agent.folder / folder, *(agent.folder / folder).iterdir()]
    )
    (taken,) = agent.recorded()
    assert len(taken.message) <= 4096


def test_the_transcript_adds_nothing_to_what_hooks_recorded(agent: Agent) -> None:
    """The same call under the same id: what hooks did not see is added, the rest is not; and
    that a lesson stopped a call is no failure to learn from."""
    agent.before("Bash", {"command": "cat x"})
    agent.failed("Bash", {"command": "cat x"}, "Exit code 1\ncat: x: No such file")
    transcript = agent.folder / "s1.jsonl"

    def line(kind: str, block: dict[str, Any], **more: object) -> str:
        told = {
            "type": kind, "sessionId": "s1", "cwd": str(agent.project), "uuid": "u",
            "timestamp": "2026-11-22T10:00:00Z", "message": {"content": [block]}, **more,
        }  # fmt: skip
        return json.dumps(told)

    def call(id: str, command: str) -> str:
        block = {"type": "tool_use", "id": id, "name": "Bash", "input": {"command": command}}
        return line("assistant", block)

    def result(id: str, text: str, **more: object) -> str:
        block = {"type": "tool_result", "tool_use_id": id, "content": text, "is_error": True}
        return line("user", block, **more)

    no = "The user doesn't want to proceed with this tool use."
    agent.teach(guardrail("Bash", "timeout"))
    block = agent.before("Bash", {"timeout": 1})["permissionDecisionReason"]
    hook = {"decision": "reject", "source": "hook"}
    transcript.write_text(
        "\n".join(
            [
                call("call-1", "cat x"),
                result("call-1", "Exit code 1\ncat: x: No such file"),
                call("call-2", "rm x"),
                result("call-2", no, toolDenialKind="user-rejected"),
                call("call-3", "make"),
                result(
                    "call-3",
                    f"PreToolUse:Bash hook error: {block}",
                    toolDenialKind="permission-rule",
                    permissionDecision=hook,
                ),
            ]
        )
    )
    assert "1 call more" in agent.failonce("collect", str(transcript))
    verdicts = sorted(e.finding.verdict for e in agent.store.calls())
    assert verdicts == [Verdict.FAILURE, Verdict.REJECTION]


def test_after_a_failure_the_agent_is_told_what_worked_before(agent: Agent) -> None:
    agent.teach(renaming(TOOL, "name", "id", moment=Moment.AFTER_FAILURE, regex="Invalid arg"))
    args = {"name": "lamp"}
    assert agent.before(TOOL, args) == {}
    answer = agent.failed(TOOL, args, "Invalid arg 'name'")
    assert answer["hookEventName"] == "PostToolUseFailure"
    assert answer["additionalContext"] == (
        "Calls that failed like this one worked with other arguments. "
        f'Call {TOOL} with these instead: {{"id": "lamp"}}'
    )
    agent.before(TOOL, {"id": "lamp"})
    agent.worked(TOOL, {"id": "lamp"})
    assert agent.effects() == ["repaired"]


def test_arguments_that_are_too_long_to_show_are_told_by_what_to_change(agent: Agent) -> None:
    agent.teach(renaming(TOOL, "name", "id", moment=Moment.AFTER_FAILURE, regex="Invalid arg"))
    args = {"name": "lamp", "text": "x" * 3_000}
    agent.before(TOOL, args)
    said = agent.failed(TOOL, args, "Invalid arg 'name'")["additionalContext"]
    assert said.endswith(f"call {TOOL} again: rename `name` to `id`.")
    assert "repaired" not in said


def test_an_unknown_failure_is_answered_by_nobody(agent: Agent) -> None:
    agent.teach(renaming(TOOL, "name", "id", moment=Moment.AFTER_FAILURE, regex="Invalid arg"))
    assert agent.failed(TOOL, {"name": "lamp"}, "no such house") == {}
    assert agent.failed("Bash", {"command": "x"}, "Invalid arg 'name'") == {}


def test_what_a_session_did_counts_for_its_next_calls(agent: Agent) -> None:
    """A call that failed twice, with nothing changed in between, is stopped the third time."""
    agent.teach(replace(guardrail("Bash", "command"), repeated=2))
    args, error = {"command": "make"}, "Exit code 2\nmake: *** No rule to make target"
    for _ in range(2):
        assert agent.before("Bash", args) == {}
        agent.failed("Bash", args, error)
    assert agent.before("Bash", args)["permissionDecision"] == "deny"
    agent.session = "s2"
    assert agent.before("Bash", args) == {}


def test_codex_is_only_listened_to(agent: Agent) -> None:
    """Its hooks do not say whether a call failed; what it writes down itself is taken later."""
    agent.client = "codex"
    agent.before("Bash", {"command": "cat x"})
    assert agent.worked("Bash", {"command": "cat x"}, "cat: x: No such file\n") == {}
    assert agent.recorded() == []
