"""Parquet in parts: DuckDB reads it and counts what is equal, so that few texts are looked at.

Rows are counted by component, day and text with every digit as zero. The class of such a text is
that of all of them wherever digits decide nothing; where they do, the same rows are counted once
more, by their texts. So a row has the class that the importer of logs would give it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, reduce
from glob import escape
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from failonce.adapters.batch.files import EXTRA, filesystem, is_remote, opened, part
from failonce.adapters.batch.lines import naming
from failonce.adapters.batch.parts import (
    Done,
    File,
    Form,
    Group,
    Looked,
    Piece,
    Settings,
    Stretch,
    Surveyed,
)
from failonce.adapters.importers.log_fields import (
    COMPONENT,
    ERROR_TYPE,
    LEVEL,
    MESSAGE,
    STACK,
    TIME,
    folded,
    is_bad,
)
from failonce.adapters.importers.log_record import fields_recording
from failonce.adapters.importers.reading import decode, pick
from failonce.errors import BadInput, BadSetting
from failonce.identity import digest
from failonce.model import Json
from failonce.signature.memo import Memo
from failonce.summing import DAY, SAMPLES, Counting, Named, Partial, merge

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAGIC: Final = b"PAR1"
MEMORY: Final = "2GB"
"""What one count may hold; what needs more is counted in halves."""

_WHO: Final = ("session", "sessionid", "task", "taskid", "trace", "traceid", "requestid",
               "correlationid")  # fmt: skip
"""Columns that tell events apart: kept with samples, and nothing is counted by them."""
_SAID: Final = tuple(dict.fromkeys((*MESSAGE, *STACK)))
_BY: Final = (*LEVEL, *COMPONENT, *ERROR_TYPE, "project")
_COMBINED: Final = ("error", "message", "msg")
"""Of columns with a message the first that holds one counts, but these are read together."""
_LEAST: Final = 1_000
_FOLD: Final = reduce(lambda sql, digit: f"replace({sql}, '{digit}', '0')", "123456789", "t")
"""Every digit as zero: twice as fast as `translate`."""
_YEAR_1: Final = -62_135_596_800_000_000
"""The earliest time that there is, in microseconds since 1970."""


def look(file: File) -> Looked:
    """Its columns and row groups; raises `BadInput` where it is damaged or holds no message."""
    with _connected(file) as db:
        path = _literal(file)
        described = db.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()
        types = {str(row[0]): str(row[1]) for row in described}
        chunks = db.execute(
            "SELECT row_group_id, row_group_num_rows, path_in_schema, total_compressed_size, "
            f"data_page_offset, dictionary_page_offset FROM parquet_metadata({path})"
        ).fetchall()
    names = _chosen(types)
    if "tool" in {_fold(name) for name in types}:
        raise BadInput("a table of calls, by its column `tool`; only logs are read with --engine")
    if not any(_fold(name) in _SAID for name in names):
        raise BadInput(
            f"no column holds a message (it has {', '.join(types)[:200]}); name one of "
            f"{', '.join(MESSAGE[:6])}"
        )
    rows: dict[int, int] = {}
    spans: dict[int, list[tuple[int, int]]] = {}
    for group, count_, path_in, size, data, dictionary in chunks:
        rows[group] = count_
        if str(path_in).split(",")[0].strip() in names:
            start = min(data, dictionary) if dictionary else data
            spans.setdefault(group, []).append((start, start + size))
    groups: list[Group] = []
    start = 0
    for group in sorted(rows):
        own = tuple(sorted(spans.get(group, ())))
        groups.append(Group(start=start, rows=rows[group], spans=own))
        start += rows[group]
    columns = {name: types[name] for name in names}
    first = str(groups[0].rows) if groups else "0"
    return Looked(
        file=file,
        form=Form.TABLE,
        root=digest(("table/1", first, *(f"{k}:{v}" for k, v in columns.items())), size=16),
        columns=columns,
        groups=tuple(groups),
    )


def survey(stretch: Stretch) -> Surveyed:
    """Row groups by the bytes of the columns that are read."""
    pieces: list[Piece] = []
    with opened(stretch.looked.file) as raw:
        for group in stretch.looked.groups:
            hashed = blake2b(digest_size=16)
            for begin, end in group.spans:
                for chunk in part(stretch.looked.file, raw, begin, end):
                    hashed.update(chunk)
            pieces.append(
                Piece(
                    start=group.start,
                    length=group.rows,
                    digest=hashed.hexdigest(),
                    lines=group.rows,
                    begins=group.start,
                )
            )
    return Surveyed(looked=stretch.looked, pieces=tuple(pieces))


def count(stretch: Stretch, settings: Settings) -> Done:
    """The failures of some rows; halves of them where they do not fit into memory."""
    end = stretch.begin if stretch.end is None else stretch.end
    partial = _halved(stretch.looked, stretch.begin, end, settings)
    return Done(n=stretch.n, partial=partial)


def _halved(looked: Looked, begin: int, end: int, settings: Settings) -> Partial:
    import duckdb  # noqa: PLC0415 - an extra

    try:
        return _Rows(looked, begin, end, settings).partial()
    except duckdb.OutOfMemoryException as error:
        if end - begin < _LEAST:
            raise BadInput(
                f"{looked.file.name}: rows {begin:,} to {end:,} do not fit into {MEMORY}"
            ) from error
        middle = (begin + end) // 2
        halves = ((begin, middle), (middle, end))
        return merge(_halved(looked, a, z, settings) for a, z in halves)


# ------------------------------------------------------------------ columns


def _chosen(types: Mapping[str, str]) -> list[str]:
    """The columns that are read: the first of each name that logs give to something."""
    known = {*TIME, *_SAID, *_BY, *_WHO}
    seen: set[str] = set()
    names: list[str] = []
    for name in types:
        fold = _fold(name)
        if fold in known and fold not in seen:
            seen.add(fold)
            names.append(name)
    return names


@lru_cache(maxsize=1024)
def _fold(name: str) -> str:
    return next(iter(folded({name: None})))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """Columns of a table by what they are for, each with its SQL."""

    said: Mapping[str, str]
    by: Mapping[str, str]
    who: Mapping[str, str]
    nested: Mapping[str, str]
    at: str
    typed: str
    """Whether the type of an error is stated."""


def _columns(types: Mapping[str, str], modified: int, latest: int) -> _Columns:
    by_fold = {_fold(name): name for name in types}
    nested = {
        name: f"coalesce(CAST(to_json({_quoted(name)}) AS VARCHAR), '')"
        for fold, name in by_fold.items()
        if fold in _SAID and _is_nested(types[name])
    }
    said = _first_of([by_fold[f] for f in _SAID if f in by_fold and by_fold[f] not in nested])
    places = _first_of([by_fold[f] for f in COMPONENT if f in by_fold])
    others = [by_fold[f] for f in (*LEVEL, *ERROR_TYPE, "project") if f in by_fold]
    typed = [f"{_text(by_fold[f])} <> ''" for f in ERROR_TYPE if f in by_fold]
    typed += [f"{sql} <> ''" for sql in nested.values()]
    times = [_micros(_quoted(by_fold[f]), types[by_fold[f]]) for f in TIME if f in by_fold]
    return _Columns(
        said=said,
        by={**{n: _plain(n, types[n]) for n in others}, **places},
        who={by_fold[f]: _text(by_fold[f]) for f in _WHO if f in by_fold},
        nested=nested,
        at=f"greatest(least(coalesce({', '.join([*times, str(modified)])}), {latest}), {_YEAR_1})",
        typed=" OR ".join(typed) or "false",
    )


def _first_of(names: Sequence[str]) -> dict[str, str]:
    """Columns of which the first that holds something counts: the others are empty then."""
    found: dict[str, str] = {}
    before: list[str] = []
    for name in names:
        text = _text(name)
        together = _fold(name) in (*_COMBINED, *STACK)
        empty = " AND ".join(f"{b} = ''" for b in before)
        found[name] = (
            text if together or not empty else f"CASE WHEN {empty} THEN {text} ELSE '' END"
        )
        before.append(text)
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(name: str) -> str:
    return f"coalesce(CAST({_quoted(name)} AS VARCHAR), '')"


def _plain(name: str, type_: str) -> str:
    """Numbers stay what they are: a level may be one."""
    kept = type_ in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT",
                     "UINTEGER", "DOUBLE", "FLOAT", "BOOLEAN")  # fmt: skip
    return _quoted(name) if kept else _text(name)


def _is_nested(type_: str) -> bool:
    return type_.startswith(("STRUCT", "MAP", "JSON")) or type_.endswith("[]")


def _micros(name: str, type_: str) -> str:
    """Microseconds since 1970 of a column: a time, or a number in s, ms, µs or ns."""
    if type_ == "TIMESTAMP_NS":
        return f"CASE WHEN isfinite({name}) THEN epoch_ns({name}) // 1000 END"
    if type_.startswith("TIMESTAMP") or type_ == "DATE":
        cast = name if "ZONE" in type_ else f"CAST({name} AS TIMESTAMP)"
        return f"CASE WHEN isfinite({cast}) THEN epoch_us({cast}) END"
    if type_ == "VARCHAR":
        told = f"TRY_CAST({name} AS TIMESTAMPTZ)"
        number = _scaled(f"TRY_CAST({name} AS DOUBLE)")
        return f"coalesce(CASE WHEN isfinite({told}) THEN epoch_us({told}) END, {number})"
    if type_.endswith(("INT", "INTEGER")):
        return _scaled(f"CAST({name} AS HUGEINT)")
    if type_.startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return _scaled(f"CAST({name} AS DOUBLE)")
    return "NULL"


def _scaled(n: str) -> str:
    return (
        f"CAST(CASE WHEN NOT ({n} > 0 AND {n} < 1e19) THEN NULL WHEN {n} > 1e17 THEN {n} // 1000 "
        f"WHEN {n} > 1e14 THEN {n} WHEN {n} > 1e11 THEN {n} * 1000 ELSE {n} * 1000000 END "
        "AS BIGINT)"
    )


# --------------------------------------------------------------------- rows

Values = tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What fields amount to: a failure's class, or that it is none, or that nothing is said."""

    flagged: bool = False
    empty: bool = False
    named: Named | None = None
    unsure: bool = False


class _Rows:
    """One count of some rows of a table."""

    def __init__(self, looked: Looked, begin: int, end: int, settings: Settings) -> None:
        self._looked = looked
        self._range = begin, end
        self._settings = settings
        modified = looked.file.modified
        self._columns = _columns(looked.columns, modified, settings.latest)
        self._names = (*self._columns.by, *self._columns.nested, *self._columns.said)
        self._counting = Counting(
            naming(settings.project), modified=modified, latest=settings.latest
        )
        self._candidates: dict[Named, list[tuple[int, str, int]]] = {}

    def partial(self) -> Partial:
        """What the rows sum to."""
        with _connected(self._looked.file) as db:
            self._db = db
            self._view()
            if self._levels():
                self._group("g", [f"fold({_quoted(n)}) AS {_quoted(n)}" for n in self._said()], "")
                unsure = self._add("g", exact=False)
                if unsure:
                    self._again(unsure)
                self._samples()
        return self._counting.partial()

    def _said(self) -> Sequence[str]:
        return tuple(self._columns.said)

    def _view(self) -> None:
        c = self._columns
        columns = {**c.by, **c.nested, **c.said, **c.who}
        listed = ", ".join(f"{sql} AS {_quoted(name)}" for name, sql in columns.items())
        begin, end = self._range
        self._db.execute(
            f"CREATE TEMP MACRO fold(t) AS {_FOLD};"
            f'CREATE TEMP VIEW part AS SELECT {c.at} AS "at us", ({c.typed}) AS "is typed", '
            f"{listed} FROM read_parquet({_literal(self._looked.file)}, file_row_number = true) "
            f"WHERE file_row_number >= {begin} AND file_row_number < {end}"
        )

    def _levels(self) -> bool:
        """Count good rows by their level alone; whether there are others."""
        named = [n for n in self._columns.by if _fold(n) in LEVEL]
        levels = ", ".join(_quoted(n) for n in named)
        said = [*self._said(), *self._columns.nested]
        silent = " AND ".join(f"{_quoted(n)} = ''" for n in said)
        query = (
            f'SELECT {levels + "," if levels else ""} "is typed", count(*), '
            f"count(*) FILTER (WHERE {silent}) FROM part GROUP BY ALL"
        )
        good: list[Json] = []
        left = 0
        for *values, typed, rows, empty in self._db.execute(query).fetchall():
            level = pick(_flat(named, values), *LEVEL)
            if len(named) == 1 and not typed and is_bad(level) is False:
                good.append(values[0])
                self._counting.events += rows - empty
                self._counting.rejected += empty
            else:
                left += rows
        self._db.execute("CREATE TEMP TABLE good (level VARCHAR)")
        if good:
            self._db.executemany("INSERT INTO good VALUES (?)", [[str(v)] for v in good])
            level = f"CAST({_quoted(named[0])} AS VARCHAR)"
            self._where = f"WHERE (\"is typed\" OR coalesce({level}, '') NOT IN (FROM good))"
        else:
            self._where = ""
        return left > 0

    def _group(self, table: str, said: Sequence[str], join: str) -> None:
        """Count rows by what they say, each group with the rows of lowest rank."""
        c = self._columns
        kept = [*(_quoted(n) for n in (*self._said(), *c.who)), '"at us"']
        by = [_quoted(n) for n in (*c.by, *c.nested)]
        hashed = ", ".join(dict.fromkeys([*kept, *by]))
        packed = ", ".join(f"c{i} := {sql}" for i, sql in enumerate(kept))
        day = f'("at us" - (("at us" % {DAY}) + {DAY}) % {DAY}) // {DAY}'
        self._db.execute(
            f'CREATE TEMP TABLE {table} AS SELECT {", ".join([*by, *said])}, {day} AS "day n", '
            'count(*) AS "hits n", min("at us") AS "first us", max("at us") AS "last us", '
            f'min(h) AS "rank n", arg_min(struct_pack({packed}, h := h), h, {SAMPLES}) AS "rows n" '
            f"FROM (SELECT *, hash({hashed}) AS h FROM part {self._where}) {join} GROUP BY ALL"
        )

    def _add(self, table: str, *, exact: bool) -> list[Values]:
        """Count the groups of a table; the texts of those whose digits decide are left, and come
        back."""
        names = ", ".join(_quoted(n) for n in self._names)
        rows = self._db.execute(
            f'SELECT {names}, rowid, "day n", "hits n", "first us", "last us", "rank n" FROM {table}'
        ).fetchall()
        width, texts = len(self._names), len(self._said())
        seen = [self._seen(row[:width], exact=exact) for row in rows]
        unsure = {row[width - texts : width] for row, s in zip(rows, seen, strict=True) if s.unsure}
        for row, s in zip(rows, seen, strict=True):
            if row[width - texts : width] not in unsure:
                self._count(table, s, row[width:])
        return list(unsure)

    def _count(self, table: str, seen: _Seen, numbers: Sequence[int]) -> None:
        row, day, hits, first, last, rank = numbers
        if seen.empty:
            self._counting.rejected += hits
            return
        self._counting.events += hits
        self._counting.flagged += hits if seen.flagged else 0
        if seen.named is not None:
            self._counting.count(seen.named, day, hits=hits, first=first, last=last)
            self._candidates.setdefault(seen.named, []).append((rank, table, row))

    def _seen(self, values: Values, *, exact: bool) -> _Seen:
        nested = tuple(self._columns.nested)
        return _by_values[self._settings.project, self._names, nested, values, exact]

    def _again(self, unsure: Sequence[Values]) -> None:
        """Count the rows of these folded texts by their texts."""
        said = self._said()
        listed = ", ".join(f"{_quoted(n)} VARCHAR" for n in said)
        self._db.execute(f"CREATE TEMP TABLE unsure ({listed})")
        marks = ", ".join("?" for _ in said)
        self._db.executemany(f"INSERT INTO unsure VALUES ({marks})", [list(v) for v in unsure])
        same = " AND ".join(f"fold(p.{_quoted(n)}) = u.{_quoted(n)}" for n in said)
        self._group("e", [_quoted(n) for n in said], f"AS p SEMI JOIN unsure AS u ON {same}")
        self._add("e", exact=True)

    def _samples(self) -> None:
        """Of each class the rows of lowest rank: they are in the groups of lowest rank."""
        classes = list(self._candidates)
        wanted: dict[str, tuple[list[int], list[int]]] = {"g": ([], []), "e": ([], [])}
        for n, named in enumerate(classes):
            for _, table, row in sorted(self._candidates[named])[:SAMPLES]:
                wanted[table][0].append(row)
                wanted[table][1].append(n)
        by = ", ".join(_quoted(n) for n in (*self._columns.by, *self._columns.nested))
        by += ", " if by else ""
        for table, (rows, numbers) in wanted.items():
            if not rows:
                continue
            found = self._db.execute(
                f'SELECT * FROM (SELECT {by}"class n", unnest("rows n") AS "one n" FROM {table} '
                'JOIN (SELECT unnest(CAST(? AS BIGINT[])) AS "row n", '
                'unnest(CAST(? AS BIGINT[])) AS "class n") ON "row n" = '
                f"{table}.rowid) QUALIFY row_number() OVER "
                f'(PARTITION BY "class n" ORDER BY struct_extract("one n", \'h\')) <= {SAMPLES}',
                [rows, numbers],
            )
            while page := found.fetchmany(1_000):
                for *values, number, sample in page:
                    self._sample(classes[number], values, sample)

    def _sample(self, named: Named, values: Sequence[Json], sample: Mapping[str, Any]) -> None:
        columns = self._columns
        fields = _fields((*columns.by, *columns.nested), tuple(columns.nested), values)
        kept = (*self._said(), *columns.who)
        fields |= {name: sample[f"c{i}"] for i, name in enumerate(kept)}
        at = int(sample[f"c{len(kept)}"])
        found = fields_recording(fields, self._looked.file.name, 0)
        if found is not None:
            self._counting.sample(named, int(sample["h"]), at, found)


def _flat(names: Sequence[str], values: Sequence[Json]) -> Mapping[str, Json]:
    return {_fold(name): value for name, value in zip(names, values, strict=True)}


def _fields(names: Sequence[str], nested: Sequence[str], values: Sequence[Json]) -> dict[str, Json]:
    """The fields of a row, as a line of JSON would hold them."""
    fields = dict(zip(names, values, strict=True))
    for name in nested:
        text = fields[name]
        fields[name] = decode(text) if isinstance(text, str) and text else None
    return fields


def _look_at(key: tuple[str, tuple[str, ...], tuple[str, ...], Values, bool]) -> _Seen:
    project, names, nested, values, exact = key
    fields = _fields(names, nested, values)
    recording = fields_recording(fields, "", 0)
    if recording is None:
        return _Seen(empty=True)
    if not (recording.flagged or recording.error_type):
        return _Seen()
    flagged = bool(recording.flagged)
    if exact:
        return _Seen(flagged=flagged, named=naming(project).of(recording))
    if any(fields[name] for name in names if _fold(name) in STACK):
        return _Seen(unsure=True)  # whether the message stands in the stack, digits may decide
    named = naming(project).of_fold(recording)
    return _Seen(flagged=flagged, named=named, unsure=named is None)


def _length(key: tuple[str, tuple[str, ...], tuple[str, ...], Values, bool]) -> int:
    return sum(len(value) for value in key[3] if isinstance(value, str))


_by_values: Final = Memo(_look_at, _length)


# ----------------------------------------------------------------- database


@contextmanager
def _connected(file: File) -> "Iterator[DuckDBPyConnection]":
    """DuckDB with one thread, nothing on disk, and nothing fetched from anywhere."""
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise BadSetting(f"Parquet needs duckdb: {EXTRA}") from error
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": MEMORY,
        "temp_directory": "",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    db = duckdb.connect(":memory:", config=settings)
    try:
        db.execute("SET TimeZone = 'UTC'")
        if is_remote(file.url):
            db.register_filesystem(filesystem(file.url))
        yield db
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        text = " ".join(str(error).split())[:300]
        raise BadInput(f"{file.name}: no Parquet, or damaged ({text})") from error
    finally:
        db.close()


def _literal(file: File) -> str:
    """The path as SQL, with what would be a pattern in it taken as it is."""
    name = escape(file.url)
    return "'" + name.replace("'", "''") + "'"
