"""Text logs in parts: the same events wherever they are cut; the same file, and a grown one."""

import gzip
import itertools
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.adapters.batch import files, lines
from failonce.adapters.batch.parts import File
from failonce.adapters.sources import Limits
from failonce.errors import BadInput
from failonce.summing import merge
from tests.adapters.batch.made import TRACE, Counted, Ledger, json_log, text_log, whole

LOGS = {"text": text_log(300), "json": json_log(300)}


@pytest.fixture(params=LOGS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.log"
    path.write_text(LOGS[request.param])
    return path


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(window=st.integers(200, 60_000))
def test_the_cut_cannot_be_seen(path: Path, window: int) -> None:
    """Counts, times, rejects and samples are those of the file as a whole."""
    assert Counted(path, window=window).partial == whole(path)


def test_rejects_name_the_lines_of_the_file(path: Path) -> None:
    one, many = Counted(path), Counted(path, window=2_000)
    assert [r.line for r in many.rejects][:20] == [r.line for r in one.rejects]
    assert one.partial.rejected == len(many.rejects)
    samples = [
        [s.recording.line for s in c.samples]
        for c in (one.partial, many.partial)
        for c in c.classes.values()
    ]
    assert samples[: len(samples) // 2] == samples[len(samples) // 2 :]


def test_the_same_file_adds_nothing_and_a_copy_neither(path: Path, tmp_path: Path) -> None:
    """Under another name, or compressed: the content says what it is."""
    ledger = Ledger()
    first = Counted(path, ledger=ledger, window=5_000)
    assert first.partial.failures > 50
    data = path.read_bytes()
    copies = [tmp_path / name for name in ("copy.log", "a.log.gz", "b.log.xz", "c.log.zst")]
    packed = (data, gzip.compress(data), lzma.compress(data), zstandard.compress(data))
    for copy, content in zip(copies, packed, strict=True):
        copy.write_bytes(content)
    again = Counted(path, *copies, ledger=ledger, window=5_000)
    assert (again.partial.events, again.unreadable) == (0, [])
    assert again.known == 5 * data.count(b"\n")


def test_copies_in_one_run_count_once(path: Path, tmp_path: Path) -> None:
    """Also where one of them is what the other has grown from."""
    data = path.read_bytes()
    half = data.index(b"\n", len(data) // 2) + 1
    (tmp_path / "packed.log.gz").write_bytes(gzip.compress(data))
    (tmp_path / "before.log").write_bytes(data[:half])
    found = Counted(tmp_path / "before.log", path, tmp_path / "packed.log.gz", window=5_000)
    assert found.partial.digest == whole(path).digest


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("window", [3_000, 1 << 20])
def test_a_grown_file_adds_its_growth(path: Path, packed: bool, window: int) -> None:
    """Wherever a line ended when it was read before; also when it was packed since."""
    data = path.read_bytes()
    expected = whole(path)
    ledger = Ledger()
    sums = []
    cuts = [len(data) * n // 7 for n in range(1, 8)]
    for at in cuts:
        end = data.rfind(b"\n", 0, at) + 1
        part = data[:end]
        path.write_bytes(gzip.compress(part) if packed else part)
        sums.append(Counted(path, ledger=ledger, window=window).partial)
    events = sum(p.events for p in sums)
    failures = sum(p.failures for p in sums)
    # an event of several lines that a cut divides is one before and, at most, one after it
    assert expected.events <= events <= expected.events + len(cuts)
    assert expected.failures <= failures <= expected.failures + len(cuts)


def test_a_line_that_was_cut_off_is_not_counted_again_once_it_is_whole(tmp_path: Path) -> None:
    """The half of it was an event, and so it stays one."""
    path, ledger = tmp_path / "a.log", Ledger()
    line = "2026-03-01 12:00:00 ERROR app.a: disk 7 is full\n"
    path.write_text(line * 2 + line[:-9])
    assert Counted(path, ledger=ledger).partial.failures == 3
    path.write_text(line * 5)
    assert Counted(path, ledger=ledger).partial.failures == 2
    assert Counted(path, ledger=ledger).partial.failures == 0


def test_a_traceback_that_is_still_written_is_read_once_it_is_whole(tmp_path: Path) -> None:
    """Half of it would be a failure of another class."""
    path, ledger = tmp_path / "a.log", Ledger()
    before = "2026-03-01 12:00:00 ERROR app.a: no\n" + TRACE.format(3, 4) + "\n"
    stamp = "2026-03-01 12:00:09 ERROR app.b: went wrong\n"
    trace = stamp + TRACE.format(5, 6)
    path.write_text(before * 30 + trace[: trace.index("KeyError")])
    first = Counted(path, ledger=ledger, window=700)
    assert (first.partial.failures, first.partial.rejected) == (30, 1)
    assert "grown" in first.rejects[0].reason
    assert Counted(path, ledger=ledger, window=700).partial.failures == 0
    path.write_text(before * 30 + trace + "\n" + before)
    last = Counted(path, ledger=ledger, window=700).partial
    assert (last.failures, last.rejected) == (2, 0)
    assert {c.named.error_type for c in last.classes.values()} == {"KeyError"}


def test_what_is_still_unfinished_is_no_news(tmp_path: Path) -> None:
    """The file as it was, and one that grew by half an event alone, add nothing, not even a key
    that is known: with that one, all other files of the round would be passed over."""
    path, other, ledger = tmp_path / "a.log", tmp_path / "b.log", Ledger()
    before = "2026-03-01 12:00:00 ERROR app.a: no\n"
    trace = "2026-03-01 12:00:09 ERROR app.b: went wrong\n" + TRACE.format(5, 6)
    path.write_text(before * 3)
    assert Counted(path, ledger=ledger).partial.failures == 3
    path.write_text(before * 3 + trace[: trace.index("KeyError")])
    for count in range(2):
        other.write_text(before * (count + 1))
        assert Counted(path, other, ledger=ledger).partial.failures == 1
    assert Counted(path, ledger=ledger).pieces == 0


def test_a_piece_that_two_files_come_to_is_kept_once(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.log", tmp_path / "b.log"
    before = "2026-03-01 12:00:00 ERROR app.a: no\n"
    trace = "2026-03-01 12:00:09 ERROR app.b: went wrong\n" + TRACE.format(5, 6)
    path.write_text(before * 3 + trace[: trace.index("KeyError")])
    copy.write_text(before * 3)
    assert Counted(copy, path).partial.failures == 3
    assert Counted(path, copy).pieces == 1


def test_what_cannot_be_read_a_second_time_is_not_taken_for_counted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was surveyed well; then the disk, or the network, gives no more of it."""
    ledger, reads = Ledger(), itertools.count()

    def part(file: File, *given: Any) -> Iterator[bytes]:
        if next(reads) > 5:
            raise BadInput(f"{file.name}: the disk is gone")
        yield from files.part(file, *given)

    with monkeypatch.context() as patched:
        patched.setattr(lines, "part", part)
        broken = Counted(path, ledger=ledger, window=5_000)
    assert {u.reason for u in broken.unreadable} == {"the disk is gone"}
    assert 0 < broken.partial.failures < whole(path).failures
    rest = Counted(path, ledger=ledger, window=5_000)
    assert merge([broken.partial, rest.partial]) == whole(path)


def test_a_log_whose_lines_tell_no_time_is_one_part(tmp_path: Path) -> None:
    path = tmp_path / "plain.log"
    path.write_text("error: disk 7 is full\nall is fine\n" * 500)
    found = Counted(path, window=1_000, is_log=True)
    assert (found.partial.failures, found.pieces) == (500, -(-path.stat().st_size // 1_000))
    assert found.partial == whole(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings_are_read_as_a_whole(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "wide.log"
    path.write_bytes(text_log(50).encode(encoding))
    assert Counted(path, window=2_000).partial == whole(path)


def test_a_part_that_looks_binary_is_the_text_that_its_file_is(tmp_path: Path) -> None:
    """Messages whose fields are parted by control characters, as those of FIX; only how the whole
    file begins says what it is."""
    path = tmp_path / "fix.log"
    fields = "\x01".join("35=3" for _ in range(20))
    path.write_text(text_log(1_500) + "".join(
        f"2026-03-02 10:00:{n % 60:02},123 ERROR gate: rejected 8=FIX.4.4\x01{fields}\n"
        for n in range(200)
    ))  # fmt: skip
    found = Counted(path, window=3_000)
    assert found.unreadable == []
    assert found.partial == whole(path)


def test_a_huge_line_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    good = "2026-03-01 12:00:00 ERROR app.a: disk 7 is full\n"
    path.write_text(good + "x" * (Limits().line + 9) + "\n" + good)
    found = Counted(path, window=1 << 20)
    assert (found.partial.failures, found.partial.rejected) == (2, 1)
    assert "longer than" in found.rejects[0].reason
    assert found.rejects[0].line == 2


def test_a_damaged_file_is_counted_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    path.write_bytes(gzip.compress(text_log(4_000).encode())[:-40])
    found = Counted(path)
    assert found.partial.failures > 100
    assert "damaged or cut off" in found.unreadable[0].reason


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.log", b"\x7fELF\x01\x02\x03" * 50, "binary"),
        ("calls.jsonl", b'{"tool": "x", "args": {}, "session": "s"}\n', "without"),
        ("a.csv", b"time,level,message\n2026-03-01,error,no\n", "without"),
        ("notes.txt", b"dear diary\n", "--format"),
    ],
)
def test_what_is_no_log_says_so(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = Counted(path)
    assert said in found.unreadable[0].reason
    assert found.partial.events == 0


def test_an_empty_file_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.touch()
    assert (Counted(path).partial.events, Counted(path).unreadable) == (0, [])
