"""One database with the functions in it, for all tests that change nothing."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from failonce.adapters.sql_functions import script
from failonce.ports import Weights, Windows
from tests.postgres import Postgres


@pytest.fixture(scope="session")
def functions(postgres: Postgres) -> Iterator[Any]:
    """A connection to a database that only has what the file made."""
    with psycopg.connect(postgres.database(), autocommit=True) as connection:
        connection.execute(script(Weights(), Windows()))  # type: ignore[call-overload]
        yield connection
