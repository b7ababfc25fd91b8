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
