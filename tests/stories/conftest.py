"""A new place for each story."""

from pathlib import Path

import pytest

from tests.stories.made import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A store of its own, in which nobody goes without a lesson."""
    return Place(folder=tmp_path)
