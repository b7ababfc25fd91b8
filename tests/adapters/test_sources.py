import gzip
import io
import lzma
import os
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from failonce.adapters.sources import CutLine, Input, Limits, sources
from failonce.errors import BadInput
from failonce.model import Reject

TEXT = b"one\r\ntwo\n\nlast"
LINES = [b"one", b"two", b"", b"last"]


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC)


def found(*paths: object, stdin: bytes = b"", limits: Limits | None = None) -> list[Input | Reject]:
    given = [str(path) for path in paths]
    return list(sources(given, stdin=io.BytesIO(stdin), clock=Noon(), limits=limits))


def lines(path: object, limits: Limits | None = None) -> list[bytes]:
    (one,) = found(path, limits=limits)
    assert isinstance(one, Input)
    return list(one.lines())


@pytest.mark.parametrize(
    "pack",
    [
        lambda data: data,
        gzip.compress,
        lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:]),
        lzma.compress,
        zstandard.compress,
        lambda data: zstandard.compress(data[:5]) + zstandard.compress(data[5:]),
    ],
)
def test_compression_is_told_by_content_not_by_name(tmp_path, pack):
    path = tmp_path / "name.txt"
    path.write_bytes(pack(TEXT))
    assert lines(path) == LINES
    (one,) = found(path)
    assert isinstance(one, Input)
    assert one.head() == TEXT
    assert one.head() == TEXT
    assert list(one.lines()) == LINES
    assert one.whole() == TEXT
    assert (one.position, one.size) == (path.stat().st_size,) * 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_understood(tmp_path, encoding):
    path = tmp_path / "x"
    path.write_bytes("größe\nzwei\n".encode(encoding))
    assert lines(path) == ["größe".encode(), b"zwei"]


def test_standard_input_is_read_once_and_left_open():
    stdin = io.BytesIO(gzip.compress(TEXT))
    (one,) = sources(["-"], stdin=stdin, clock=Noon())
    assert isinstance(one, Input)
    assert one.head() == TEXT
    assert list(one.lines()) == LINES
    assert (one.modified, one.path, one.size) == (Noon().now(), None, None)
    assert not stdin.closed


def test_a_pipe_is_read_without_seeking():
    reader, writer = os.pipe()
    os.write(writer, TEXT)
    os.close(writer)
    with os.fdopen(reader, "rb") as stdin:
        (one,) = sources(["-"], stdin=stdin, clock=Noon())
        assert isinstance(one, Input)
        assert list(one.lines()) == LINES
        assert one.position >= 0


def test_a_folder_is_sorted_and_passes_over_hidden_members_and_loops(tmp_path):
    for name in ("b.log", "a/z.log", "a/y.log", ".hidden/x.log", ".secret"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    names = [Path(one.name).name for one in found(tmp_path) if isinstance(one, Input)]
    assert names == ["y.log", "z.log", "b.log"]
    assert len(found(tmp_path / ".hidden", tmp_path / ".secret")) == 2


def test_a_path_that_does_not_exist_is_named():
    with pytest.raises(BadInput, match="nowhere"):
        found("/nowhere/at/all")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_what_may_not_be_read_is_named_and_the_rest_goes_on(tmp_path, monkeypatch):
    closed = tmp_path / "a_closed"
    closed.mkdir()
    (tmp_path / "b_locked").write_text("x")
    (tmp_path / "c_fine").write_text("x")
    scandir, access = os.scandir, os.access

    def refuse(path):
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    # the suite may run as root, whom no permission stops
    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "access", lambda p, m: "b_locked" not in str(p) and access(p, m))
    first, second, third = found(tmp_path)
    assert isinstance(first, Reject)
    assert isinstance(second, Reject)
    assert isinstance(third, Input)
    assert ("a_closed" in first.source, "b_locked" in second.source) == (True, True)
    assert "permission" in first.reason


@pytest.mark.parametrize(
    "content",
    [b"\x7fELF\x02\x01", b"\x89PNG\r\n", bytes(range(256)) * 4, b"\0" * 100, b"%PDF-1.7 x"],
)
def test_a_binary_file_is_named(tmp_path, content):
    path = tmp_path / "image.log"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"image\.log.*binary"):
        lines(path)
    path.write_bytes(gzip.compress(content))
    with pytest.raises(BadInput, match="binary"):
        lines(path)


def test_text_with_nul_and_with_bad_bytes_is_text(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\0" * 50 + b"one\n" + "é".encode("latin-1") + b"t\xe9\n")
    assert lines(path)[1] == b"\xe9t\xe9"


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstandard.compress])
def test_data_cut_off_gives_its_lines_and_then_says_so(tmp_path, pack):
    path = tmp_path / "cut"
    data = os.urandom(300_000).hex().encode()
    whole = pack(b"\n".join(data[at : at + 60] for at in range(0, len(data), 60)))
    path.write_bytes(whole[: len(whole) // 2])
    (one,) = found(path)
    assert isinstance(one, Input)
    read: list[bytes] = []
    with pytest.raises(BadInput, match=r"cut.*damaged or cut off"):
        read.extend(one.lines())
    assert len(read) > 100


def test_a_line_over_the_limit_is_cut_and_the_next_is_whole(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"a" * 11 + b"\n" + b"b" * 10 + b"\n" + b"c" * 3_000_000)
    first, second, third = lines(path, Limits(line=10))
    assert (first, second, third) == (b"a" * 10, b"b" * 10, b"c" * 10)
    assert [isinstance(line, CutLine) for line in (first, second, third)] == [True, False, True]


@pytest.mark.parametrize("size", [64 << 20, pytest.param(1 << 30, marks=pytest.mark.torture)])
def test_a_huge_line_in_little_memory(tmp_path, size):
    path = tmp_path / "x.zst"
    with path.open("wb") as file, zstandard.ZstdCompressor().stream_writer(file) as packed:
        for _ in range(size >> 20):
            packed.write(b"x" * (1 << 20))
        packed.write(b"\nnext\n")
    tracemalloc.start()
    (one,) = found(path)
    assert isinstance(one, Input)
    first, second = one.lines()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, CutLine)
    assert second == b"next"
    assert peak < 40 << 20


def test_a_document_that_grows_over_the_limit_is_refused(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(b" " * (8 << 20)))
    (one,) = found(path, limits=Limits(whole=4 << 20))
    assert isinstance(one, Input)
    with pytest.raises(BadInput, match="4 MiB"):
        one.whole()
