"""Modes, writers at the same moment, and being killed: a file is the old one or the new one."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from failonce.adapters import workspace
from failonce.adapters.workspace import EDITS, FileWorkspace, Places, disk
from failonce.errors import StoreBusy
from failonce.model import Lesson
from failonce.projections.managed_block import find
from failonce.projections.own_file import Gone
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


def test_a_file_that_appears_right_before_ours_is_in_place_stays(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there when we looked a last time, so no look can find it."""
    put, card = disk._put, root / "card.md"

    def late(temporary: Path, path: Path) -> bool:
        if not card.exists():
            card.write_bytes(b"quicker\n")
        return put(temporary, path)

    monkeypatch.setattr(disk, "_put", late)
    files.reconcile([rule(1)])
    assert card.read_bytes().startswith(b"quicker\n<!-- failonce:begin")
    files.reconcile([])
    assert everything(root) == {"card.md": b"quicker\n"}


def test_a_disk_without_second_names_for_a_file_is_written_too(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(self), None, str(target))

    monkeypatch.setattr(Path, "hardlink_to", never)
    files.reconcile([rule(1)])
    assert b"Call" in everything(root)["card.md"]


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
        "from failonce.adapters.workspace import FileWorkspace, Places\n"
        "from tests.adapters.workspace.made import rule\n"
        "root = Path(sys.argv[1])\n"
        "places = Places(root=root, blocks=(Path('AGENTS.md'),), agent_skills=(Path('agents'),))\n"
        "files = FileWorkspace(root / 'skills', project='shop', places=places)\n"
        "for i in range(60): files.reconcile([rule(n) for n in range(i % int(sys.argv[2]))])\n"
        "files.reconcile([rule(1), rule(2)])"
    )
    (tmp_path / "skills").mkdir()
    theirs = {"skills/card.md": b"# Card\r\nmine", "AGENTS.md": b"# Agents\n"}
    for name, content in theirs.items():
        (tmp_path / name).write_bytes(content)
    writers = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path, str(n)], cwd=REPOSITORY)
        for n in (3, 4, 5)
    ]
    skill = tmp_path / "agents/failonce-card/SKILL.md"
    while any(w.poll() is None for w in writers):
        for name, content in theirs.items():
            seen = (tmp_path / name).read_bytes()
            assert seen.startswith(content)
            assert not find(seen).edited
        with suppress(FileNotFoundError):
            assert not Gone().onto(skill.read_bytes()).edited
    assert [w.returncode for w in writers] == [0, 0, 0]
    assert set(everything(tmp_path)) == {*theirs, "agents/failonce-card/SKILL.md"}
    places = Places(root=tmp_path, blocks=(Path("AGENTS.md"),), agent_skills=(Path("agents"),))
    FileWorkspace(tmp_path / "skills", project="shop", places=places).reconcile([])
    assert everything(tmp_path) == theirs
