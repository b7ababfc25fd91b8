"""Which pieces of files were counted elsewhere."""

import sqlalchemy as sa
from alembic import op

from failonce.adapters.sql_store.migrations.common import TEXT

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """One table more; what is stored stays as it is."""
    op.create_table(
        "taken",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("parent", TEXT, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_index("taken_parent", "taken", ["parent"])


def downgrade() -> None:
    """Forget which were: the same files would count again."""
    op.drop_table("taken")
