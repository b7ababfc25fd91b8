"""Modes, writers at the same moment, and being killed: a file is the old one or the new one."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from failonce.adapters import workspace
from failonce.adapters.workspace import EDITS, FileWorkspace, disk
from failonce.errors import StoreBusy
from failonce.model import Lesson
from failonce.projections.managed_block import find
from tests.adapters.workspace.made import REPOSITORY, everything, posix, rule

ROOM = Path(workspace.__file__).parent
STRIDE = 1 if os.environ.get("FAILONCE_TORTURE") else 7
"""Every line is a point to be killed at in the torture run, every seventh in others."""


@posix
def test_mode_bits_stay_and_new_files_obey_the_umask(files: FileWorkspace, root: Path) -> None:
    root.mkdir()
    (root / "card.md").write_bytes(b"text")
    (root / "card.md").chmod(0o604)
    old = os.umask(0o027)
    try:
        files.reconcile([rule(1), rule(2, target="new")])
    finally:
        os.umask(old)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in root.iterdir()}
    assert modes == {"card.md": 0o604, "new.md": 0o640}


def test_what_somebody_writes_at_the_same_moment_stays(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir()
    card = root / "card.md"
    card.write_bytes(b"first\n")
    write = disk.write
    writes = 0

    def interrupted(path: Path, content: bytes, like: os.stat_result | None) -> None:
        nonlocal writes
        write(path, content, like)
        writes += 1
        if writes == 1:
            card.write_bytes(b"first\nsecond\n")

    monkeypatch.setattr(disk, "write", interrupted)
    files.reconcile([rule(1)])
    assert card.read_bytes().startswith(b"first\nsecond\n<!-- failonce:begin")
    files.reconcile([])
    assert card.read_bytes() == b"first\nsecond\n"


def test_a_file_that_never_rests_is_given_up(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir()
    card = root / "card.md"
    card.write_bytes(b"0\n")
    write = disk.write

    def restless(path: Path, content: bytes, like: os.stat_result | None) -> None:
        write(path, content, like)
        card.write_bytes(card.read_bytes() + b"more\n")

    monkeypatch.setattr(disk, "write", restless)
    with pytest.raises(StoreBusy):
        files.reconcile([rule(1)])
    assert [p.name for p in root.iterdir()] == ["card.md"]


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that kills itself with -9 before its n-th line in `workspace`.

    False where the work took fewer lines.
    """
    child = os.fork()
    if child == 0:
        lines = 0

        def trace(frame: object, event: str, arg: object) -> object:  # noqa: ARG001 - given
            nonlocal lines
            if Path(getattr(frame, "f_code").co_filename).parent != ROOM:  # noqa: B009 - typed object
                return None
            lines += event == "line"
            if lines > step:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            sys.settrace(trace)  # type: ignore[arg-type]
            work()
        finally:
            os._exit(0)
    _, code = os.waitpid(child, 0)
    return os.WIFSIGNALED(code)


def edit(card: Path) -> None:
    card.write_bytes(card.read_bytes().replace(b"- Call", b"- Mine.\n- Call"))


@posix
@pytest.mark.parametrize(
    ("first", "then", "edited"),
    [
        ([], [rule(1)], False),
        ([rule(1)], [rule(1), rule(2)], False),
        ([rule(1)], [], False),
        ([rule(1)], [], True),
    ],
    ids=["new", "changed", "removed", "edited"],
)
def test_killed_between_any_two_lines_a_file_is_old_or_new(
    tmp_path: Path, first: Sequence[Lesson], then: Sequence[Lesson], edited: bool
) -> None:
    files = FileWorkspace(tmp_path, project="shop")
    card = tmp_path / "card.md"

    def prepare() -> bytes:
        card.unlink(missing_ok=True)
        card.write_bytes(b"# Card\nno line end")
        files.reconcile(first)
        if edited:
            edit(card)
        return card.read_bytes()

    old = prepare()
    files.reconcile(then)
    new = card.read_bytes()
    for step in range(0, 5000, STRIDE):
        prepare()
        if not killed_at(step, lambda: files.reconcile(then)):
            break
        assert card.read_bytes() in (old, new)
        if edited and card.read_bytes() == new:
            assert b"- Mine." in next((tmp_path / EDITS).iterdir()).read_bytes()
        files.reconcile(then)
        assert card.read_bytes() == new
        assert not list(tmp_path.rglob("*.failonce-tmp"))
    assert step > 50


@posix
def test_two_writers_at_once_leave_whole_files(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from failonce.adapters.workspace import FileWorkspace\n"
        "from tests.adapters.workspace.made import rule\n"
        "files = FileWorkspace(Path(sys.argv[1]), project='shop')\n"
        "for i in range(60): files.reconcile([rule(n) for n in range(i % int(sys.argv[2]))])\n"
        "files.reconcile([rule(1), rule(2)])"
    )
    card = tmp_path / "card.md"
    card.write_bytes(b"# Card\r\nmine")
    writers = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path, str(n)], cwd=REPOSITORY)
        for n in (3, 4, 5)
    ]
    while any(w.poll() is None for w in writers):
        seen = card.read_bytes()
        assert seen.startswith(b"# Card\r\nmine")
        assert not find(seen).edited
    assert [w.returncode for w in writers] == [0, 0, 0]
    assert set(everything(tmp_path)) == {"card.md"}
    FileWorkspace(tmp_path, project="shop").reconcile([])
    assert card.read_bytes() == b"# Card\r\nmine"
