import json

import pytest

from failonce.adapters.importers.registry import detect, formats, importer
from failonce.errors import BadInput

CALL = {"role": "assistant", "content": "", "tool_calls": []}
SAMPLES = {
    "calls": '{"tool": "a", "args": {}, "text": "", "is_error": false}\n',
    "claude-code": json.dumps(
        {
            "type": "assistant",
            "sessionId": "s",
            "uuid": "u",
            "message": {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {}}],
            },
        }
    )
    + "\n",
    "codex": '{"type": "session_meta", "payload": {"id": "s"}}\n',
    "messages": json.dumps([{"task_id": 1, "messages": [CALL]}], indent=1),
    "logs": "2026-01-02 03:04:05 INFO a: b\n  more\n",
    "csv": "ts,component,error\n1,a,b\n",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_each_format_is_told_from_its_beginning(name):
    assert detect(SAMPLES[name].encode(), "sample").name == name


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"messages": [CALL]}) + "\n" + json.dumps({"messages": [CALL]}),
        json.dumps(CALL) + "\n" + json.dumps(CALL),
        json.dumps({"input": [CALL], "output": []}),
    ],
)
def test_conversations_in_other_shapes(text):
    assert detect(text.encode(), "sample").name == "messages"


@pytest.mark.parametrize(
    "text", ['{"level": "info", "msg": "x"}\n', "Traceback (most recent call last):\n  x\n"]
)
def test_logs_in_other_shapes(text):
    assert detect(text.encode(), "sample").name == "logs"


def test_where_it_is_unsure_it_says_so_and_what_to_do():
    with pytest.raises(BadInput, match=r"notes\.txt.*--format.*calls"):
        detect(b"Dear diary,\nnothing failed today.\n", "notes.txt")


def test_an_unknown_format_lists_those_there_are():
    with pytest.raises(BadInput) as error:
        importer("xml")
    assert all(name in str(error.value) for name in formats())
    assert importer("Claude_Code").name == "claude-code"
