"""A repository is read as git sees it, and written whole or not at all."""

import os
import subprocess
from pathlib import Path

import pytest

from failonce.adapters import repository
from failonce.adapters.repository import Repository
from failonce.errors import BadInput, StoreError
from failonce.gate.edits import edits
from failonce.model import File


def git(root: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with what is known, new, ignored, gone, secret and linked."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("build/\n")
    (folder / "known.py").write_text("1\n")
    (folder / "gone.py").write_text("1\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    (folder / "gone.py").unlink()
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/new.py").write_bytes(b"\xff\n")
    (folder / "build").mkdir()
    (folder / "build/made").write_text("x")
    (folder / ".env").write_text("TOKEN=1")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "away").symlink_to(tmp_path)
    return folder


def test_it_is_read_as_git_sees_it(root: Path) -> None:
    found = Repository(root)
    read = found.read()
    tree = read.tree
    assert set(tree) == {".gitignore", "known.py", "run.sh", "deep/er/new.py"}
    assert tree["run.sh"].executable
    assert not tree["known.py"].executable
    assert tree["deep/er/new.py"].content == b"\xff\n"
    assert {(x.path, x.why) for x in read.left} == {
        (".env", "its name says that it holds secrets"),
        ("away", "it is a link"),
        ("link", "it is a link"),
    }


def test_a_part_of_it_is_a_repository_too(root: Path) -> None:
    assert set(Repository(root / "deep").read().tree) == {"er/new.py"}


def test_a_folder_that_git_does_not_know_is_walked(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(root / "nothing"))
    tree = Repository(root).read().tree
    assert set(tree) == {".gitignore", "known.py", "run.sh", "deep/er/new.py", "build/made"}


def test_reading_starts_no_program_that_the_repository_names(root: Path, tmp_path: Path) -> None:
    """A monitor of files, as git's settings call it, would run with our rights."""
    program = tmp_path / "monitor"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(program))
    git(root, "config", "core.hooksPath", str(tmp_path))
    subprocess.run(["git", "status"], cwd=root, check=True, capture_output=True)
    assert (tmp_path / "ran").exists()  # it is a real attack
    (tmp_path / "ran").unlink()
    Repository(root).read()
    assert not (tmp_path / "ran").exists()


def test_what_is_too_much_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST_FILES", 2)
    with pytest.raises(BadInput, match="Name the folder of one part"):
        Repository(root).read()


def test_it_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no folder"):
        Repository(tmp_path / "none")


def test_edits_are_written_and_modes_stay(root: Path) -> None:
    found = Repository(root)
    tree = found.read().tree
    (root / "known.py").chmod(0o640)
    after = {
        "known.py": File(content=b"2\n"),
        "run.sh": File(content=b"#!/bin/sh\n", executable=False),
        "new/one.sh": File(content=b"x", executable=True),
        ".gitignore": tree[".gitignore"],
    }
    found.write(tree, edits(tree, after))
    assert dict(Repository(root).read().tree) == after
    assert (root / "known.py").stat().st_mode & 0o777 == 0o640
    assert os.access(root / "new/one.sh", os.X_OK)
    assert not [p for p in root.rglob("*") if "failonce" in p.name]


def test_what_was_changed_meanwhile_is_left_alone(root: Path) -> None:
    found = Repository(root)
    tree = found.read().tree
    (root / "known.py").write_text("mine\n")
    done = {"a.py": File(content=b""), "known.py": File(content=b"2\n")}
    with pytest.raises(BadInput, match="was changed meanwhile"):
        found.write(tree, done)
    assert (root / "known.py").read_text() == "mine\n"
    assert not (root / "a.py").exists()


def test_nothing_is_written_behind_a_link(root: Path, tmp_path: Path) -> None:
    found = Repository(root)
    tree = found.read().tree
    for path in ("away/x", "link", "deep/../../x"):
        with pytest.raises(BadInput, match="nothing was changed"):
            found.write(tree, {path: File(content=b"x")})
    assert not (tmp_path / "x").exists()


def test_where_one_cannot_be_written_all_are_as_before(root: Path) -> None:
    found = Repository(root)
    tree = found.read().tree
    done = {
        "a.py": File(content=b"new"),
        "known.py": None,
        "run.sh": File(content=b"2"),
        "run.sh/inner": File(content=b"x"),
    }
    with pytest.raises(StoreError, match="all files are as they were"):
        found.write(tree, done)
    assert dict(Repository(root).read().tree) == tree
