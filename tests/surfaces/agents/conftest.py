"""A room for each test, and no model but scripted ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_ai import models

from tests.surfaces.watching.made import Room
from tests.surfaces.watching.made import room as made


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests ask a server of their own."""
    monkeypatch.setattr(models, "ALLOW_MODEL_REQUESTS", False)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """A host over a new store."""
    with made(tmp_path) as here:
        yield here
        assert here.host.lost == 0, here.host.last
        assert here.host.in_force.refused == 0
