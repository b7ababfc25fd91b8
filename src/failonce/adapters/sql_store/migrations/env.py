"""How Alembic runs here: on the connection, and in the transaction, that `opening` holds."""

from alembic import context

from failonce.adapters.sql_store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True
)
context.run_migrations()
