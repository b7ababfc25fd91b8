"""Files on disk and in object storage."""

from pathlib import Path

import fsspec
import pytest

from failonce.adapters.batch.files import File, files, opened, shown
from failonce.errors import BadInput, BadSetting
from failonce.model import Reject
from failonce.testing import FixedClock
from tests.adapters.batch.made import START, Counted, Ledger, entries, parquet, text_log

CLOCK = FixedClock(START)


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    """A store of objects in this process, with a log and a table."""
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/day/a.log", text_log(200).encode())
    made = parquet(tmp_path / "b.parquet", entries(3_000))
    memory.pipe("/bucket/day/b.parquet", made.read_bytes())
    yield "memory://bucket/day"
    memory.rm("/bucket", recursive=True)


def test_a_bucket_is_read_as_a_folder_is(bucket: str, tmp_path: Path) -> None:
    """And what came from one is known in the other."""
    (tmp_path / "a.log").write_text(text_log(200))
    ledger = Ledger()
    there = Counted(bucket, window=9_000, ledger=ledger)
    assert there.unreadable == []
    assert there.partial.digest == Counted(tmp_path, window=9_000).partial.digest
    assert Counted(tmp_path, window=9_000, ledger=ledger).partial.events == 0


def test_patterns_name_objects(bucket: str) -> None:
    found = [f.name for f in files(f"{bucket}/*.log", CLOCK) if isinstance(f, File)]
    assert found == ["memory:///bucket/day/a.log"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("memory://nowhere/x.log", "no such file"),
        ("memory://nowhere/*.log", "there is no file"),
        ("-", "standard input"),
        ("/nowhere/x.log", "no such file"),
    ],
)
def test_what_is_not_there_is_told(path: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        list(files(path, CLOCK))


def test_a_protocol_that_nobody_knows_is_told() -> None:
    with pytest.raises(BadSetting, match="cannot be read here"):
        list(files("gopher://x/y.log", CLOCK))


def test_names_show_no_credentials() -> None:
    url = "s3://key:secret@bucket/a.log?X-Amz-Signature=abc"
    assert shown(url) == "s3://bucket/a.log"


def test_what_may_not_be_read_is_a_reject(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.log"
    path.write_text("x")
    monkeypatch.setattr("os.access", lambda *_: False)
    (found,) = files(str(path), CLOCK)
    assert isinstance(found, Reject)


def test_a_file_that_goes_away_meanwhile_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(text_log(50))
    (tmp_path / "b.log").write_text(text_log(60))
    found = [f for f in files(str(tmp_path), CLOCK) if isinstance(f, File)]
    assert [f.given for f in found] == [False, False]
    (tmp_path / "a.log").unlink()
    assert len(found) == 2
    with pytest.raises(BadInput, match="no such file"), opened(found[0]):
        raise AssertionError("it is not there")
