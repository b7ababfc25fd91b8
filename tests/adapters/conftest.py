"""Stores in each kind of database, for what is to hold in all of them."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_url
from tests.postgres import EMPTY_STORE

KINDS = ("sqlite", "postgresql")


@pytest.fixture(params=KINDS)
def new_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], str]]:
    """Makes the URL of a store that nobody opened yet; its database is empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if request.param == "sqlite":
        number = count()
        yield lambda: store_url(tmp_path / f"{next(number)}.db")
        return
    server = request.getfixturevalue("postgres")
    made: list[str] = []

    def make() -> str:
        made.append(server.database())
        return made[-1]

    yield make
    for url in made:
        server.drop(url)


@pytest.fixture(params=KINDS)
def new_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], str]]:
    """Makes the URL of a new store, which is there and empty; a copy, so it costs little."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if request.param == "sqlite":
        empty, number = tmp_path / "empty.db", count()
        open_store(store_url(empty)).close()

        def copied() -> str:
            path = tmp_path / f"{next(number)}.db"
            shutil.copyfile(empty, path)
            return store_url(path)

        yield copied
        return
    server = request.getfixturevalue("postgres")
    made: list[str] = []

    def make() -> str:
        made.append(server.database(template=EMPTY_STORE))
        return made[-1]

    yield make
    for url in made:
        server.drop(url)
