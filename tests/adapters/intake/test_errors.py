"""Error events as services post them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.importers.events import ingest_error
from failonce.adapters.intake import bodies, errors
from failonce.errors import BadInput, TooLarge

EVENTS = [{"error": f"E: {n}", "component": "api", "context": {"session": "s"}} for n in range(3)]
LINES = "\n".join(map(json.dumps, EVENTS))


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(EVENTS),
        json.dumps({"events": EVENTS, "sent_at": "now"}),
        json.dumps(EVENTS, indent=2),
        LINES,
        LINES.replace("\n", "\r\n\r\n") + "\n",
        "\ufeff" + LINES,
    ],
)
def test_a_body_comes_in_several_forms(body: str) -> None:
    parsed = errors.read(body.encode())
    assert parsed.recordings == tuple(map(ingest_error, EVENTS))
    assert parsed.rejects == ()


def test_one_event_needs_no_list() -> None:
    assert errors.read(json.dumps(EVENTS[0]).encode()).recordings == (ingest_error(EVENTS[0]),)


def test_no_field_is_lost() -> None:
    """What S5 does not name counts as context."""
    (one,) = errors.read(b'{"error": "E", "host": "h1", "context": {"user": 5}}').recordings
    assert one.call.args == {"host": "h1", "user": 5}


DEEP = "[" * 150 + "]" * 150


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{}", "no `error`"),
        ("5", "not a JSON object"),
        (f'{{"error": "E", "context": {{"a": {DEEP}}}}}', "nested too deeply"),
        (f'{{"error": "E", "context": {DEEP}}}', "nested too deeply"),
    ],
)
def test_a_bad_event_does_not_lose_the_others(bad: str, reason: str) -> None:
    good = json.dumps(EVENTS[0])
    for body in (f"[{good}, {bad}, {good}]", f"{good}\n{bad}\n{good}"):
        parsed = errors.read(body.encode())
        assert len(parsed.recordings) == 2
        (reject,) = parsed.rejects
        assert (reject.line, reason in reject.reason) == (2, True)


def test_a_line_that_is_no_json_does_not_lose_the_others() -> None:
    good = json.dumps(EVENTS[0])
    parsed = errors.read(f"{good}\n{{broken\n{good}".encode())
    assert len(parsed.recordings) == 2
    assert [(r.line, r.raw) for r in parsed.rejects] == [(2, "{broken")]


@pytest.mark.parametrize(
    "body",
    [
        b'[{"error": "E", "context": {"a": NaN}}, {"error": "F"}]',
        b'[{"error": "half \\ud800"}, {"error": "F"}]',
        b'[{"error": "no utf-8 \xff"}, {"error": "F"}]',
        b'[{"error": "E", "context": {"n": 1e400}}, {"error": "F"}]',
    ],
)
def test_what_sloppy_programs_write_is_read(body: bytes) -> None:
    parsed = errors.read(body)
    assert len(parsed.recordings) == 2
    assert parsed.rejects == ()


@pytest.mark.parametrize("body", [b"", b" \n ", b"{", b"error", b"[" * 100_000, b"\x00\x01"])
def test_what_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(BadInput, match="JSON"):
        errors.read(body)


def test_too_many_events_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_EVENTS", 2)
    with pytest.raises(TooLarge, match="at most 2"):
        errors.read(json.dumps(EVENTS).encode())


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
_NAMES = st.sampled_from(("error", "component", "context", "tags", "id", "ts", "session", "x"))
_EVENTS = st.dictionaries(_NAMES, _VALUES)


@given(st.lists(_EVENTS))
def test_the_fast_way_reads_what_the_patient_one_reads(events: list[dict[str, object]]) -> None:
    """And both what the SDK makes of the same event; every item is a recording or a reject."""
    parsed = errors.read(json.dumps(events).encode())
    assert len(parsed.recordings) + len(parsed.rejects) == len(events)
    # A first line that msgspec cannot read sends all others the patient way, line by line.
    lines = "\n".join(["{broken", '{"error": "E"}', *map(json.dumps, events)])
    patient = errors.read(lines.encode())
    assert repr(patient.recordings[1:]) == repr(parsed.recordings)
    assert [r.reason for r in patient.rejects[1:]] == [r.reason for r in parsed.rejects]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        parsed = errors.read(body)
    except BadInput:
        return
    assert all(one.flagged for one in parsed.recordings)
