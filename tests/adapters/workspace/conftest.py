"""A folder for the files of each test."""

from pathlib import Path

import pytest

from failonce.adapters.workspace import FileWorkspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "skills"


@pytest.fixture
def files(root: Path) -> FileWorkspace:
    return FileWorkspace(root, project="shop")
