"""Servers for tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.surfaces.server.made import Served, configuration


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server over an empty store."""
    made = Served(configuration(tmp_path))
    yield made
    made.house.close()
