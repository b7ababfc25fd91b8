"""A home of its own for every test, so that nobody's settings are read."""

from pathlib import Path

import pytest

from tests.surfaces.learning.made import Planner


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def planner(tmp_path: Path) -> Planner:
    return Planner(tmp_path)
