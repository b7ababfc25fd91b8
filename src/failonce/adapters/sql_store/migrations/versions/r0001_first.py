"""The first schema: evidence with rollups, lessons with their audit, views of the seeds' names."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create everything."""
    _dimensions()
    _evidence()
    _rollups()
    _lessons()
    _rest()
    sql = files("failonce.adapters.sql_store.migrations") / "sql" / "0001_sqlite.sql"
    for statement in sql.read_text("utf-8").split(";;"):
        if statement.strip():
            op.execute(sa.text(statement.strip()))


def _dimensions() -> None:
    op.create_table(
        "session",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.UniqueConstraint("project", "id"),
    )
    op.create_table(
        "source",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "signature",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("current", sa.Text, nullable=False),
        sa.Column("scheme", sa.Integer, nullable=False),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("error_type", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("sample", sa.Text, nullable=False),
        sa.Column("newest_at", sa.BigInteger, nullable=False),
        sa.Column("newest_id", sa.Text, nullable=False),
        sa.UniqueConstraint("project", "id"),
    )
    op.create_index("signature_current", "signature", ["current"])
    op.create_table(
        "alias",
        sa.Column("old", sa.Text, primary_key=True),
        sa.Column("new", sa.Text, nullable=False),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("seq", NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("session", NUMBER, sa.ForeignKey("session.n"), nullable=False),
        sa.Column("source", NUMBER, sa.ForeignKey("source.n"), nullable=False),
        sa.Column("signature", NUMBER, sa.ForeignKey("signature.n")),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("args", sa.Text),
        sa.Column("task", sa.Text),
        sa.Column("trace", sa.Text),
        sa.Column("parent", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("flagged", sa.Boolean, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("error_type", sa.Text, nullable=False),
        sa.Column("retry_after_s", sa.Float),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("duration_ms", sa.Float),
        sa.Column("read_only", sa.Boolean),
        sa.Column("trust", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("lessons", sa.Text, nullable=False),
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
        ("signature_tag", sa.Column("tag", sa.Text)),
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
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    weight = op.create_table(
        "impact_weight",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
    )
    op.bulk_insert(weight, [{"name": "week", "value": 0.7}, {"name": "month", "value": 0.3}])


def _lessons() -> None:
    op.create_table(
        "lesson_version",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("judgement", sa.Text, nullable=False),
        sa.UniqueConstraint("id", "version"),
    )
    op.create_table(
        "lesson_state",
        sa.Column("lesson", NUMBER, sa.ForeignKey("lesson_version.n"), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reviewed_at", sa.BigInteger),
        sa.Column("valid_until", sa.BigInteger),
        sa.Column("snoozed_until", sa.BigInteger),
        sa.Column("approved_digest", sa.Text),
        sa.Column("wrong_reports", sa.Integer, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("mode", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("audit_subject", "audit", ["subject"])


def _rest() -> None:
    op.create_table(
        "gap",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("need", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger),
    )
    op.create_table(
        "exposure",
        sa.Column("n", NUMBER, primary_key=True),
        sa.Column("lesson", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text),
    )
    op.create_index("exposure_lesson", "exposure", ["lesson"])
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
