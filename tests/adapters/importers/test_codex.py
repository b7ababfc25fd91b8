import json

from failonce.adapters.importers.codex import CodexImporter
from failonce.model import Recording, Reject


def line(kind, payload):
    return {"timestamp": "2026-01-02T03:04:05.000Z", "type": kind, "payload": payload}


META = line("session_meta", {"id": "s1", "cwd": "/home/me/shop", "cli_version": "1"})


def call(id, name="exec_command", arguments="{}", **more):
    payload = {"type": "function_call", "call_id": id, "name": name, "arguments": arguments, **more}
    return line("response_item", payload)


def output(id, text, kind="function_call_output"):
    return line("response_item", {"type": kind, "call_id": id, "output": text})


def ended(item):
    return line("event_msg", {"type": "item_completed", "item": item})


def test_a_shell_call_has_its_exit_code_and_the_bare_output(read, lines):
    framed = (
        "Chunk ID: 1\nWall time: 0.0 seconds\nProcess exited with code 2\nOutput:\nno such file\n"
    )
    (one,) = read(
        CodexImporter(),
        lines([META, call("a", arguments='{"cmd": "ls x"}'), output("a", framed)]),
    )
    assert (one.call.session, one.call.project) == ("s1", "/home/me/shop")
    assert (one.call.tool, one.call.args) == ("exec_command", {"cmd": "ls x"})
    assert (one.text, one.exit_code, one.flagged, one.id) == ("no such file\n", 2, True, "a")


def test_older_output_is_json_around_the_text(read, lines):
    wrapped = json.dumps({"output": "done", "metadata": {"exit_code": 0, "duration_seconds": 0.5}})
    (one,) = read(CodexImporter(), lines([META, call("a", "shell"), output("a", wrapped)]))
    assert (one.text, one.exit_code, one.flagged, one.duration_ms) == ("done", 0, False, 500)


def test_an_mcp_call_fails_by_its_item_and_carries_its_namespace(read, lines):
    item = {
        "type": "McpToolCall",
        "id": "a",
        "status": "failed",
        "readOnlyHint": True,
        "result": {"content": [], "isError": True},
        "duration": {"secs": 1, "nanos": 5_000_000},
    }
    blocks = [
        {"type": "input_text", "text": "Wall time: 0.1 seconds\nOutput:"},
        {"type": "input_text", "text": "MCP error -32602: bad"},
    ]
    (one,) = read(
        CodexImporter(),
        lines([META, call("a", "echo", namespace="mcp__p"), ended(item), output("a", blocks)]),
    )
    assert (one.call.tool, one.text) == ("mcp__p__echo", "MCP error -32602: bad")
    assert (one.flagged, one.read_only, one.duration_ms) == (True, True, 1005)


def test_older_end_events_tell_the_outcome(read, lines):
    found = read(
        CodexImporter(),
        lines(
            [
                META,
                call("a", "shell"),
                line("event_msg", {"type": "exec_command_end", "call_id": "a", "exit_code": 1}),
                output("a", "x"),
                call("b", "m"),
                line(
                    "event_msg",
                    {"type": "mcp_tool_call_end", "call_id": "b", "result": {"Err": "x"}},
                ),
                output("b", "err"),
                call("c", "apply_patch"),
                line("event_msg", {"type": "patch_apply_end", "call_id": "c", "success": True}),
                output("c", "ok"),
            ]
        ),
    )
    assert [entry.flagged for entry in found] == [True, True, False]


def test_custom_and_local_shell_calls(read, lines):
    custom = {"type": "custom_tool_call", "call_id": "a", "name": "apply_patch", "input": "*** x"}
    shell = {"type": "local_shell_call", "call_id": "b", "action": {"command": ["ls"]}}
    found = read(
        CodexImporter(),
        lines(
            [
                META,
                line("response_item", custom),
                output("a", "ok", "custom_tool_call_output"),
                line("response_item", shell),
                output("b", "ok"),
                call("c", "web"),
            ]
        ),
    )
    assert [(r.call.tool, r.call.args) for r in found[:2]] == [
        ("apply_patch", {"input": "*** x"}),
        ("local_shell", {"command": ["ls"]}),
    ]
    assert isinstance(found[2], Reject)


def test_an_unsupported_call_has_no_flag(read, lines):
    found = read(
        CodexImporter(), lines([META, call("a", "nope"), output("a", "unsupported call: nope")])
    )
    assert isinstance(found[0], Recording)
    assert found[0].flagged is None


def test_what_a_hook_rewrote_is_what_ran(read, lines):
    """0.169.0 keeps the model's arguments in the call; the event has those that ran."""
    shell = {"type": "CommandExecution", "id": "a", "command": ["/bin/bash", "-lc", "ls -l"]}
    mcp = {"type": "McpToolCall", "id": "b", "arguments": {"entity_id": "a"}, "status": "completed"}
    same = {"type": "CommandExecution", "id": "c", "command": ["/bin/bash", "-lc", ". x; ls -q"]}
    found = read(
        CodexImporter(),
        lines(
            [
                META,
                call("a", arguments='{"cmd": "ls -q", "tty": true}'),
                ended(shell),
                output("a", "x"),
                call("b", "get_entity", '{"entity_id": "a", "detailed": true}', namespace="mcp__p"),
                ended(mcp),
                output("b", "entity a"),
                call("c", arguments='{"cmd": "ls -q"}'),
                ended(same),
                output("c", "x"),
            ]
        ),
    )
    assert [r.call.args for r in found] == [
        {"cmd": "ls -l", "tty": True},
        {"entity_id": "a"},
        {"cmd": "ls -q"},
    ]


def test_a_call_that_a_hook_blocked_is_denied(read, lines):
    """It has an output and no event; a program may well print the same words itself."""
    said = "Command blocked by PreToolUse hook: use -l. Command: ls -q"
    framed = f"Wall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n{said}"
    found = read(
        CodexImporter(), lines([META, call("a"), output("a", said), call("b"), output("b", framed)])
    )
    assert [(r.flagged, r.tags) for r in found] == [
        (True, ("denied", "denied-by:hook")),
        (False, ()),
    ]
