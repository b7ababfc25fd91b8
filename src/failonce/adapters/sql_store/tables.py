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

Words = Text().with_variant(Text(collation="C"), "postgresql")
"""Texts are in order of their code points, as Python and SQLite have it, wherever the server is."""

session = Table(
    "session",
    metadata,
    Column("n", Number, primary_key=True),
    Column("project", Words, nullable=False),
    Column("id", Words, nullable=False),
    Column("closed_at", BigInteger),
    UniqueConstraint("project", "id"),
)
"""`closed_at` is when somebody last said that it is over."""

source = Table(
    "source",
    metadata,
    Column("n", Number, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
)

signature = Table(
    "signature",
    metadata,
    Column("n", Number, primary_key=True),
    Column("project", Words, nullable=False),
    Column("id", Words, nullable=False),
    Column("current", Words, nullable=False),
    Column("scheme", Integer, nullable=False),
    Column("tool", Words, nullable=False),
    Column("error_type", Words, nullable=False),
    Column("template", Words, nullable=False),
    Column("category", Words, nullable=False),
    Column("sample", Words, nullable=False),
    Column("newest_at", BigInteger, nullable=False),
    Column("newest_id", Words, nullable=False),
    UniqueConstraint("project", "id"),
)
"""`current` is `id` with its aliases followed; the texts are those of the newest evidence."""

Index("signature_current", signature.c.current)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Number, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("session", ForeignKey("session.n"), nullable=False),
    Column("source", ForeignKey("source.n"), nullable=False),
    Column("signature", ForeignKey("signature.n")),
    Column("tool", Words, nullable=False),
    Column("args", Words),
    Column("raw", Words),
    Column("task", Words),
    Column("trace", Words),
    Column("parent", Words),
    Column("attempt", Number, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("category", Words, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("error_type", Words, nullable=False),
    Column("retry_after_s", Float),
    Column("message", Words, nullable=False),
    Column("template", Words, nullable=False),
    Column("origin", Words, nullable=False),
    Column("duration_ms", Float),
    Column("read_only", Boolean),
    Column("trust", Words, nullable=False),
    Column("tags", Words, nullable=False),
    Column("lessons", Words, nullable=False),
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
    Column("tag", Words, primary_key=True),
    sqlite_with_rowid=False,
)

daily = Table(
    "daily",
    metadata,
    Column("project", Words, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("calls", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Calls and failures by project and day."""

taken = Table(
    "taken",
    metadata,
    Column("key", Words, primary_key=True),
    Column("parent", Words, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("digest", Words, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Pieces of files whose failures came as rollups, so that they do not come twice."""

Index("taken_parent", taken.c.parent)

kept = Table(
    "kept",
    metadata,
    Column("project", Words, primary_key=True),
    Column("since", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""The day before which events of a project went by their age, so that they do not come again."""

forgotten = Table(
    "forgotten",
    metadata,
    Column("id", Words, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Events that were forgotten, so that they do not come again."""

removal = Table(
    "removal",
    metadata,
    Column("n", Number, primary_key=True, autoincrement=False),
    Column("times", BigInteger, nullable=False),
)
"""One row, none where nothing was ever removed: how often rows were that others name by number."""

tool = Table(
    "tool",
    metadata,
    Column("project", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("spec", Words, nullable=False),
    sqlite_with_rowid=False,
)
"""What a tool said of itself last, as JSON; `digest` is that of its schema."""

alias = Table(
    "alias",
    metadata,
    Column("old", Words, primary_key=True),
    Column("new", Words, nullable=False),
)

impact_weight = Table(
    "impact_weight",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", Float, nullable=False),
)
"""The weights that the views use: `week` and `month` (S15, S27)."""

lesson_version = Table(
    "lesson_version",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("project", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("mode", Words, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("proposal", Words, nullable=False),
    Column("judgement", Words, nullable=False),
    UniqueConstraint("id", "version"),
)
"""What never changes of a version of a lesson; a trigger refuses to change it."""

lesson_state = Table(
    "lesson_state",
    metadata,
    Column("lesson", ForeignKey("lesson_version.n"), primary_key=True),
    Column("state", Words, nullable=False),
    Column("reviewed_at", BigInteger),
    Column("valid_until", BigInteger),
    Column("snoozed_until", BigInteger),
    Column("approved_digest", Words),
    Column("wrong_reports", Integer, nullable=False),
)
"""Where each version stands: the fold of its audit entries, kept for speed."""

audit = Table(
    "audit",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("before", Words),
    Column("after", Words),
    Column("mode", Words),
    Column("digest", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("previous", Words, nullable=False),
    Column("hash", Words, nullable=False),
    Column("via", Words, nullable=False, server_default=""),
)

Index("audit_subject", audit.c.subject)

gap = Table(
    "gap",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column("project", Words, nullable=False),
    Column("need", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("status", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("at", BigInteger),
)

exposure = Table(
    "exposure",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column("lesson", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("project", Words, nullable=False),
    Column("session", Words, nullable=False),
    Column("unit", Words, nullable=False),
    Column("arm", Words, nullable=False),
    Column("share", Float, nullable=False),
    Column("effect", Words, nullable=False),
    Column("tool", Words, nullable=False),
    Column("after", Boolean, nullable=False),
    Column("evidence", Words),
)
"""One row for each time that a lesson met a call; a unit's outcome is told from the evidence."""

Index("exposure_lesson", exposure.c.lesson)

lease = Table(
    "lease",
    metadata,
    Column("name", Words, primary_key=True),
    Column("holder", Words, nullable=False),
    Column("until", BigInteger, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("name", Words, primary_key=True),
    Column("tenant", Words, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("password_hash", Words, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("n", Number, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column("digest", Words, nullable=False, unique=True),
    Column("name", Words, nullable=False),
    Column("tenant", Words, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("project", Words, nullable=False),
    Column("trust", Words, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
)
"""`scopes` are words with blanks between, in order; so in `account`."""

browser_session = Table(
    "browser_session",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("account", Words, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("account", Words, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Links that nobody used yet."""

delivery = Table(
    "delivery",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Deliveries that came; `digest` is that of their source and id, which may be long."""

Index("delivery_at", delivery.c.at)
