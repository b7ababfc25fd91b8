"""The Alembic scripts of the store; `opening` runs them, nobody else needs to."""
