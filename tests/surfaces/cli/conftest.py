"""A shell for every test of the command line."""

from pathlib import Path

import pytest
from tests.surfaces.cli.made import Shell


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)
