"""The four laws of migrations that pytest-alembic has, on both databases.

One head; an empty database comes to it; the tables then are those that the statements are made of;
and every step back works.
"""

from collections.abc import Callable, Iterator

import pytest
from pytest_alembic import tests as laws
from pytest_alembic.config import Config
from pytest_alembic.runner import MigrationContext, runner

from failonce.adapters.sql_store.opening import database_of


@pytest.fixture
def migrations(new_url: Callable[[], str]) -> Iterator[MigrationContext]:
    """As a store runs them: on one connection."""
    database = database_of(new_url())
    database.claim()
    given = {"script_location": "failonce.adapters.sql_store:migrations"}
    with (
        database.engine.connect() as connection,
        runner(config=Config.from_raw_config(given), engine=connection) as found,
    ):
        yield found
    database.engine.dispose()


@pytest.mark.parametrize(
    "law",
    [
        laws.test_single_head_revision,
        laws.test_upgrade,
        laws.test_model_definitions_match_ddl,
        laws.test_up_down_consistency,
    ],
    ids=lambda law: law.__name__.removeprefix("test_"),
)
def test_migrations_obey(
    law: Callable[[MigrationContext], None], migrations: MigrationContext
) -> None:
    law(migrations)
