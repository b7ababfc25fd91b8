"""Whatever a recording holds: records and rejects come out, `BadInput` at most, no other error."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from failonce.adapters.importers.claude_code import ClaudeCodeImporter
from failonce.adapters.importers.codex import CodexImporter
from failonce.adapters.importers.messages import MessagesImporter
from failonce.adapters.importers.registry import IMPORTERS
from failonce.errors import BadInput
from failonce.evidence.capture import Identities
from failonce.evidence.redact import Redactor
from failonce.model import Recording, Reject
from failonce.ports import Importer
from tests.adapters.importers.conftest import source

KEYS = """
    tool args text is_error ts project session task tags id attempt exit_code status duration_ms
    type payload message messages content role tool_calls function name arguments input output
    call_id tool_use_id tool_call_id toolUseResult permissionDecision sessionId cwd timestamp
    level error stack date time component duration secs nanos item result Ok Err metadata value
    password choices isError
""".split()  # noqa: SIM905 - one word after the other reads best
WORDS = """
    response_item session_meta turn_context event_msg function_call function_call_output
    local_shell_call custom_tool_call_output item_completed exec_command_end tool_use tool_result
    assistant user tool x ERROR error true Infinity
""".split()  # noqa: SIM905 - as above
TIMES = [
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "01/Jan/0001:00:00:00 +1400",
    "31/Dec/9999:23:59:59 -1400",
    "0001-01-01",
    "9" * 4000,
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, 2**63, 2**31, -(10**400)])
    | st.floats()
    | st.sampled_from([*WORDS, *TIMES])
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "a\0b", " " * 9_000, "[" * 30 + "1" + "]" * 30, '{"output"'])
)
NAMES = st.sampled_from(KEYS) | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=8)


def entries(importer: Importer, content: bytes) -> list[Recording | Reject]:
    """All that comes out, taken through all that is done to it before it is stored."""
    importer.sniff(content, "sample.csv")
    found: list[Recording | Reject] = []
    try:
        found += importer.read(source(content))
    except BadInput:
        return found
    redactor, ids = Redactor(emails=True), Identities()
    for entry in found:
        if isinstance(entry, Reject):
            redactor.reject(entry)
            continue
        ids.next(entry)
        call = redactor.clean(entry).call
        names = (call.tool, call.project, call.session, call.task or "", call.trace or "")
        json.dumps([names, call.args], ensure_ascii=False).encode()
    return found


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda one: one.name)
@settings(deadline=None)
@given(objects=st.lists(OBJECTS, min_size=1, max_size=6))
@example(objects=[{"type": "response_item", "payload": {"type": []}}])
@example(objects=[{"message": {"content": [{"type": {}}]}, "type": {}}])
@example(objects=[{"messages": [{"role": "user", "content": [{"type": ["tool_use"]}]}]}])
@example(objects=[{"tool": "x", "exit_code": 10**300, "attempt": 10**300, "duration_ms": 1e308}])
def test_any_objects(importer: Importer, objects: list[Mapping[str, object]]) -> None:
    entries(importer, "".join(json.dumps(one) + "\n" for one in objects).encode())
    entries(importer, json.dumps(objects).encode())


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda one: one.name)
@settings(deadline=None)
@given(lines=st.lists(st.binary(max_size=60), max_size=6))
@example(lines=[b"tool,te\rxt", b"a,b"])
@example(lines=[b'"tool","text', b"a,b"])
@example(lines=[b"tool,text", b"a\rb,c", b"d,e"])
@example(lines=[b"01/Jan/0001:00:00:00 +1400 ERROR app: no"])
@example(lines=[b'{"tool": "x", "text": "\\ud800"}', b"\xff\xfe{"])
def test_any_bytes(importer: Importer, lines: list[bytes]) -> None:
    entries(importer, b"\n".join(lines))


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda one: one.name)
@pytest.mark.parametrize("depth", [50, 150, 400, 900, 70_000])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"text":', "}"), ('[{"a":', "}]")])
def test_deeply_nested(importer: Importer, depth: int, begin: str, end: str) -> None:
    nested = begin * depth + "1" + end * depth
    for name in ("args", "text", "message", "tool", "level", "content"):
        entries(importer, f'{{"tool": "x", "{name}": {nested}}}\n{{"text": "y"}}\n'.encode())
        entries(importer, f'{{"messages": [{{"role": "tool", "{name}": {nested}}}]}}'.encode())


@pytest.mark.parametrize("importer", [CodexImporter(), ClaudeCodeImporter(), MessagesImporter()])
def test_an_entry_of_a_strange_type_hides_no_other(importer: Importer) -> None:
    calls = {
        "codex": [
            {"type": "function_call", "call_id": "1", "name": "x", "arguments": "{}"},
            {"type": [], "payload": {"type": {}}},
            {"type": "function_call_output", "call_id": "1", "output": "no"},
        ],
        "claude-code": [
            {"message": {"content": [{"type": "tool_use", "id": "1", "name": "x"}]}},
            {"type": [], "message": {"content": [{"type": {}}]}},
            {"message": {"content": [{"type": "tool_result", "tool_use_id": "1"}]}},
        ],
        "messages": [
            {"type": "function_call", "call_id": "1", "name": "x", "arguments": "{}"},
            {"role": "user", "content": [{"type": []}]},
            {"type": "function_call_output", "call_id": "1", "output": "no"},
        ],
    }
    lines = "".join(json.dumps(one) + "\n" for one in calls[importer.name])
    assert [type(entry) for entry in entries(importer, lines.encode())] == [Recording]
