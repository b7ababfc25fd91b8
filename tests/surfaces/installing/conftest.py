"""A home for every test of installing."""

from pathlib import Path

import pytest

from tests.surfaces.installing.made import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(folder=tmp_path, patch=monkeypatch)
