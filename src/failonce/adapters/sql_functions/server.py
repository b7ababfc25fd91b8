"""The file of `script`, put into the database that a store's URL names."""

from contextlib import closing

from failonce.adapters.sql_functions import statements
from failonce.adapters.sql_store import open_store
from failonce.adapters.sql_store.database import closed_on_error
from failonce.adapters.sql_store.postgres import PostgreSql
from failonce.ports import Weights, Windows
from failonce.signature.masks import SCHEME_VERSION


def install(url: str, weights: Weights, windows: Windows) -> str:
    """Bring the store up to date and make the functions and views beside it; what people are told
    of the database.

    Raises `StoreError` where that cannot be done; then the functions and views are as before.
    """
    with closing(open_store(url, scheme=SCHEME_VERSION)):
        pass
    database = PostgreSql(url, patience_s=30)
    with closed_on_error(database), database.translated(), database.writing() as connection:
        schema = str(connection.exec_driver_sql("select current_schema()").scalar_one())
        # without parameters several statements are one message, and a % is nothing but that
        whole = connection.execution_options(no_parameters=True)
        whole.exec_driver_sql(statements(weights, windows, store=schema))
    database.engine.dispose()
    return database.name


def version(url: str) -> str:
    """What the server says of itself, such as `PostgreSQL 18.1 on x86_64-…`.

    Raises `BadSetting` and `StoreError` saying what is wrong, and never the password.
    """
    database = PostgreSql(url, patience_s=30)
    with closed_on_error(database), database.translated(), database.reading() as connection:
        said = str(connection.exec_driver_sql("select version()").scalar_one())
    database.engine.dispose()
    return said
