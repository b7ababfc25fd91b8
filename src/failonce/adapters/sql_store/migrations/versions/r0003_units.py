"""Exposures name the unit that was drawn for, and how; sessions can be over."""

import sqlalchemy as sa
from alembic import op

from failonce.adapters.sql_store.migrations.common import NUMBER, TEXT, run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Rebuild the table of exposures with its rows, and add when a session was closed.

    What was recorded before was applied without a draw, so its share is 0: it is kept and
    proves nothing.
    """
    op.add_column("session", sa.Column("closed_at", sa.BigInteger))
    op.drop_index("exposure_lesson", "exposure")
    op.rename_table("exposure", "exposure_0002")
    op.create_table(
        "exposure",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("id", TEXT, nullable=False, unique=True),
        sa.Column("lesson", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("session", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("arm", TEXT, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("effect", TEXT, nullable=False),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("after", sa.Boolean, nullable=False),
        sa.Column("evidence", TEXT),
    )
    op.create_index("exposure_lesson", "exposure", ["lesson"])
    run_script("0003")
    op.drop_table("exposure_0002")


def downgrade() -> None:
    """Rebuild the table of exposures as it was, with its rows."""
    op.drop_index("exposure_lesson", "exposure")
    op.rename_table("exposure", "exposure_0003")
    op.create_table(
        "exposure",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("lesson", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("session", TEXT, nullable=False),
        sa.Column("arm", TEXT, nullable=False),
        sa.Column("effect", TEXT, nullable=False),
        sa.Column("evidence", TEXT),
    )
    op.create_index("exposure_lesson", "exposure", ["lesson"])
    op.execute(
        sa.text(
            "INSERT INTO exposure (lesson, version, at, session, arm, effect, evidence)"
            " SELECT lesson, version, at, session, arm, effect, evidence FROM exposure_0003"
            " ORDER BY n"
        )
    )
    op.drop_table("exposure_0003")
    op.drop_column("session", "closed_at")
