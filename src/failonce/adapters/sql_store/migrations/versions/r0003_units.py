"""Exposures name the unit that was drawn for, and how; sessions can be over."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


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
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("lesson", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("after", sa.Boolean, nullable=False),
        sa.Column("evidence", sa.Text),
    )
    op.create_index("exposure_lesson", "exposure", ["lesson"])
    op.execute(sa.text(_CARRY_OVER))
    op.drop_table("exposure_0002")


_CARRY_OVER = """
INSERT INTO exposure (
    n, id, lesson, version, at, project, session, unit, arm, share, effect, tool, after, evidence
)
SELECT
    old.n,
    'r0002-' || old.n,
    old.lesson,
    old.version,
    old.at,
    coalesce(nullif(lesson_version.project, '*'), ''),
    old.session,
    old.session,
    old.arm,
    0.0,
    old.effect,
    coalesce(json_extract(lesson_version.proposal, '$.target'), ''),
    coalesce(json_extract(lesson_version.proposal, '$.kind') = 'hint', 0),
    old.evidence
FROM exposure_0002 AS old
LEFT JOIN lesson_version
    ON lesson_version.id = old.lesson AND lesson_version.version = old.version
ORDER BY old.n
"""
