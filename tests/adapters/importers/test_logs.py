from datetime import UTC, datetime

import pytest

from failonce.adapters.importers.logs import LogsImporter
from failonce.adapters.sources import Input
from failonce.model import Origin, Recording, Reject
from tests.adapters.importers.conftest import MODIFIED

PYTHON = """Traceback (most recent call last):
  File "/srv/a.py", line 3, in f
    g()
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/a.py", line 5, in f
    h()
ValueError: bad"""
JAVA = """java.lang.IllegalStateException: no
\tat com.acme.A.b(A.java:1)
Caused by: java.io.IOException: disk
\tat com.acme.D.e(D.java:9)
\t... 2 more"""
GO = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.main()
\t/srv/x.go:8 +0x1d
exit status 2"""
NODE = """/srv/app.js:10
    throw new Error("no")
    ^

Error: no
    at Object.<anonymous> (/srv/app.js:10:7) {
  code: 'E_NO'
}

Node.js v22.1.0"""


@pytest.mark.parametrize("trace", [PYTHON, JAVA, GO, NODE])
@pytest.mark.parametrize("lead", ["2026-01-02 03:04:05,678 ERROR app.web - failed\n", ""])
def test_a_stack_is_one_event_with_its_line(read, trace, lead):
    if lead and trace in (GO, NODE):
        lead = ""  # programs that die so print nothing before it on the same event
    found = read(LogsImporter(), f"all fine\n{lead}{trace}\n2026-01-02 03:04:06 INFO app: next\n")
    assert [entry.flagged for entry in found] == [False, True, False]
    squeezed = found[1].text.replace("\n\n", "\n")
    assert squeezed.endswith(trace.replace("\n\n", "\n"))


@pytest.mark.parametrize(
    ("line", "at", "component", "said"),
    [
        ("2026-01-02 03:04:05,678 ERROR app.web: no", "2026-01-02T03:04:05.678", "app.web", "no!"),
        (
            "2026-01-02T03:04:05.678Z [main] WARN com.acme.S - no",
            "2026-01-02T03:04:05.678",
            "com.acme.S",
            "no",
        ),
        ("2026-01-02T05:04:05+02:00 error: no", "2026-01-02T03:04:05", "log", "error: no!"),
        ("[2026-01-02 03:04:05] [CRITICAL] [db] no", "2026-01-02T03:04:05", "db", "no!"),
        ("26/01/02 03:04:05 INFO spark.Manager: ok", "2026-01-02T03:04:05", "spark.Manager", "ok"),
        ("2026/01/02 03:04:05 go says so", "2026-01-02T03:04:05", "log", "go says so"),
        ("Jan  2 03:04:05 host sshd[12]: closed", "2026-01-02T03:04:05", "sshd", "closed"),
        ("Dec 31 03:04:05 host cron[1]: ran", "2025-12-31T03:04:05", "cron", "ran"),
        (
            "E0102 03:04:05.678000  12 server.go:9] no",
            "2026-01-02T03:04:05.678",
            "server.go",
            "no!",
        ),
        ("01-02 03:04:05.678  12  13 E Window: no", "2026-01-02T03:04:05.678", "Window", "no!"),
        ("1767323045.5 something", "2026-01-02T03:04:05.5", "log", "something"),
        ("ERROR: no", None, "log", "no!"),
        ("KeyError: 'x'", None, "log", "KeyError: 'x'!"),
        ("no errors found", None, "log", "no errors found"),
        ("information is here", None, "log", "information is here"),
    ],
)
def test_stamp_level_and_component_are_taken_off(read, line, at, component, said):
    """An exclamation mark after what is said: it is flagged."""
    (one,) = read(LogsImporter(), line + "\n")
    assert (one.text, one.call.tool) == (said.removesuffix("!"), component)
    assert one.flagged is said.endswith("!")
    assert one.at == (at and datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert one.origin is Origin.LOG


def test_json_lines(read, lines):
    found = read(
        LogsImporter(),
        lines(
            [
                {"ts": 1767323045, "level": "error", "logger": "a.b", "msg": "no", "trace_id": "t"},
                {"time": "2026-01-02T03:04:05Z", "level": 30, "name": "svc", "msg": "ok"},
                {
                    "level": 50,
                    "msg": "failed",
                    "error": {"type": "X", "message": "m", "stack": "X: m\n at y"},
                },
                {"severity": "INFO", "message": "fine", "error": None},
                {"level": "info"},
            ]
        )
        + '{"level": "err',
    )
    assert [type(e) for e in found] == [Recording] * 4 + [Reject] * 2
    assert [e.flagged for e in found[:4]] == [True, False, True, False]
    assert (found[0].call.tool, found[0].call.trace) == ("a.b", "t")
    assert (found[2].text, found[2].error_type) == ("failed: X: m\n at y", "X")
    assert found[5].line == 6


def test_a_plain_log_may_hold_braces(read):
    found = read(LogsImporter(), "{ not json\n{}\nERROR: no\n")
    assert [type(entry) for entry in found] == [Recording, Reject, Recording]


def test_an_endless_event_is_bounded(read):
    text = "ERROR: no\n" + "  more of it\n" * 20_000
    (one,) = read(LogsImporter(), text)
    assert len(one.text) < 100_000


def file(tmp_path, lines):
    """A log in a file, which may grow."""
    path = tmp_path / "app.log"
    path.write_text("\n".join(lines) + "\n")
    return Input(name="app.log", modified=MODIFIED, path=path, opener=lambda: path.open("rb"))


def test_a_file_that_ends_inside_a_traceback_keeps_it_for_the_next_import(tmp_path):
    lines = ["all fine", *PYTHON.split("\n")]
    ends = {lines.index("KeyError: 'x'"), len(lines) - 1}
    for last in range(1, len(lines)):
        if not lines[last]:
            continue  # a blank line after an error, which may or may not be its end
        found = list(LogsImporter().read(file(tmp_path, lines[: last + 1])))
        assert isinstance(found[0], Recording)
        assert isinstance(found[1], Recording if last in ends else Reject), lines[last]
        assert found[1].line == 2
    assert "once it has grown" in list(LogsImporter().read(file(tmp_path, lines[:3])))[1].reason


def test_what_cannot_grow_or_went_on_is_read_as_it_is(read, tmp_path):
    half = PYTHON.split("\n")[:2]
    (one,) = read(LogsImporter(), "\n".join(half))
    assert one.flagged
    went_on = [*half, "2026-01-02 03:04:06 INFO app: next"]
    assert [e.flagged for e in LogsImporter().read(file(tmp_path, went_on))] == [True, False]


@pytest.mark.parametrize("said", ["01/Jan/0001:00:00:00 +1400", "31/Dec/9999:23:59:59 -1400"])
def test_a_stamp_that_no_calendar_holds_is_no_time(read, said):
    (one,) = read(LogsImporter(), f"{said} ERROR app: no\n")
    assert (one.at, one.text) == (None, "no")
