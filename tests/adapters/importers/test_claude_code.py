import json

import pytest

from failonce.adapters.importers.claude_code import ClaudeCodeImporter
from failonce.model import Recording, Reject

ENTRY = {"sessionId": "s1", "cwd": "/home/me/shop", "timestamp": "2026-01-02T03:04:05.000Z"}


def use(id, name="Read", given=None, **more):
    block = {"type": "tool_use", "id": id, "name": name, "input": given or {"file_path": "/x"}}
    text = {"type": "text", "text": "let me look"}
    return {**ENTRY, "type": "assistant", "message": {"content": [text, block]}, **more}


def result(id, content="ok", is_error=None, **more):
    block = {"type": "tool_result", "tool_use_id": id, "content": content}
    if is_error is not None:
        block["is_error"] = is_error
    return {**ENTRY, "type": "user", "message": {"role": "user", "content": [block]}, **more}


def test_a_call_is_paired_with_its_result_lines_later(read, lines):
    found = read(
        ClaudeCodeImporter(),
        lines(
            [
                {"type": "summary", "summary": "x", "leafUuid": "u"},
                {**ENTRY, "type": "user", "message": {"role": "user", "content": "please"}},
                use("a", parentUuid="up"),
                use("b", "Bash", {"command": "ls"}),
                {"type": "file-history-snapshot", "messageId": "m"},
                result("b", [{"type": "text", "text": "one"}, {"type": "image"}], is_error=True),
                result("a"),
            ]
        ),
    )
    assert [(r.call.tool, r.text, r.flagged) for r in found] == [
        ("Bash", "one\n[image]", True),
        ("Read", "ok", False),
    ]
    assert {(r.call.session, r.call.project) for r in found} == {("s1", "/home/me/shop")}
    assert (found[1].id, found[1].line, found[1].call.parent) == ("a", 3, "up")


def test_refusals_interrupts_and_sidechains_are_tagged(read, lines):
    found = read(
        ClaudeCodeImporter(),
        lines(
            [
                use("a"),
                result(
                    "a",
                    "hook error: no",
                    True,
                    toolDenialKind="permission-rule",
                    permissionDecision={"decision": "reject", "source": "hook"},
                ),
                use("b", isSidechain=True),
                result(
                    "b",
                    "",
                    toolUseResult={"interrupted": True, "stderr": "stopped", "durationMs": 7},
                ),
            ]
        ),
    )
    assert found[0].tags == ("denied", "denied-by:hook")
    assert found[1].tags == ("sidechain", "interrupted")
    assert (found[1].text, found[1].duration_ms) == ("stopped", 7)


def hook(id, **said):
    answer = {"hookSpecificOutput": {"hookEventName": "PreToolUse", **said}}
    return {
        **ENTRY,
        "type": "attachment",
        "attachment": {
            "type": "hook_success",
            "hookName": "PreToolUse:mcp__home__get_entity",
            "toolUseID": id,
            "hookEvent": "PreToolUse",
            "stdout": json.dumps(answer),
            "exitCode": 0,
        },
    }


def test_what_a_hook_rewrote_is_what_ran(read, lines):
    """2.1.330 keeps the model's arguments beside the result of the rewritten ones."""
    asked = {"entity_id": "a", "detailed": True}
    found = read(
        ClaudeCodeImporter(),
        lines(
            [
                use("a", "mcp__home__get_entity", asked),
                hook("a", updatedInput={"entity_id": "a"}),
                result("a", [{"type": "text", "text": "entity a"}]),
                use("b", "mcp__home__get_entity", asked),
                hook("b", additionalContext="mind the argument"),
                result("b", "Invalid arg 'detailed'", True),
            ]
        ),
    )
    assert [(r.call.args, r.flagged) for r in found] == [({"entity_id": "a"}, False), (asked, True)]


@pytest.mark.parametrize(
    "said", ["", "not JSON", "[1]", '{"hookSpecificOutput": []}', '{"hookSpecificOutput": {}}']
)
def test_a_hook_that_says_anything_else_rewrites_nothing(read, lines, said):
    entry = hook("a")
    entry["attachment"]["stdout"] = said
    (one,) = read(ClaudeCodeImporter(), lines([use("a"), entry, result("a")]))
    assert one.call.args == {"file_path": "/x"}


def test_the_advice_of_the_program_is_no_word_of_the_tool(read, lines):
    """A hook hears the bare error; both must be one class of failures."""
    shown = "Invalid arg 'detailed'\n\nThis tool's input schema was not in your prompt."
    found = read(
        ClaudeCodeImporter(),
        lines(
            [
                use("a"),
                result("a", shown, True, toolUseResult="Error: Invalid arg 'detailed'"),
                use("b"),
                result("b", "Exit code 1", True, toolUseResult="Error: "),
            ]
        ),
    )
    assert [r.text for r in found] == ["Invalid arg 'detailed'", "Exit code 1"]


def test_a_call_without_result_and_a_result_without_call_are_rejects(read, lines):
    found = read(ClaudeCodeImporter(), lines([use("a"), result("gone"), use("b"), result("b")]))
    assert [type(entry) for entry in found] == [Reject, Recording, Reject]
    assert (found[2].line, found[2].reason) == (1, "call without a result")


def test_copied_lines_of_a_resumed_session_keep_their_id(read, lines):
    found = read(ClaudeCodeImporter(), lines([use("a"), result("a"), use("a"), result("a")]))
    assert [entry.id for entry in found] == ["a", "a"]


def test_a_cut_off_last_line_is_a_reject(read, lines):
    found = read(ClaudeCodeImporter(), lines([use("a"), result("a")]) + '{"type": "assist')
    assert [type(entry) for entry in found] == [Recording, Reject]
    assert found[1].line == 3
