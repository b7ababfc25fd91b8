"""What tools say of themselves; what was sent where arguments could not be decoded."""

import sqlalchemy as sa
from alembic import op

from failonce.adapters.sql_store.migrations.common import TEXT

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One table and one column more; what is stored stays as it is."""
    op.create_table(
        "tool",
        sa.Column("project", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("spec", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("project", "name"),
        sqlite_with_rowid=False,
    )
    op.add_column("evidence", sa.Column("raw", TEXT))


def downgrade() -> None:
    """Forget what tools said of themselves, and what was sent undecoded."""
    op.drop_column("evidence", "raw")
    op.drop_table("tool")
