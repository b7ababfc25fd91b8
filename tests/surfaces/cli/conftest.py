"""A shell for every test of the command line."""

from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)
