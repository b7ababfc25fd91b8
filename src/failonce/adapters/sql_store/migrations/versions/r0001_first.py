"""The first schema: evidence with rollups, lessons with their audit, views of the seeds' names."""

import sqlalchemy as sa
from alembic import op

from failonce.adapters.sql_store.migrations.common import NUMBER, TEXT, run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    _dimensions()
    _evidence()
    _rollups()
    _lessons()
    _rest()
    run_script("0001")


def downgrade() -> None:
    """Remove everything."""
    run_script("0001_down")
    for name in reversed(_TABLES):
        op.drop_table(name)


_TABLES = (
    "session", "source", "signature", "alias", "evidence", "rollup", "signature_session",
    "signature_source", "signature_tag", "daily", "impact_weight", "lesson_version",
    "lesson_state", "audit", "gap", "exposure", "lease",
)  # fmt: skip


def _dimensions() -> None:
    op.create_table(
        "session",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.UniqueConstraint("project", "id"),
    )
    op.create_table(
        "source",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("name", TEXT, nullable=False, unique=True),
    )
    op.create_table(
        "signature",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("current", TEXT, nullable=False),
        sa.Column("scheme", sa.Integer, nullable=False),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("error_type", TEXT, nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("sample", TEXT, nullable=False),
        sa.Column("newest_at", sa.BigInteger, nullable=False),
        sa.Column("newest_id", TEXT, nullable=False),
        sa.UniqueConstraint("project", "id"),
    )
    op.create_index("signature_current", "signature", ["current"])
    op.create_table(
        "alias",
        sa.Column("old", TEXT, primary_key=True),
        sa.Column("new", TEXT, nullable=False),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("seq", NUMBER, primary_key=True),
        sa.Column("id", TEXT, nullable=False, unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("session", NUMBER, sa.ForeignKey("session.n"), nullable=False),
        sa.Column("source", NUMBER, sa.ForeignKey("source.n"), nullable=False),
        sa.Column("signature", NUMBER, sa.ForeignKey("signature.n")),
        sa.Column("tool", TEXT, nullable=False),
        sa.Column("args", TEXT),
        sa.Column("task", TEXT),
        sa.Column("trace", TEXT),
        sa.Column("parent", TEXT),
        sa.Column("attempt", NUMBER, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("flagged", sa.Boolean, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("error_type", TEXT, nullable=False),
        sa.Column("retry_after_s", sa.Float),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("template", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("duration_ms", sa.Float),
        sa.Column("read_only", sa.Boolean),
        sa.Column("trust", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("lessons", TEXT, nullable=False),
    )
    op.create_index("evidence_session_at", "evidence", ["session", "at"])
    op.create_index(
        "evidence_signature_at",
        "evidence",
        ["signature", "at"],
        sqlite_where=sa.text("signature IS NOT NULL"),
        postgresql_where=sa.text("signature IS NOT NULL"),
    )


def _rollups() -> None:
    op.create_table(
        "rollup",
        sa.Column("signature", NUMBER, sa.ForeignKey("signature.n"), primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hits", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    for name, column in (
        ("signature_session", sa.Column("session", NUMBER, sa.ForeignKey("session.n"))),
        ("signature_source", sa.Column("source", NUMBER, sa.ForeignKey("source.n"))),
        ("signature_tag", sa.Column("tag", TEXT)),
    ):
        op.create_table(
            name,
            sa.Column("signature", NUMBER, sa.ForeignKey("signature.n"), nullable=False),
            column,
            sa.PrimaryKeyConstraint("signature", column.name),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "daily",
        sa.Column("project", TEXT, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    weight = op.create_table(
        "impact_weight",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
    )
    op.bulk_insert(weight, [{"name": "week", "value": 0.7}, {"name": "month", "value": 0.3}])


def _lessons() -> None:
    op.create_table(
        "lesson_version",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("proposal", TEXT, nullable=False),
        sa.Column("judgement", TEXT, nullable=False),
        sa.UniqueConstraint("id", "version"),
    )
    op.create_table(
        "lesson_state",
        sa.Column("lesson", NUMBER, sa.ForeignKey("lesson_version.n"), primary_key=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reviewed_at", sa.BigInteger),
        sa.Column("valid_until", sa.BigInteger),
        sa.Column("snoozed_until", sa.BigInteger),
        sa.Column("approved_digest", TEXT),
        sa.Column("wrong_reports", sa.Integer, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", TEXT),
        sa.Column("after", TEXT),
        sa.Column("mode", TEXT),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
    )
    op.create_index("audit_subject", "audit", ["subject"])


def _rest() -> None:
    op.create_table(
        "gap",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("id", TEXT, nullable=False, unique=True),
        sa.Column("project", TEXT, nullable=False),
        sa.Column("need", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger),
    )
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
    op.create_table(
        "lease",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
