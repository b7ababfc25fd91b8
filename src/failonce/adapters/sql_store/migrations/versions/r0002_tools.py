"""What tools say of themselves; what was sent where arguments could not be decoded."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One table and one column more; what is stored stays as it is."""
    op.create_table(
        "tool",
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "name"),
        sqlite_with_rowid=False,
    )
    op.add_column("evidence", sa.Column("raw", sa.Text))
