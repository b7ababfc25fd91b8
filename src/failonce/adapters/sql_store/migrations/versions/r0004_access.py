"""Who may use the server; from where a decision came."""

import sqlalchemy as sa
from alembic import op

from failonce.adapters.sql_store.migrations.common import NUMBER, TEXT

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Five tables and one column more; what is stored stays as it is.

    The column has a default, so that a process of an older version that still has the store
    open can go on writing.
    """
    op.add_column("audit", sa.Column("via", TEXT, nullable=False, server_default=""))
    op.create_table(
        "account",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "token",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("id", TEXT, nullable=False, unique=True),
        sa.Column("digest", TEXT, nullable=False, unique=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("trust", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "browser_session",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("delivery_at", "delivery", ["at"])


def downgrade() -> None:
    """Forget who may use the server, and from where a decision came."""
    for name in ("delivery", "sign_in_link", "browser_session", "token", "account"):
        op.drop_table(name)
    op.drop_column("audit", "via")
