"""An agent for every test of the hooks."""

from pathlib import Path

import pytest

from tests.surfaces.hooks.made import Agent


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agent:
    return Agent(folder=tmp_path, patch=monkeypatch)
