"""Skill files are shut to everything outside the folder, and no trouble of a disk breaks one."""

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from failonce.adapters.workspace import FileWorkspace, disk
from failonce.errors import BadInput, FailonceError, RefusedLesson, StoreError, StoreFull
from tests.adapters.workspace.made import REPOSITORY, everything, posix, rule

BEGIN = b"<!-- failonce:begin 0123456789abcdef (kept by failonce: write outside this block) -->\n"
END = b"<!-- failonce:end -->\n"
BROKEN = [
    BEGIN,
    END,
    END + BEGIN,
    BEGIN[:40],
    BEGIN + END + BEGIN + END,
    BEGIN + BEGIN + END + END,
    b"<<<<<<< ours\n" + BEGIN + b"=======\n" + BEGIN + b">>>>>>> theirs\n" + END,
    BEGIN + b"<!-- failonce:beginning of a story -->\n" + END,
]


@pytest.mark.parametrize(
    "target", ["../card", "/tmp/card", "a/b", "..", ".", "", "Card", "a b", "a\0b", "c\u200bd", "é"]
)
def test_a_target_that_is_no_name_is_refused(
    files: FileWorkspace, tmp_path: Path, target: str
) -> None:
    with pytest.raises(RefusedLesson, match="RU-00000001"):
        files.reconcile([rule(1, target=target)])
    assert everything(tmp_path) == {}


@pytest.mark.parametrize(
    "sentence",
    ["# Heading", "one\ntwo", "a <!-- b", "--> b", "``` c", "hidden \u202e text", "x" * 301, ""],
)
def test_a_sentence_that_could_be_structure_is_refused(
    files: FileWorkspace, root: Path, sentence: str
) -> None:
    with pytest.raises(FailonceError):
        files.reconcile([rule(1, sentence), rule(2, "Fine.")])
    assert everything(root)["card.md"].count(b"\n- ") == 1


def test_bytes_that_nobody_approved_are_not_written(files: FileWorkspace, root: Path) -> None:
    good = rule(1)
    flipped = replace(good, proposal=replace(good.proposal, body="Call `list` before `gets`."))
    files.reconcile([good, rule(2, "Other.")])
    with pytest.raises(RefusedLesson, match="not the one that was approved"):
        files.reconcile([flipped, rule(2, "Other.")])
    assert b"gets" not in everything(root)["card.md"]
    assert b"Other." in everything(root)["card.md"]


def test_text_within_another_rule_is_no_duplicate(files: FileWorkspace, root: Path) -> None:
    files.reconcile([rule(1, "Call `list` before `get`."), rule(2, "Call `list`.")])
    assert everything(root)["card.md"].count(b"\n- ") == 2


@posix
@pytest.mark.parametrize("where", ["outside.md", "skills/inside.md"])
def test_links_are_not_followed(
    files: FileWorkspace, root: Path, tmp_path: Path, where: str
) -> None:
    root.mkdir()
    (tmp_path / where).write_bytes(b"precious")
    (root / "card.md").symlink_to(tmp_path / where)
    with pytest.raises(BadInput, match="it is a link"):
        files.reconcile([rule(1)])
    assert (tmp_path / where).read_bytes() == b"precious"
    assert (root / "card.md").is_symlink()


@posix
def test_folders_pipes_and_read_only_files_are_refused_and_the_rest_goes_on(
    files: FileWorkspace, root: Path
) -> None:
    root.mkdir()
    (root / "folder.md").mkdir()
    os.mkfifo(root / "pipe.md")
    (root / "locked.md").write_bytes(b"text")
    (root / "locked.md").chmod(0o444)
    targets = ("folder", "pipe", "locked", "zebra")
    with pytest.raises(BadInput, match="2 more"):
        files.reconcile([rule(n, target=t) for n, t in enumerate(targets)])
    assert (root / "locked.md").read_bytes() == b"text"
    assert b"Call" in (root / "zebra.md").read_bytes()


@pytest.mark.parametrize("content", [b"\x7fELF\0\0", "card".encode("utf-16")])
def test_binary_files_are_refused(files: FileWorkspace, root: Path, content: bytes) -> None:
    root.mkdir()
    (root / "card.md").write_bytes(content)
    with pytest.raises(BadInput, match="UTF-8"):
        files.reconcile([rule(1)])
    assert everything(root) == {"card.md": content}


def test_a_huge_file_is_refused(files: FileWorkspace, root: Path) -> None:
    root.mkdir()
    (root / "card.md").touch()
    os.truncate(root / "card.md", disk.MAX_BYTES + 1)
    with pytest.raises(BadInput, match="larger than 8,000,000 bytes"):
        files.reconcile([rule(1)])
    assert (root / "card.md").stat().st_size == disk.MAX_BYTES + 1


@pytest.mark.parametrize("content", BROKEN)
def test_half_a_marker_two_blocks_and_blocks_within_blocks_are_refused_as_they_are(
    files: FileWorkspace, root: Path, content: bytes
) -> None:
    root.mkdir()
    (root / "card.md").write_bytes(content)
    with pytest.raises(BadInput, match="damaged or doubled"):
        files.reconcile([rule(1)])
    with pytest.raises(BadInput, match="damaged or doubled"):
        files.reconcile([])
    assert everything(root) == {"card.md": content}


def test_a_file_in_place_of_the_folder_is_an_error(files: FileWorkspace, root: Path) -> None:
    root.write_bytes(b"I am a file")
    with pytest.raises(StoreError, match="skills"):
        files.reconcile([rule(1)])
    assert root.read_bytes() == b"I am a file"


@posix
def test_a_folder_without_permission_is_an_error(tmp_path: Path) -> None:
    """In a child of its own: root writes everywhere, so the child is nobody."""
    script = (
        "import os; from pathlib import Path\n"
        "from failonce.adapters.workspace import FileWorkspace\n"
        "from tests.adapters.workspace.made import rule\n"
        "os.getuid() or os.setuid(65534)\n"
        "FileWorkspace(Path('.'), project='shop').reconcile([rule(1)])"
    )
    (tmp_path / "card.md").write_bytes(b"mine")
    (tmp_path / "card.md").chmod(0o666)
    tmp_path.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    tmp_path.chmod(0o755)
    assert "StoreError: card.md was left as it is: Permission denied" in done.stderr
    assert everything(tmp_path) == {"card.md": b"mine"}


def test_a_full_disk_leaves_the_old_file(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.reconcile([rule(1)])
    before = everything(root)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull, match=r"card\.md"):
        files.reconcile([rule(1), rule(2)])
    assert everything(root) == before
