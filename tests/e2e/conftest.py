"""Stories with the real programs run only where they are asked for: `make e2e`."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import Desk


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked `e2e`, unless the marker is named."""
    if "e2e" in config.option.markexpr:
        return
    mine = [i for i in items if i.get_closest_marker("e2e")]
    config.hook.pytest_deselected(items=mine)
    items[:] = [i for i in items if not i.get_closest_marker("e2e")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A home and a folder of work of their own."""
    made = Desk(folder=tmp_path)
    yield made
    made.leave()


@pytest.fixture(scope="session")
def alone() -> bool:
    """Whether there is no network here but the loopback."""
    return [name for _, name in socket.if_nameindex()] == ["lo"]
