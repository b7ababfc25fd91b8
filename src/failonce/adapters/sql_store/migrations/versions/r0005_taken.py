"""Which pieces of files were counted elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """One table more; what is stored stays as it is."""
    op.create_table(
        "taken",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("parent", sa.Text, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_index("taken_parent", "taken", ["parent"])
