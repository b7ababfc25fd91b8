"""How Alembic runs here: on the connection, and in the transaction, that `opening` holds."""

from alembic import context

from failonce.adapters.sql_store.tables import metadata

_UNCHECKED = ("evidence", "signature_session")
"""Written with every event, so a database that would be slowed by it does not check again that
the rows are there which they name."""


def _compared(item: object, _name: object, kind: str, *_: object) -> bool:
    table = getattr(item, "table", None)
    return kind != "foreign_key_constraint" or getattr(table, "name", "") not in _UNCHECKED


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    include_object=_compared,
)
context.run_migrations()
