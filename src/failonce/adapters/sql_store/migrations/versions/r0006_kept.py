"""What went by its age, or was forgotten, and does not come again."""

import sqlalchemy as sa
from alembic import op

from failonce.adapters.sql_store.migrations.common import NUMBER, TEXT

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Three tables more; what is stored stays as it is."""
    op.create_table(
        "kept",
        sa.Column("project", TEXT, nullable=False),
        sa.Column("since", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("project"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "forgotten",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "removal",
        sa.Column("n", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("times", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Forget what was removed: the same recordings would bring it again."""
    for name in ("removal", "forgotten", "kept"):
        op.drop_table(name)
