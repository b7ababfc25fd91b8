"""How Alembic runs here: on the connection, and in the transaction, that `opening` holds."""

from alembic import context

from failonce.adapters.sql_store.tables import evidence, metadata


def _compared(item: object, _name: object, kind: str, *_: object) -> bool:
    """All but the references of evidence, which not every database checks again."""
    return (
        kind != "foreign_key_constraint" or getattr(item, "table", evidence).name != evidence.name
    )


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    include_object=_compared,
)
context.run_migrations()
