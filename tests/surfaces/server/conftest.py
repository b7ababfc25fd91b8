"""Servers for tests."""

from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest

from failonce.adapters import passwords
from tests.surfaces.server.enduring import Made
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.running import Server


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who signs in to read a page pays with less than the real third of a second."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server over an empty store."""
    made = Served(configuration(tmp_path))
    yield made
    made.house.close()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Makes servers, each in a folder of its own, and ends what is left of them."""
    servers: list[Server] = []

    def make(name: str = "one", **settings: object) -> Server:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        servers.append(Server(folder, **settings))
        return servers[-1]

    yield make
    for server in servers:
        server.end()
