"""Which files of a toolbox are read, and how their tools are told apart."""

import os
from pathlib import Path

import pytest

from failonce.adapters.importers import python_folder
from failonce.adapters.importers.python_folder import Toolbox, read_folders
from failonce.adapters.importers.python_tools import LONGEST, Why
from failonce.model import Reject
from failonce.testing import FixedClock
from tests.made import START

ONE = 'def one(a: int):\n    "Does one thing."\n'


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


def write(path: Path, text: str = ONE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def read(*paths: Path) -> tuple[Toolbox, list[Reject]]:
    found = Toolbox()
    return found, list(read_folders([str(p) for p in paths], FixedClock(START), found))


def test_every_python_file_of_a_folder_is_read(box: Path) -> None:
    write(box / "b.py", ONE.replace("one", "two"))
    write(box / "net/__init__.py", ONE.replace("one", "three"))
    write(box / "a.py")
    write(box / "notes.txt")
    found, rejects = read(box)
    assert [(s.name, s.code) for s in found.specs] == [
        ("one", "box/a.py"),
        ("two", "box/b.py"),
        ("three", "box/net/__init__.py"),
    ]
    assert rejects == []
    assert found.files == {"box/a.py", "box/b.py", "box/net/__init__.py"}
    assert dict(found.passed_over) == {"other files": 1}
    assert read(box / "a.py")[0].specs[0].code == "box/a.py"


def test_tests_hidden_and_installed_files_are_counted_and_passed_over(box: Path) -> None:
    for name in ("test_a.py", "a_test.py", "conftest.py", ".hidden.py", ".git/a.py",
                 "venv/lib/a.py", "__pycache__/a.py", "node_modules/a.py"):  # fmt: skip
        write(box / name)
    write(box / "venv/pyvenv.cfg")
    write(box / "a.py")
    found, rejects = read(box)
    assert ([s.name for s in found.specs], rejects) == (["one"], [])
    assert dict(found.passed_over) == {
        "tests and setup files": 3,
        "hidden files": 1,
        "hidden folders": 1,
        "folders of installed packages": 3,
    }


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_read(box: Path) -> None:
    write(box / "a.py", "def f(:\n")
    write(box / "b.py", "#" * (LONGEST + 1))
    os.mkfifo(box / "c.py")
    write(box / "d.py")
    (box / "e.py").write_bytes(b"\x7fELF\0\0")
    found, rejects = read(box)
    assert [s.name for s in found.specs] == ["one"]
    assert [(Path(r.source).name, r.reason.split(";")[0]) for r in rejects] == [
        ("a.py", "no Python (line 1): invalid syntax"),
        ("b.py", "longer than 256 KiB"),
        ("c.py", "no file that could be read"),
        ("e.py", "a binary file"),
    ]
    assert found.failed == 0, "the folder could be read"
    assert read(box / "a.py")[0].failed == 1


def test_links_are_not_followed(box: Path, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside/a.py", ONE.replace("one", "foreign"))
    write(box / "a.py")
    (box / "inside.py").symlink_to("a.py")
    (box / "leads_out.py").symlink_to(outside)
    (box / "folder").symlink_to(outside.parent)
    (box / "loop.py").symlink_to("loop.py")
    (box / "gone.py").symlink_to("nowhere.py")
    found, rejects = read(box)
    assert [s.name for s in found.specs] == ["one"]
    assert sorted(Path(r.source).name for r in rejects) == ["folder", "leads_out.py"]
    assert all("leads out of the folder" in r.reason for r in rejects)
    assert found.passed_over["links within the folder"] == 3
    (tmp_path / "way").symlink_to(box)
    given, _ = read(tmp_path / "way")
    assert [s.code for s in given.specs] == ["box/a.py"], "a folder that was given may be a link"


def test_a_path_that_is_not_there_does_not_stop_the_others(box: Path) -> None:
    write(box / "a.py")
    found, (reject,) = read(box / "no", box)
    assert reject.reason == "there is no such file or folder"
    assert (found.failed, len(found.specs)) == (1, 1)


def test_tools_of_one_name_are_called_by_their_files(box: Path) -> None:
    write(box / "wifi.py", 'def run(network: str):\n    "Tests a network."\n')
    write(box / "disk/usage.py", 'def run(path: str):\n    "Tells how full a disk is."\n')
    write(box / "disk/__init__.py", "def run(): pass\n")
    write(box / "other.py", "def other(): pass\n")
    found, rejects = read(box)
    assert rejects == []
    assert {s.name: s.code for s in found.specs} == {
        "wifi.run": "box/wifi.py",
        "disk.usage.run": "box/disk/usage.py",
        "disk.run": "box/disk/__init__.py",
        "other": "box/other.py",
    }


def test_the_same_tool_in_two_files_is_one(box: Path) -> None:
    write(box / "a.py")
    write(box / "backup/a.py")
    found, _ = read(box)
    assert [s.code for s in found.specs] == ["box/a.py"]
    assert [(x.name, x.code, x.why) for x in found.left_out] == [
        ("one", "box/backup/a.py", Why.TWIN)
    ]


def test_what_is_too_much_is_told(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_folder, "FILES", 2)
    for name in "abc":
        write(box / f"{name}.py", ONE.replace("one", name))
    found, (reject,) = read(box)
    assert [s.name for s in found.specs] == ["a", "b"]
    assert reject.source.endswith("c.py")
    assert "more than 2 files" in reject.reason
    assert found.failed == 1
