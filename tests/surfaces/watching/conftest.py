"""A room for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from failonce.surfaces.watching import tool as tools
from tests.surfaces.watching.made import Room
from tests.surfaces.watching.made import room as made


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A host over a new store."""
    with made(tmp_path) as here:
        yield here
        assert here.host.lost == 0, here.host.last


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tools of other tests are known."""
    monkeypatch.setattr(tools, "_TOOLS", {})
