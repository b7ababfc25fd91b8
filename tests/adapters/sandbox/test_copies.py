"""Copies that code may change, read from outside and gone afterwards."""

import tempfile
from pathlib import Path

import pytest

from failonce.adapters.sandbox.copies import FolderCopies
from failonce.model import Ending, File, Grants, Job, Limits, Tree
from tests.sandboxed import the_sandbox

TREE: Tree = {"a.txt": File(content=b"a"), "b/c.sh": File(content=b"c", executable=True)}


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderCopies:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return FolderCopies(the_sandbox())


def job(code: str, **more: object) -> Job:
    lines = "\n".join(f"    {line}" for line in code.strip().splitlines())
    source = f"import os\nfrom pathlib import Path\ndef f(repo_dir):\n{lines}\n"
    return Job(source=source, entry="f", **{"limits": Limits(seconds=2.0), **more})  # type: ignore[arg-type]


def test_the_copy_is_there_and_what_became_of_it_is_read(
    copies: FolderCopies, tmp_path: Path
) -> None:
    code = """
root = Path(repo_dir)
seen = [p.relative_to(root).as_posix() for p in sorted(root.rglob("*"))]
(root / "a.txt").unlink()
(root / "b/new").write_text("new")
return [seen, os.access(root / "b/c.sh", os.X_OK), os.access(root / "a.txt", os.X_OK)]
"""
    ran, after = copies.run(TREE, job(code))
    assert ran.value == [["a.txt", "b", "b/c.sh"], True, False]
    assert after == {"b/c.sh": TREE["b/c.sh"], "b/new": File(content=b"new")}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError",
        "os._exit(0)",
        "while True: pass",
        "os.mkdir(repo_dir + '/x')\nPath(repo_dir, 'x/y').touch()\nos.chmod(repo_dir + '/x', 0)",
        "os.chmod(repo_dir, 0)",
        "[open(f'{repo_dir}/{n}', 'w').write('x' * 9_000_000) for n in range(20)]",
    ],
)  # fmt: skip
def test_nothing_is_left_however_it_ends(copies: FolderCopies, tmp_path: Path, code: str) -> None:
    copies.run(TREE, job(code))
    assert list(tmp_path.iterdir()) == []


def test_its_size_is_limited(copies: FolderCopies) -> None:
    fill = "[open(f'{repo_dir}/{n}', 'w').write('x' * 900_000) for n in range(200)]\nreturn 1"
    ran, _ = copies.run(TREE, job(fill, limits=Limits(seconds=5.0, disk_bytes=2_000_000)))
    assert ran.ending is Ending.DISK


def test_other_grants_stay_what_they_were(copies: FolderCopies, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.write_text("seen")
    read = f"return open({str(beside)!r}).read()"
    assert copies.run(TREE, job(read))[0].ending is Ending.RAISED
    ran, _ = copies.run(TREE, job(read, grants=Grants(reads=(str(beside),))))
    assert ran.value == "seen"
