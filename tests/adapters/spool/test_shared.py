"""One segment that processes which live for a moment write together."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from failonce.adapters.spool import Record, Spool
from failonce.adapters.spool import frames as shared
from failonce.adapters.spool.frames import Full, append, framed
from failonce.adapters.spool.records import framed as framed_record
from failonce.adapters.spool.records import unframed
from failonce.model import Call, Recording

RECORDING = Recording(
    call=Call(tool="Bash", args={"command": "ls"}, session="s", project="p"),
    text="fine",
    flagged=False,
    at=datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=UTC),
    id="event:x",
    duration_ms=12.0,
    tags=("interrupted",),
    source="claude-code",
)
PLAIN = {
    "call": {"tool": "Bash", "session": "s", "project": "p", "args": {"command": "ls"}},
    "text": "fine", "at": "2026-11-22T10:00:00.000005+00:00", "id": "event:x",
    "source": "claude-code", "flagged": False, "duration_ms": 12.0, "tags": ["interrupted"],
}  # fmt: skip


HOLDING = """
import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def taken(folder: Path) -> list[Record]:
    found: list[Record] = []
    assert Spool(folder).take_up(found.extend) is not None
    return found


def test_a_recording_is_the_same_however_it_was_written(tmp_path: Path) -> None:
    append(str(tmp_path / "spool"), [framed("recording", PLAIN), framed_record(RECORDING)])
    assert taken(tmp_path / "spool") == [RECORDING, RECORDING]
    assert list((tmp_path / "spool").glob("*.seg")) == []


def test_thousands_leave_one_file(tmp_path: Path) -> None:
    for _ in range(200):
        append(str(tmp_path), [framed("recording", PLAIN)])
    assert len(list(tmp_path.glob("*.seg"))) == 1
    assert len(taken(tmp_path)) == 200


def test_nothing_is_lost_while_it_is_emptied(tmp_path: Path) -> None:
    found: list[Record] = []
    over = threading.Event()

    def empty() -> None:
        spool = Spool(tmp_path)
        while not over.is_set():
            spool.take_up(found.extend)

    thread = threading.Thread(target=empty)
    thread.start()
    for n in range(300):
        append(str(tmp_path), [framed("recording", {**PLAIN, "text": str(n)})])
    over.set()
    thread.join()
    found += taken(tmp_path)
    texts = [r.text for r in found if isinstance(r, Recording)]
    assert sorted(texts, key=int) == [str(n) for n in range(300)]


def test_who_cannot_wait_has_a_segment_of_its_own(tmp_path: Path) -> None:
    append(str(tmp_path), [framed("recording", PLAIN)])
    held = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOLDING,
            str(tmp_path / "hooks.seg"),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert held.stdout is not None
        held.stdout.readline()
        append(str(tmp_path), [framed("recording", PLAIN)])
    finally:
        held.kill()
        held.wait()
        held.stdout.close()  # type: ignore[union-attr]
    assert len(list(tmp_path.glob("*.seg"))) == 2
    assert len(taken(tmp_path)) == 2


def test_what_was_half_written_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(str(tmp_path), [framed("recording", PLAIN)])
    write = os.write
    rest = [5]

    def full(handle: int, content: bytes) -> int:
        if not rest:
            raise OSError(28, "No space left on device")
        return write(handle, bytes(content)[: rest.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            append(str(tmp_path), [framed("recording", PLAIN)])
    append(str(tmp_path), [framed("recording", PLAIN)])
    (path,) = tmp_path.glob("*.seg")
    assert None not in list(unframed(path.read_bytes()))
    assert len(taken(tmp_path)) == 2


def test_it_has_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "_SHARED_BYTES", 1000)
    append(str(tmp_path), [framed("recording", PLAIN)] * 10)
    with pytest.raises(Full):
        append(str(tmp_path), [framed("recording", PLAIN)])
    assert taken(tmp_path)
