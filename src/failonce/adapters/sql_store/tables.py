"""The schema as SQLAlchemy tables; `migrations` builds the same, and a test compares them.

Times are microseconds since 1970 in UTC and days are days since 1970, so that they sort,
compare and index as integers on every database. What repeats (sessions, sources,
signatures) is a row of its own with a small integer, and only those integers and the
short ids are indexed, never texts of unbounded length.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

Number = BigInteger().with_variant(Integer, "sqlite")
"""Only a column of type INTEGER numbers its rows by itself on SQLite."""

session = Table(
    "session",
    metadata,
    Column("n", Number, primary_key=True),
    Column("project", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("closed_at", BigInteger),
    UniqueConstraint("project", "id"),
)
"""`closed_at` is when somebody last said that it is over."""

source = Table(
    "source",
    metadata,
    Column("n", Number, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

signature = Table(
    "signature",
    metadata,
    Column("n", Number, primary_key=True),
    Column("project", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("current", Text, nullable=False),
    Column("scheme", Integer, nullable=False),
    Column("tool", Text, nullable=False),
    Column("error_type", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("sample", Text, nullable=False),
    Column("newest_at", BigInteger, nullable=False),
    Column("newest_id", Text, nullable=False),
    UniqueConstraint("project", "id"),
)
"""`current` is `id` with its aliases followed; the texts are those of the newest evidence."""

Index("signature_current", signature.c.current)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("session", ForeignKey("session.n"), nullable=False),
    Column("source", ForeignKey("source.n"), nullable=False),
    Column("signature", ForeignKey("signature.n")),
    Column("tool", Text, nullable=False),
    Column("args", Text),
    Column("raw", Text),
    Column("task", Text),
    Column("trace", Text),
    Column("parent", Text),
    Column("attempt", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("error_type", Text, nullable=False),
    Column("retry_after_s", Float),
    Column("message", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("duration_ms", Float),
    Column("read_only", Boolean),
    Column("trust", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("lessons", Text, nullable=False),
)

Index("evidence_session_at", evidence.c.session, evidence.c.at)
Index(
    "evidence_signature_at",
    evidence.c.signature,
    evidence.c.at,
    sqlite_where=evidence.c.signature.is_not(None),
    postgresql_where=evidence.c.signature.is_not(None),
)

rollup = Table(
    "rollup",
    metadata,
    Column("signature", ForeignKey("signature.n"), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("hits", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

signature_session = Table(
    "signature_session",
    metadata,
    Column("signature", ForeignKey("signature.n"), primary_key=True),
    Column("session", ForeignKey("session.n"), primary_key=True),
    sqlite_with_rowid=False,
)

signature_source = Table(
    "signature_source",
    metadata,
    Column("signature", ForeignKey("signature.n"), primary_key=True),
    Column("source", ForeignKey("source.n"), primary_key=True),
    sqlite_with_rowid=False,
)

signature_tag = Table(
    "signature_tag",
    metadata,
    Column("signature", ForeignKey("signature.n"), primary_key=True),
    Column("tag", Text, primary_key=True),
    sqlite_with_rowid=False,
)

daily = Table(
    "daily",
    metadata,
    Column("project", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("calls", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Calls and failures by project and day."""

taken = Table(
    "taken",
    metadata,
    Column("key", Text, primary_key=True),
    Column("parent", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Pieces of files whose failures came as rollups, so that they do not come twice."""

Index("taken_parent", taken.c.parent)

tool = Table(
    "tool",
    metadata,
    Column("project", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("spec", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""What a tool said of itself last, as JSON; `digest` is that of its schema."""

alias = Table(
    "alias",
    metadata,
    Column("old", Text, primary_key=True),
    Column("new", Text, nullable=False),
)

impact_weight = Table(
    "impact_weight",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Float, nullable=False),
)
"""The weights that the views use: `week` and `month` (S15, S27)."""

lesson_version = Table(
    "lesson_version",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("project", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("judgement", Text, nullable=False),
    UniqueConstraint("id", "version"),
)
"""What never changes of a version of a lesson; a trigger refuses to change it."""

lesson_state = Table(
    "lesson_state",
    metadata,
    Column("lesson", ForeignKey("lesson_version.n"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("reviewed_at", BigInteger),
    Column("valid_until", BigInteger),
    Column("snoozed_until", BigInteger),
    Column("approved_digest", Text),
    Column("wrong_reports", Integer, nullable=False),
)
"""Where each version stands: the fold of its audit entries, kept for speed."""

audit = Table(
    "audit",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("mode", Text),
    Column("digest", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("via", Text, nullable=False, server_default=""),
)

Index("audit_subject", audit.c.subject)

gap = Table(
    "gap",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("project", Text, nullable=False),
    Column("need", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", BigInteger),
)

exposure = Table(
    "exposure",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("lesson", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("project", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("arm", Text, nullable=False),
    Column("share", Float, nullable=False),
    Column("effect", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("after", Boolean, nullable=False),
    Column("evidence", Text),
)
"""One row for each time that a lesson met a call; a unit's outcome is told from the evidence."""

Index("exposure_lesson", exposure.c.lesson)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("trust", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)
"""`scopes` are words with blanks between, in order; so in `account`."""

browser_session = Table(
    "browser_session",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Links that nobody used yet."""

delivery = Table(
    "delivery",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Deliveries that came; `digest` is that of their source and id, which may be long."""

Index("delivery_at", delivery.c.at)
