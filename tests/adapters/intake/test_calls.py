"""Calls as agents post them."""

import json

import pytest

from failonce.adapters.importers.calls import call_recording
from failonce.adapters.intake import calls

CALLS = [
    {"tool": "pay", "args": {"sum": 5}, "text": "no", "is_error": True, "id": "c1", "ts": 1.7e9},
    {"tool": "pay", "args": '{"sum": 6}', "result": "ok", "session": ["a", "b"]},
]


@pytest.mark.parametrize(
    "body",
    [json.dumps(CALLS), json.dumps({"calls": CALLS}), "\n".join(map(json.dumps, CALLS))],
)
def test_a_call_is_what_it_is_in_a_file(body: str) -> None:
    parsed = calls.read(body.encode())
    assert parsed.recordings == tuple(call_recording(c, "call", 0) for c in CALLS)
    assert parsed.rejects == ()


def test_a_call_without_a_tool_is_rejected_and_its_place_told() -> None:
    parsed = calls.read(json.dumps([*CALLS, {"text": "x"}]).encode())
    assert len(parsed.recordings) == 2
    assert [(r.line, r.reason) for r in parsed.rejects] == [(3, "the call names no `tool`")]
