import json
from datetime import UTC, datetime

import pytest

from failonce.adapters.importers.calls import CallsImporter
from failonce.adapters.importers.reading import UNDECODABLE
from failonce.model import Origin, Recording, Reject


def test_every_field_of_the_format_is_read(read, lines):
    (one,) = read(
        CallsImporter(),
        lines(
            [
                {
                    "project": "shop",
                    "session": ["run", 2],
                    "task": "t1",
                    "id": "c1",
                    "tool": "move",
                    "ts": "2026-01-02T03:04:05Z",
                    "args": {"a": 1},
                    "text": "no",
                    "is_error": True,
                    "duration_ms": 1.5,
                    "attempt": 2,
                    "trace": "tr",
                    "parent": "p",
                    "exit_code": 3,
                    "status": 404,
                    "read_only": False,
                    "tags": ["x"],
                    "turn": 0,
                    "cwd": "/",
                    "new": {},
                }
            ]
        ),
    )
    assert isinstance(one, Recording)
    assert (one.call.project, one.call.session, one.call.task) == ("shop", "run/2", "t1")
    assert (one.call.tool, one.call.args, one.text) == ("move", {"a": 1}, "no")
    assert (one.flagged, one.id, one.attempt, one.duration_ms) == (True, "c1", 2, 1.5)
    assert (one.exit_code, one.status, one.read_only, one.tags) == (3, 404, False, ("x",))
    assert (one.call.trace, one.call.parent, one.line) == ("tr", "p", 1)
    assert one.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_line_of_a_log_is_one_again(read, lines):
    fields = {"tool": "t", "text": "disk full", "is_error": True}
    both = read(CallsImporter(), lines([fields | {"origin": "log"}, fields]))
    assert [one.origin for one in both] == [Origin.LOG, Origin.CALL]


def test_absent_fields_stay_unknown(read, lines):
    (one,) = read(CallsImporter(), lines([{"tool": "t"}]))
    assert (one.flagged, one.at, one.id, one.call.args, one.call.task) == (None,) * 5


@pytest.mark.parametrize("sent", ["{'a': 1", "[1]", 3])
def test_undecodable_arguments_are_tagged_and_the_result_stays_as_it_was(read, lines, sent):
    (one,) = read(CallsImporter(), lines([{"tool": "t", "args": sent, "text": "bad call"}]))
    assert (one.call.args, one.text, one.tags) == (None, "bad call", (UNDECODABLE,))
    assert one.call.raw == (sent if isinstance(sent, str) else json.dumps(sent))


def test_arguments_as_text_are_decoded(read, lines):
    (one,) = read(CallsImporter(), lines([{"tool": "t", "args": '{"a": [1, null]}'}]))
    assert one.call.args == {"a": [1, None]}


def test_malformed_lines_are_named_and_the_rest_goes_on(read):
    found = read(
        CallsImporter(), '{"tool": "a"}\nnonsense\n[1]\n\n{"x": 1}\n{"tool": "b"}\n{"tool": "c'
    )
    assert [type(entry) for entry in found] == [
        Recording,
        Reject,
        Reject,
        Reject,
        Recording,
        Reject,
    ]
    assert [entry.line for entry in found] == [1, 2, 3, 5, 6, 7]
    assert found[1].raw == "nonsense"
    assert all(entry.source == "sample" for entry in found)


@pytest.mark.parametrize(
    "given",
    ["2026-01-02T03:04:05+00:00", "2026-01-02 03:04:05", 1767323045, "1767323045", 1767323045000],
)
def test_times_are_iso_or_epoch(read, lines, given):
    (one,) = read(CallsImporter(), lines([{"tool": "t", "at": given}]))
    assert one.at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("given", ["soon", -1, 1e400, True, [], 10**40, "9" * 400])
def test_a_time_that_is_none_is_unknown(read, lines, given):
    (one,) = read(CallsImporter(), lines([{"tool": "t", "at": given}]))
    assert one.at is None


def test_hostile_json_is_rejected_not_raised(read):
    deep = '{"tool": "t", "args": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}"
    huge = '{"tool": "t", "args": {"n": ' + "9" * 10_000 + "}}"
    found = read(CallsImporter(), f"{deep}\n{huge}\n" + '{"tool": "t", "args": {"n": NaN}}')
    assert [type(entry) for entry in found] == [Reject, Reject, Recording]
    assert found[2].call.args == {"n": "NaN"}
    assert len(found[0].raw) <= 2_000
