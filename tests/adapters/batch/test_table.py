"""Parquet: the counts of a table are those of the same rows as JSON lines."""

import json
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.adapters.batch import rows as rows_
from failonce.adapters.batch import table
from failonce.adapters.batch.run import ROWS
from failonce.summing import SAMPLES, micros
from tests.adapters.batch.made import START, Counted, Ledger, entries, parquet, said, whole
from tests.evidence.redact.made import KEYED, TOKENS
from tests.signature.texts import FRAGMENTS


def as_lines(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def same(tmp_path: Path, rows: list[dict[str, object]], at_once: int = ROWS) -> Counted:
    """The rows as a table, after they were compared with the same rows as lines."""
    made_of, lines = parquet(tmp_path / "a.parquet", rows), as_lines(tmp_path / "a.jsonl", rows)
    os.utime(made_of, (1_772_366_400, 1_772_366_400))
    os.utime(lines, (1_772_366_400, 1_772_366_400))
    made, expected = Counted(made_of, rows=at_once), whole(lines)
    assert made.unreadable == []
    assert set(made.partial.classes) == set(expected.classes)
    assert made.partial.digest == expected.digest
    assert made.partial.events == expected.events
    assert made.partial.flagged == expected.flagged
    return made


@pytest.mark.parametrize("at_once", [100, 2_500, 500_000])
def test_a_table_amounts_to_what_its_rows_do_as_lines(tmp_path: Path, at_once: int) -> None:
    found = same(tmp_path, entries(5_000), at_once=at_once)
    assert found.partial.failures > 2_000
    assert found.partial == Counted(tmp_path / "a.parquet").partial


_TEXT = st.lists(
    st.sampled_from(
        [f for f in (*FRAGMENTS, *KEYED.values(), *TOKENS.values()) if "\x00" not in f]
    ),
    min_size=1,
    max_size=6,
).map("".join)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_TEXT, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_any_text_has_the_class_that_it_has_as_a_line(tmp_path: Path, texts, r) -> None:
    """Secrets, codes, scripts: what digits decide is counted by its text."""
    rows = [
        {
            "ts": START.isoformat(),
            "level": "error",
            "component": "app",
            "message": "said "
            + "".join(r.choice("0123456789") if c.isdecimal() and c.isascii() else c for c in text),
        }
        for text in texts
        for _ in range(3)
    ]
    same(tmp_path, rows)


@pytest.mark.parametrize(
    "columns",
    [
        {"level": 50, "service": "shop", "msg": "disk 7 is full", "time": 1_772_366_400_123},
        {"severity": "ERROR", "name": "a", "module": "b", "body": "disk 7", "detail": "x 8"},
        {"level": "error", "message": "failed", "error": "ValueError: 7", "logger": "a"},
        {"level": "info", "message": "failed", "error_type": "Odd", "logger": "a"},
        {"message": "error: no level 7", "Time Stamp": "2026-03-01T12:00:00Z"},
        {"level": "error", "message": "no 404", "stack": "Traceback 7\n  at x\nKeyError: 9"},
        {"level": "error", "error": {"message": "no 7", "type": "Bad", "stack": "at x"}},
        {"level": "error", "message": "", "text": "second choice 7"},
        {"level": "warning", "exception": "ValueError: 7"},
        {"exception": "ValueError: 7"},
        {"level": "error", "message": "its own 7", "project": "other", "session": "s"},
    ],
)
def test_columns_mean_what_fields_mean(tmp_path: Path, columns: dict[str, object]) -> None:
    """The names that logs give to the same things, numbers as levels, errors as objects."""
    fine = {**columns, "message": "fine"} if "message" in columns else columns
    same(tmp_path, [{"ts": START.isoformat(), **columns}, {"ts": START.isoformat(), **fine}])


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("TIMESTAMP '2026-03-01 12:00:00.123456'", timedelta(microseconds=123_456)),
        ("TIMESTAMPTZ '2026-03-01 13:00:00+01'", timedelta()),
        ("TIMESTAMP_NS '2026-03-01 12:00:00.123456789'", timedelta(microseconds=123_456)),
        ("DATE '2026-03-01'", timedelta(hours=-12)),
        ("'2026-03-01T12:00:01Z'", timedelta(seconds=1)),
        ("'2026-03-01 12:00:01'", timedelta(seconds=1)),
        ("1772366400", timedelta()),
        ("1772366400.5", timedelta(seconds=0.5)),
        ("CAST(1772366400123 AS UBIGINT)", timedelta(milliseconds=123)),
        ("1772366400123456", timedelta(microseconds=123_456)),
        ("1772366400123456789", timedelta(microseconds=123_456)),
        ("TIMESTAMP 'infinity'", None),
        ("'yesterday'", None),
        ("-5", None),
        ("CAST(NULL AS TIMESTAMP)", None),
    ],
)
def test_a_time_is_a_time_in_whatever_type(tmp_path: Path, sql: str, expected) -> None:
    """What is none is as old as the file."""
    path = tmp_path / "a.parquet"
    duckdb.execute(
        f"COPY (SELECT {sql} AS ts, 'error' AS level, 'no' AS message) TO '{path}' (FORMAT parquet)"
    )
    (known,) = Counted(path).partial.classes.values()
    (count,) = known.days.values()
    modified = micros(datetime.fromtimestamp(path.stat().st_mtime, UTC))
    assert count.first == (modified if expected is None else micros(START + expected))


def test_the_same_table_adds_nothing_and_one_with_more_row_groups_what_is_more(
    tmp_path: Path,
) -> None:
    """Row groups are recognised by their bytes."""
    rows = entries(9_000)
    ledger = Ledger()
    first = Counted(parquet(tmp_path / "a.parquet", rows[: 3 * 2_048]), ledger=ledger)
    assert first.pieces == 3
    (tmp_path / "a.parquet").rename(tmp_path / "moved.parquet")
    again = Counted(tmp_path / "moved.parquet", ledger=ledger)
    assert (again.partial.events, again.known) == (0, 3 * 2_048)
    grown = Counted(parquet(tmp_path / "b.parquet", rows), ledger=ledger)
    assert grown.known in (0, 3 * 2_048)
    if grown.known:
        assert first.partial.events + grown.partial.events == 9_000


def test_samples_are_real_rows_and_no_more_than_so_many(tmp_path: Path) -> None:
    r = random.Random(3)
    rows = [{**e, "level": "error", "message": said(r)} for e in entries(3_000)]
    found = Counted(parquet(tmp_path / "a.parquet", rows)).partial
    real = {(str(row["message"]), row["session"]) for row in rows}
    for known in found.classes.values():
        hits = sum(c.hits for c in known.days.values())
        assert len(known.samples) == min(hits, SAMPLES)
        for sample in known.samples:
            text = sample.recording.text
            assert "<redacted:" in text or (text, sample.recording.call.session) in real
            assert known.days[sample.at // 86_400_000_000].hits
    assert found == Counted(tmp_path / "a.parquet", rows=300).partial


def test_what_does_not_fit_into_memory_is_counted_in_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sum of the halves is the whole."""
    path = parquet(tmp_path / "a.parquet", entries(8_000))
    expected = Counted(path).partial
    sizes: list[int] = []
    real = rows_.Rows.partial

    def scarce(self):
        begin, end = self._range
        sizes.append(end - begin)
        if end - begin > 3_000:
            raise duckdb.OutOfMemoryException("no")
        return real(self)

    monkeypatch.setattr(rows_.Rows, "partial", scarce)
    assert Counted(path).partial == expected
    assert max(sizes) == 8_000
    monkeypatch.setattr(table, "LEAST", 10_000)
    assert "do not fit" in Counted(path).unreadable[0].reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PAR1", "damaged"),
        (b"PAR1" + b"\x00" * 500 + b"PAR1", "damaged"),
        (None, "damaged"),
    ],
)
def test_a_damaged_table_is_told_and_the_others_are_read(tmp_path: Path, content, said) -> None:
    """Cut off in the middle, or with its bytes changed."""
    good = parquet(tmp_path / "good.parquet", entries(200))
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(good.read_bytes()[:-300] + b"PAR1" if content is None else content)
    found = Counted(bad, good)
    assert [(u.file.name, said in u.reason) for u in found.unreadable] == [(str(bad), True)]
    assert found.partial.events == 200


def test_damaged_bytes_in_the_middle_lose_no_other_file(tmp_path: Path) -> None:
    good = parquet(tmp_path / "good.parquet", entries(3_000))
    data = bytearray(good.read_bytes())
    data[40:900] = b"\xff" * 860
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(bytes(data))
    found = Counted(bad, good)
    assert len(found.unreadable) == 1
    assert found.partial.events >= 3_000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"ts": "2026-03-01", "count": 3}, "no column holds a message (it has ts, count)"),
        ({"tool": "x", "message": "no"}, "a table of calls"),
    ],
)
def test_wrong_columns_are_named(tmp_path: Path, row: dict[str, object], said: str) -> None:
    found = Counted(parquet(tmp_path / "a.parquet", [row]))
    assert said in found.unreadable[0].reason


@pytest.mark.parametrize(
    "name", ["a[1].parquet", "o'clock.parquet", "star*.parquet", "ü ?.parquet"]
)
def test_names_are_no_patterns(tmp_path: Path, name: str) -> None:
    """And no SQL."""
    made = parquet(tmp_path / "a.parquet", entries(30))
    made.rename(tmp_path / name)
    found = Counted(tmp_path / name)
    assert (found.unreadable, found.partial.events) == ([], 30)


def test_columns_may_be_named_anything(tmp_path: Path) -> None:
    row = {"Message": "no 7", 'le"vel': "x", "LEVEL": "error", "at us": 1, "h": 2, "day n": 3}
    found = Counted(parquet(tmp_path / "a.parquet", [row] * 3))
    assert found.partial.failures == 3


def test_rows_without_a_message_are_rejected(tmp_path: Path) -> None:
    rows = [{"level": level, "message": m} for level in ("info", "error") for m in ("", None, "no")]
    found = same(tmp_path, rows)
    assert (found.partial.events, found.partial.rejected) == (2, 4)
