"""Tools that describe themselves come in by import, and are listed with their calls."""

import json

import pytest

from tests.surfaces.cli.made import PROJECT, Shell, call, write

SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"

TOOLS = {
    "servers": {
        "shop": {
            "tools": [
                {
                    "name": "get_item",
                    "description": f"Gets an item. Uses {SECRET}.",
                    "inputSchema": {
                        "type": "object",
                        "properties": {"id": {"type": "integer"}},
                        "required": ["id"],
                    },
                    "annotations": {"readOnlyHint": True},
                },
                {"name": "cancel_order", "inputSchema": {"type": "object"}},
                {"name": "bad\u200bname", "inputSchema": {"type": "object"}},
            ]
        }
    }
}


@pytest.fixture
def described(shell: Shell) -> Shell:
    path = shell.project / "tools.json"
    path.write_text(json.dumps(TOOLS))
    shell.run("import", path, "--project", PROJECT)
    return shell


def test_a_list_of_tools_is_imported_and_a_bad_one_named(shell: Shell) -> None:
    path = shell.project / "tools.json"
    path.write_text(json.dumps(TOOLS))
    first = shell.ok("import", path, "--project", PROJECT)
    assert "2 tools described, 2 new or changed" in first.out
    assert f"failonce tools --project {PROJECT}" in first.out
    assert "nobody sees: U+200B" in first.err
    again = shell.ok("import", path, "--project", PROJECT, "--json")
    assert (again.json["tools"], again.json["calls"], again.json["rejected"]) == (2, 0, 1)
    assert "0 new or changed" in shell.ok("import", path, "--project", PROJECT).out
    assert "2 new or changed" in shell.ok("import", path, "--format", "tools").out


def test_where_no_tool_could_be_read_the_exit_code_says_so(shell: Shell) -> None:
    path = shell.project / "tools.json"
    path.write_text(json.dumps({"tools": [{"name": "a\u200b", "inputSchema": {"type": "object"}}]}))
    assert shell.run("import", path).code == 2


def test_tools_are_listed_with_what_is_known_of_them(described: Shell) -> None:
    calls = [
        *(call("get_item", {"id": n}, n=n) for n in range(3)),
        call("get_item", {"id": "x"}, "Error: id must be an integer", n=4),
        *(call("note", {"text": "a", "n": n}, n=5 + n) for n in range(3)),
        call("note<|channel|>commentary", {"text": "a"}, "Error: no such tool", n=9),
    ]
    described.ok("import", write(described.project / "calls.jsonl", calls))
    found = {t["tool"]: t for t in described.ok("tools", "--project", PROJECT, "--json").json}
    assert set(found) == {
        "get_item",
        "note",
        "note<|channel|>commentary",
        "mcp__shop__cancel_order",
    }
    item = found["get_item"]
    assert (item["calls"], item["failures"], item["known"]) == (4, 1, "schema")
    assert (item["does"], item["basis"], item["effects"]) == ("reads", "declared", [])
    assert item["described_as"] == "mcp__shop__get_item"
    assert item["parameters"] == [
        {"name": "id", "types": ["integer"], "required": True, "usual": False, "choices": []}
    ]
    assert SECRET not in json.dumps(found)
    note = found["note"]
    assert (note["known"], note["digest"]) == ("calls", None)
    assert [p["usual"] for p in note["parameters"]] == [True, True]
    assert found["note<|channel|>commentary"]["means"] == "note"
    order = found["mcp__shop__cancel_order"]
    assert (order["does"], order["effects"], order["calls"]) == ("writes", ["destructive"], 0)
    shown = described.ok("tools").out
    assert "no tool; it means note" in shown
    assert "25%" in shown
    assert "4 tools." in shown
    assert "3 more with --limit" in described.ok("tools", "--limit", "1").out


def test_a_reading_name_alone_is_not_believed(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", [call("get_item", {"id": 1})]))
    assert shell.ok("tools", "--json").json[0]["does"] == "unknown"
    assert "nobody watched" in shell.ok("tools").out


def test_tools_of_a_conversation_are_stored_with_its_calls(shell: Shell) -> None:
    tool = {"name": "get_item", "parameters": {"type": "object", "properties": {"id": {}}}}
    conversation = {
        "project": PROJECT,
        "tools": [{"type": "function", "function": tool}],
        "messages": [
            {"role": "user", "content": "Get it."},
            {"role": "assistant", "tool_calls": [
                {"id": "1", "function": {"name": "get_item", "arguments": "{\"id\": 1}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "an item"},
        ],
    }  # fmt: skip
    path = shell.project / "chat.json"
    path.write_text(json.dumps(conversation))
    run = shell.ok("import", path, "--json")
    assert (run.json["calls"], run.json["tools"]) == (1, 1)
    (found,) = shell.ok("tools", "--json").json
    assert (found["calls"], found["known"]) == (1, "schema")


def test_where_learning_is_off_no_tool_is_kept(shell: Shell) -> None:
    shell.ok("config", "mode", "off", "--project", PROJECT)
    path = shell.project / "tools.json"
    path.write_text(json.dumps(TOOLS))
    shell.run("import", path, "--project", PROJECT)
    shell.ok("config", "mode", "manual", "--project", PROJECT)
    assert shell.ok("tools", "--project", PROJECT, "--json").json == []


def test_arguments_that_could_not_be_decoded_survive_an_export(shell: Shell) -> None:
    sent = "{'id': 1"
    one = call("get_item", {}, "Error: bad JSON") | {"args": sent}
    shell.ok("import", write(shell.project / "calls.jsonl", [one]))
    exported = shell.ok("export", "calls").out
    assert json.loads(exported)["args"] == sent
    path = shell.project / "again.jsonl"
    path.write_text(exported)
    assert shell.ok("import", path, "--json").json["duplicates"] == 1
