"""What migrations share: the types of columns, and how what only SQL can say is run."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import op

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Only a column of type INTEGER numbers its rows by itself on SQLite."""

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Texts are in order of their code points on every database."""


def run_script(name: str) -> None:
    """Run `sql/NAME_DATABASE.sql`: statements that end with two semicolons, for functions and
    triggers hold single ones."""
    folder = files("failonce.adapters.sql_store.migrations") / "sql"
    script = folder / f"{name}_{op.get_bind().dialect.name}.sql"
    for statement in script.read_text("utf-8").split(";;"):
        if statement.strip():
            op.execute(sa.text(statement.strip()))
