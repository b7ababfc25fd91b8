"""A room for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from failonce.surfaces.watching import host as hosts
from failonce.surfaces.watching import tool as tools
from tests.surfaces.watching.made import Room
from tests.surfaces.watching.made import room as made


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tools of other tests are known, and no program that started them."""
    monkeypatch.setattr(tools, "_TOOLS", {})
    monkeypatch.setattr(tools, "WATCHED", set())
    monkeypatch.setattr(hosts, "WATCHED", tools.WATCHED)
    for name in ("CLAUDE_CODE_SESSION_ID", "CLAUDE_PROJECT_DIR"):  # where an agent runs the tests
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A host over a new store."""
    with made(tmp_path) as here:
        yield here
        assert here.host.lost == 0, here.host.last
        assert here.host.in_force.refused == 0


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of processes that a test starts, new and its own."""
    folder = tmp_path / "data"
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return folder / "failonce"
