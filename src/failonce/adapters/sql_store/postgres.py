"""What is particular to PostgreSQL: how to connect, to take turns, to copy, and its error codes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Engine,
    Float,
    Integer,
    Table,
    Text,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from failonce.adapters.sql_store import TENANT, TENANTS, shown, store_path
from failonce.adapters.sql_store.database import News, tables_of, watch
from failonce.adapters.sql_store.prepared import WAYS, Known, Merge, Prepared, Row, Rows
from failonce.adapters.sql_store.tables import metadata
from failonce.errors import BadSetting, StoreBusy, StoreError, StoreFull, StoreUnreadable

CONNECT_S: Final = 10
"""How long a server may take to answer, unless the URL says `connect_timeout`."""
_PORT: Final = 5432

# The lock is the database's own, and that of one store: others may stand in other schemas. It is
# waited for in order, and let go when the transaction ends, however that does. What was written
# by whoever held it before is seen, for each statement sees what is committed when it begins.
#
# Whoever writes looks for rows by their keys, and for thousands at once the planner would rather
# read all of a table, which costs more with every event that is there.
_TURN: Final = (
    "SELECT set_config('lock_timeout', %s, true), set_config('enable_seqscan', 'off', true),"
    " pg_advisory_xact_lock(hashtextextended('failonce ' || coalesce(current_schema(), ''), 0))"
)


class PostgreSql:
    """A database on a server (protocol `Database`), or one of its schemas.

    Every commit is durable before it returns: what a batch costs for that is little.
    """

    elsewhere = "give the store a schema of its own: add ?schema=failonce to its URL."

    def __init__(
        self, url: str, *, patience_s: float, pause: Callable[[], None] | None = None
    ) -> None:
        found = _parsed(url)
        self._schema = _schema(found)
        self._secret = found.password or ""
        self.name = _spoken(found, self._schema)
        self.path = store_path(url)
        self.engine = _engine(found, self._schema, pause, self.name)
        self._reader = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._patience = f"{max(1, round(patience_s * 1000))}ms"

    def claim(self) -> None:
        """Make the place for what this machine keeps of it; the database itself must be there."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.touch(mode=0o600)

    def renumber(self, connection: Connection) -> None:
        """Set each sequence behind the highest number of its table."""
        there = tables_of(connection)
        for table in metadata.sorted_tables:
            number = table.autoincrement_column
            if table.name in there and number is not None:
                connection.execute(
                    select(
                        func.setval(
                            func.pg_get_serial_sequence(table.name, number.name),
                            func.coalesce(func.max(number), 1),
                            func.max(number).is_not(None),
                        )
                    )
                )

    def tenants(self) -> Sequence[str]:
        """The schemas that are named after this store's."""
        begins = f"{self._schema or TENANTS}{TENANT}"
        with self.reading() as connection:
            names = connection.exec_driver_sql(
                "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", (begins,)
            )
            return sorted(name.removeprefix(begins) for name in names.scalars())

    def size(self) -> int:
        """Of its tables in its schema, with their indexes."""
        names = [table.name for table in metadata.sorted_tables]
        with self.reading() as connection:
            found = connection.exec_driver_sql(
                "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class"
                " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
                " AND relname = ANY(%s)",
                (names,),
            )
            return int(found.scalar_one())

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Several reads of one moment."""
        with self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, lasting: bool = False) -> Iterator[Connection]:  # noqa: ARG002 - it is
        """Alone among those who write the store."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(_TURN, (self._patience,))
            yield connection

    def scrub(self) -> bool:
        """Free the room of removed rows; the server writes over it when it needs it."""
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM")
        return False

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Alone, in the store's schema, which is made where there is none."""
        with self.writing() as connection:
            if self._schema:
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {_quoted(self._schema)}")
            yield connection

    def announce(self, connection: Connection) -> None:
        """By NOTIFY, which the server sends as it commits."""
        from failonce.adapters.sql_store import hearing  # noqa: PLC0415 - it needs the driver

        hearing.announce(connection)

    def listen(self) -> News:
        """By LISTEN, on a connection of its own."""
        from failonce.adapters.sql_store import hearing  # noqa: PLC0415 - it needs the driver

        return hearing.Listener(self.engine)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise the database's errors inside the block as ours, saying what to do."""
        import psycopg  # noqa: PLC0415 - whoever is here has it, the module's readers may not

        try:
            yield
        except DBAPIError as error:
            raise self._ours(error.orig) from error
        except psycopg.Error as error:
            raise self._ours(error) from error
        except NoneFree as error:
            raise StoreBusy(f"The store {self.name} {_BUSY}") from error
        except OSError as error:
            raise StoreUnreadable(
                f"{self.path.parent} cannot be written: {error.strerror}. What this machine keeps "
                f"of the store {self.name} belongs there. Check the path and its permissions."
            ) from error

    def _ours(self, error: Any) -> StoreError:
        code = getattr(error, "sqlstate", None) or ""
        for prefixes, kind, words in _KINDS:
            if code.startswith(prefixes):
                return kind(f"The store {self.name} {words}")
        said = " ".join(str(error).split())
        if self._secret:
            said = said.replace(self._secret, "***")
        if not code:
            told = next(
                (told for sign, told in _UNOPENED if sign in said), f"{_AWAY} It said: {said}"
            )
            return StoreUnreadable(f"The store {self.name} {told}")
        return StoreUnreadable(f"The store {self.name} {_OTHER} ({code}: {said})")


# ------------------------------------------------------------------ the URL


def _parsed(url: str) -> URL:
    """The parts of a URL; every form of the scheme means the same driver."""
    try:
        found = make_url("postgresql://" + url.partition("://")[2])
    except (ArgumentError, ValueError) as error:
        raise _bad(url) from error
    if not found.database or "@" in (found.host or ""):  # that is the end of a password
        raise _bad(url)
    return found


def _bad(url: str) -> BadSetting:
    return BadSetting(
        f"{shown(url)!r} names no database. Give a URL such as "
        "postgresql://me:secret@db.example.com/failonce; what of a name or password is not a "
        "letter or digit is written as %XX."
    )


def _schema(url: URL) -> str:
    name = url.query.get("schema", "")
    if not isinstance(name, str) or len(name.encode()) > 63 or "\0" in name:
        raise BadSetting(f"`schema` in the URL of the store is {name!r}. Give one short name.")
    return name


def _spoken(url: URL, schema: str) -> str:
    """What people are told: who, where, and nothing that lets anybody in."""
    host = url.host or str(url.query.get("host", ""))
    who = f"{url.username}@" if url.username else ""
    port = f":{url.port}" if url.port not in (None, _PORT) else ""
    more = f"?schema={schema}" if schema else ""
    return f"postgresql://{who}{host}{port}/{url.database}{more}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


# --------------------------------------------------------------- connecting


def _engine(url: URL, schema: str, pause: Callable[[], None] | None, name: str) -> Engine:
    """An engine on a database; nothing is opened yet."""
    options: dict[str, Any] = {"application_name": "failonce", "prepare_threshold": None}
    if "connect_timeout" not in url.query:
        options["connect_timeout"] = CONNECT_S
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg").difference_update_query(["schema"]),
            # Statements are not kept by the server: poolers before it forget whose they are.
            connect_args=options,
            paramstyle="format",
            pool_pre_ping=True,
            max_overflow=20,
            execution_options={WAYS: _Ways()},
        )
    except ImportError as error:
        raise BadSetting(
            f"The store {name} needs the driver of PostgreSQL. Install it with: "
            'pip install "failonce[postgres]"'
        ) from error
    if schema:
        event.listen(engine, "connect", _into(schema), insert=True)
    watch(engine, pause)
    return engine


def _into(schema: str) -> Callable[[Any, object], None]:
    """What makes a schema the only one that a new connection sees."""

    def enter(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET search_path TO {_quoted(schema).replace('%%', '%')}")
        connection.autocommit = False

    return enter


# ------------------------------------------------------------------ in bulk


class _Ways:
    """Many rows in one statement: what is new is copied, the rest is merged from arrays.

    It is the protocol `Ways`.
    """

    def insert(self, table: Table) -> Insert:
        """PostgreSQL's own."""
        return insert(table)

    def put(self, rows: Rows, connection: Connection, values: Iterable[Row]) -> None:
        """The server takes in the first rows while the others are made."""
        if rows.merge is None:
            _copy(rows, connection, values)
        elif given := list(values):
            columns = zip(*given, strict=True)
            _merged(rows, rows.merge).execute(connection, tuple(map(_array, columns)))

    def known(self, known: Known, connection: Connection, values: list[str]) -> Iterable[str]:
        """Those of the values that are there."""
        return _found(known).column(connection, (_array(values),)) if values else ()


def _copy(rows: Rows, connection: Connection, values: Iterable[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    columns = rows.table.c
    names = ", ".join(map(_quoted, rows.names))
    statement = f"COPY {rows.table.name} ({names}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_type(columns[name].type) for name in rows.names])
        for row in values:
            copy.write_row(row)


def _array(values: Sequence[object]) -> str | list[object]:
    """An array as the server reads it; the driver takes ten times as long to write one."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if all(issubclass(kind, str) for kind in kinds):
        text = '","'.join(map(str, values))
        if "\\" not in text and text.count('"') == 2 * len(values) - 2:
            return '{"' + text + '"}'
    return list(values)


@cache
def _found(known: Known) -> Prepared:
    values = bindparam("values", type_=ARRAY(Text()))
    return Prepared(select(known.column).where(known.column == any_(values)), ("values",))


@cache
def _merged(rows: Rows, merge: Merge) -> Prepared:
    """The same statement with an array for each column, of which there are as many as columns."""
    columns = rows.table.c
    arrays = [bindparam(name, type_=ARRAY(_plain(columns[name].type))) for name in rows.names]
    given = func.unnest(*arrays).table_valued(*rows.names).render_derived(name="given")
    chosen = select(*(given.c[name] for name in rows.names))
    statement = merge(insert(rows.table)).from_select(list(rows.names), chosen)
    return Prepared(statement, rows.names)


def _type(kind: object) -> str:
    """What the server calls the type of a column."""
    return next(name for known, name in _TYPES if isinstance(kind, known))


_TYPES: Final = (
    (BigInteger, "int8"),
    (Integer, "int4"),
    (Float, "float8"),
    (Boolean, "bool"),
    (Text, "text"),
)


def _plain(kind: object) -> Any:
    return BigInteger() if isinstance(kind, Integer) else Text()


# ------------------------------------------------------------------- errors

_FULL = (
    "could not be written: the server's disk is full. Nothing was half written; make room and run "
    "the same command again."
)
_BUSY = (
    "is being written by another process for longer than we wait, or has no connection left. Try "
    "again, or end what holds it."
)
_RIGHT = (
    "denied us something. Make the user of its URL the owner of the database or schema, or give "
    "it the right to create and write there."
)
_READ_ONLY = "can only be read: that server is a copy of another one. Name the other one."
_CHANGED = (
    "is not as failonce made it: something in it was changed or removed. Put a copy of it back; "
    "what is left of it stays as it is."
)
_AWAY = (
    "could not be opened. Check that the server runs, and in the URL the address, the user, the "
    "password, and the database, which must be there."
)
_OTHER = "could not do what was asked; nothing of it was written."

_UNOPENED: Final = (
    ("password authentication failed", "let us not in: the user or the password is wrong."),
    ("no password supplied", "let us not in without a password. Put it into the URL."),
    ("role ", "let us not in: the server knows no such user."),
    ("database ", "is not there: the server has no such database. Make it with CREATE DATABASE."),
    ("resolve host", "is not there: no host has that name. Check it, and the network."),
    ("refused", "is not there: nothing answers on that port. Check that the server runs."),
    ("No such file", "is not there: no server listens on that socket. Check that it runs."),
    ("timeout", "did not answer in time. Check the address, and any firewall before it."),
    ("pg_hba.conf", "lets nobody in from here as that user. Ask whoever runs the server."),
)
"""What the driver says where no connection came about, for which it has no codes."""

_KINDS: tuple[tuple[tuple[str, ...], type[StoreError], str], ...] = (
    (("53100",), StoreFull, _FULL),
    (("55P03", "40P01", "40001", "53", "57014"), StoreBusy, _BUSY),
    (("42501",), StoreUnreadable, _RIGHT),
    (("25006",), StoreUnreadable, _READ_ONLY),
    (("42P01", "42703", "42883"), StoreUnreadable, _CHANGED),
    (("08", "57P"), StoreUnreadable, _AWAY),
)
"""What a code of the server begins with, and what to say of it."""
