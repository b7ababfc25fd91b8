"""What a run took of a granted folder."""

import os
from pathlib import Path

import pytest

from failonce.adapters.sandbox.growth import Growth
from failonce.adapters.sandbox.layout import INODES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/before").write_bytes(bytes(1 << 20))
    return tmp_path


def test_what_was_there_before_does_not_count(folder: Path) -> None:
    """Only what is more than before; what was removed makes room."""
    root = os.open(folder, os.O_PATH)
    try:
        growth = Growth([root], 1 << 20)
        assert not growth.over(now=True)
        (folder / "deep/new").write_bytes(bytes(900_000))
        assert not growth.over(now=True)
        (folder / "newer").write_bytes(bytes(900_000))
        assert growth.over(now=True)
        (folder / "deep/er/before").unlink()
        assert not growth.over(now=True)
    finally:
        os.close(root)


def test_empty_files_count_too(folder: Path) -> None:
    """As many as the scratch folder has room for."""
    root = os.open(folder, os.O_PATH)
    try:
        growth = Growth([root], 1 << 30)
        for number in range(INODES + 1):
            (folder / str(number)).touch()
        assert growth.over(now=True)
    finally:
        os.close(root)


def test_links_are_not_followed(folder: Path) -> None:
    """They are as large as their text."""
    root = os.open(folder / "deep", os.O_PATH)
    try:
        growth = Growth([root], 100_000)
        (folder / "outside").write_bytes(bytes(1 << 20))
        (folder / "deep/link").symlink_to(folder)
        assert not growth.over(now=True)
    finally:
        os.close(root)
