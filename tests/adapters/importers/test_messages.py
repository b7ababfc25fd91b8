import json

import pytest

from failonce.adapters.importers.mcp_result import unwrapped
from failonce.adapters.importers.messages import MessagesImporter
from failonce.errors import BadInput
from failonce.model import Recording, Reject


def chat(id, name="find", arguments='{"q": "x"}', content="found"):
    function = {"name": name, "arguments": arguments}
    return [
        {"role": "assistant", "content": None, "tool_calls": [{"id": id, "function": function}]},
        {"role": "tool", "tool_call_id": id, "content": content},
    ]


def test_openai_chat_has_no_error_flag(read):
    entry = {"task_id": 7, "trial": 1, "traj": [{"role": "user", "content": "hi"}, *chat("call_1")]}
    (one,) = read(MessagesImporter(), json.dumps([entry]))
    assert (one.call.tool, one.call.args, one.text) == ("find", {"q": "x"}, "found")
    assert (one.call.task, one.call.session, one.flagged) == ("7", "7#1", None)


def test_one_id_for_several_calls_loses_none(read):
    entry = {"task_id": "t", "messages": [*chat("call_1"), *chat("call_1", "find", "{}", "other")]}
    found = read(MessagesImporter(), json.dumps([entry]))
    assert [(r.text, r.id, r.call.trace) for r in found] == [
        ("found", None, "call_1"),
        ("other", None, "call_1"),
    ]


def test_responses_items_beside_their_input(read):
    fields = {
        "id": "resp_1",
        "input": [{"role": "user", "content": "hi"}],
        "output": [
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "42"},
            {"type": "mcp_call", "id": "m", "name": "g", "arguments": "{}", "error": "down"},
        ],
    }
    found = read(MessagesImporter(), json.dumps(fields))
    assert [(r.call.tool, r.text, r.flagged) for r in found] == [
        ("f", "42", None),
        ("g", "down", True),
    ]


def anthropic(is_error):
    result = {
        "type": "tool_result",
        "tool_use_id": "t1",
        "content": [{"type": "text", "text": "no"}],
    }
    if is_error is not None:
        result["is_error"] = is_error
    use = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]


@pytest.mark.parametrize(("said", "flagged"), [(True, True), (False, False), (None, False)])
def test_anthropic_results_are_flagged_or_fine(read, said, flagged):
    (one,) = read(MessagesImporter(), json.dumps({"messages": anthropic(said)}))
    assert (one.call.args, one.text, one.flagged) == ({"a": 1}, "no", flagged)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda m: m,
        lambda m: [{"messages": m}],
        lambda m: {"data": [{"conversation": m}]},
        lambda m: [{"request": {"messages": m[:1]}, "response": {"choices": [{"message": m[1]}]}}],
        lambda m: [m],
    ],
)
def test_messages_are_found_wherever_they_stand(read, wrap):
    (one,) = read(MessagesImporter(), json.dumps(wrap(chat("c"))))
    assert isinstance(one, Recording)
    assert one.text == "found"


def test_json_lines_of_conversations_and_of_messages(read, lines):
    conversations = lines([{"session_id": "s", "messages": chat("c")}] * 2)
    assert [r.line for r in read(MessagesImporter(), conversations)] == [1, 2]
    messages = lines([{"role": "user", "content": "hi"}, *chat("c")])
    (one,) = read(MessagesImporter(), messages)
    assert (one.text, one.line) == ("found", 2)


def test_calls_without_result_and_broken_documents(read):
    found = read(MessagesImporter(), json.dumps([{"messages": chat("c")[:1]}, 3]))
    assert [type(entry) for entry in found] == [Reject, Reject]
    with pytest.raises(BadInput, match="sample"):
        read(MessagesImporter(), '[{"messages": [')


def printed(text, error, quote=repr):
    block = f"TextContent(type='text', text={quote(text)}, annotations=None)"
    return f"meta=None content=[{block}] isError={error}"


def mcp_json(text, error):
    return json.dumps(
        {"_meta": None, "content": [{"type": "text", "text": text}], "isError": error}
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (printed('it\'s "so"\n', False), ('it\'s "so"\n', False)),
        (printed("no", True), ("no", True)),
        (mcp_json("no", True), ("no", True)),
        (printed(mcp_json("inner", True), False), ("inner", True)),
        (printed(mcp_json("inner", False), False), ("inner", False)),
        ("CallToolResult(" + printed("x", False) + ", structuredContent=None)", ("x", False)),
        (printed("a line\nof text", False)[:60], ("a line\nof", None)),
        ("plain isError=True", ("plain isError=True", None)),
        ('{"content": "isError"}', ('{"content": "isError"}', None)),
    ],
)
def test_mcp_results_inside_a_text_are_unwrapped(text, expected):
    assert unwrapped(text) == expected


def test_a_wrapped_error_flags_the_call(read):
    entry = {"messages": chat("c", content=printed(mcp_json("Error: no", True), False))}
    (one,) = read(MessagesImporter(), json.dumps([entry]))
    assert (one.text, one.flagged) == ("Error: no", True)
