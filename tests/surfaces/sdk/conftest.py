"""A world for each test."""

from pathlib import Path

import pytest

from tests.looped import renamed
from tests.surfaces.sdk.made import World, locked, stopped


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.learn_from(*renamed(12), *stopped(12), *locked(12))
    return made
