"""One count of rows of a table, in SQL as far as rows are alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from failonce.adapters.batch.columns import columns, known_as
from failonce.adapters.batch.duck import connected, literal, quoted
from failonce.adapters.batch.lines import naming
from failonce.adapters.batch.parts import Looked, Settings
from failonce.adapters.importers.log_fields import LEVEL, STACK, is_bad
from failonce.adapters.importers.log_record import fields_recording
from failonce.adapters.importers.reading import decode, pick
from failonce.model import Json
from failonce.signature.memo import Memo
from failonce.summing import DAY, SAMPLES, Counting, Named, Partial

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FOLD: Final = reduce(lambda sql, digit: f"replace({sql}, '{digit}', '0')", "123456789", "t")
"""Every digit as zero: twice as fast as `translate`."""

Values = tuple[Json, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What fields amount to: a failure's class, or that it is none, or that nothing is said."""

    flagged: bool = False
    empty: bool = False
    named: Named | None = None
    unsure: bool = False


class Rows:
    """One count of some rows of a table."""

    def __init__(self, looked: Looked, begin: int, end: int, settings: Settings) -> None:
        self._looked = looked
        self._range = begin, end
        self._settings = settings
        modified = looked.file.modified
        self._columns = columns(looked.columns, modified, settings.latest)
        self._names = (*self._columns.by, *self._columns.nested, *self._columns.said)
        self._counting = Counting(
            naming(settings.project), modified=modified, latest=settings.latest
        )
        self._candidates: dict[Named, list[tuple[int, str, int]]] = {}

    def partial(self) -> Partial:
        """What the rows sum to."""
        with connected(self._looked.file) as db:
            self._db: DuckDBPyConnection = db
            self._view()
            if self._levels():
                self._group("g", [f"fold({quoted(n)}) AS {quoted(n)}" for n in self._said()], "")
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
        listed = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
        begin, end = self._range
        self._db.execute(
            f"CREATE TEMP MACRO fold(t) AS {_FOLD};"
            f'CREATE TEMP VIEW part AS SELECT {c.at} AS "at us", ({c.typed}) AS "is typed", '
            f"{listed} FROM read_parquet({literal(self._looked.file)}, file_row_number = true) "
            f"WHERE file_row_number >= {begin} AND file_row_number < {end}"
        )

    def _levels(self) -> bool:
        """Count good rows by their level alone; whether there are others."""
        named = [n for n in self._columns.by if known_as(n) in LEVEL]
        levels = ", ".join(quoted(n) for n in named)
        said = [*self._said(), *self._columns.nested]
        silent = " AND ".join(f"{quoted(n)} = ''" for n in said)
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
            level = f"CAST({quoted(named[0])} AS VARCHAR)"
            self._where = f"WHERE (\"is typed\" OR coalesce({level}, '') NOT IN (FROM good))"
        else:
            self._where = ""
        return left > 0

    def _group(self, table: str, said: Sequence[str], join: str) -> None:
        """Count rows by what they say, each group with the rows of lowest rank."""
        c = self._columns
        kept = [*(quoted(n) for n in (*self._said(), *c.who)), '"at us"']
        by = [quoted(n) for n in (*c.by, *c.nested)]
        hashed = ", ".join(dict.fromkeys([*kept, *by]))
        packed = ", ".join(f"c{i} := {sql}" for i, sql in enumerate(kept))
        day = f'("at us" - (("at us" % {DAY}) + {DAY}) % {DAY}) // {DAY}'
        self._db.execute(
            f'CREATE TEMP TABLE {table} AS SELECT {", ".join([*by, *said])}, {day} AS "day n", '
            'count(*) AS "hits n", min("at us") AS "first us", max("at us") AS "last us", '
            f'min(h) AS "rank n", arg_min(struct_pack({packed}, h := h), h, {SAMPLES}) AS "rows n" '
            f"FROM (SELECT *, hash({hashed}) AS h FROM part {self._where}) {join} GROUP BY ALL"
        )

    def _add(self, table: str, *, exact: bool) -> list[int]:
        """Count the groups of a table; those with texts whose digits decide are left, and come
        back."""
        names = ", ".join(quoted(n) for n in self._names)
        rows = self._db.execute(
            f'SELECT {names}, rowid, "day n", "hits n", "first us", "last us", "rank n" '
            f"FROM {table}"
        ).fetchall()
        width, texts = len(self._names), len(self._said())
        seen = [self._seen(row[:width], exact=exact) for row in rows]
        unsure = {row[width - texts : width] for row, s in zip(rows, seen, strict=True) if s.unsure}
        left: list[int] = []
        for row, s in zip(rows, seen, strict=True):
            if row[width - texts : width] in unsure:
                left.append(row[width])
            else:
                self._count(table, s, row[width:])
        return left

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

    def _again(self, groups: Sequence[int]) -> None:
        """Count the rows of these groups by their texts.

        What costs little is compared first: few rows are left of which the digits are folded.
        """
        said = self._said()
        self._db.execute(
            "CREATE TEMP TABLE unsure AS SELECT * FROM g "
            "WHERE rowid IN (SELECT unnest(CAST(? AS BIGINT[])))",
            [list(groups)],
        )
        texts = [quoted(n) for n, sql in self._columns.by.items() if sql != quoted(n)]
        alike = ", ".join([*texts, *(f"strlen({quoted(n)})" for n in said)])
        self._where += " AND " if self._where else "WHERE "
        self._where += f"({alike}) IN (SELECT ({alike}) FROM unsure)"
        same = " AND ".join(f"fold(p.{quoted(n)}) = u.{quoted(n)}" for n in said)
        self._group("e", [quoted(n) for n in said], f"AS p SEMI JOIN unsure AS u ON {same}")
        self._add("e", exact=True)

    def _samples(self) -> None:
        """Of each class the rows of lowest rank: they are in the groups of lowest rank."""
        classes = list(self._candidates)
        wanted: dict[str, tuple[list[int], list[int]]] = {"g": ([], []), "e": ([], [])}
        for n, named in enumerate(classes):
            for _, table, row in sorted(self._candidates[named])[:SAMPLES]:
                wanted[table][0].append(row)
                wanted[table][1].append(n)
        by = ", ".join(quoted(n) for n in (*self._columns.by, *self._columns.nested))
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
    return {known_as(name): value for name, value in zip(names, values, strict=True)}


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
    if any(fields[name] for name in names if known_as(name) in STACK):
        return _Seen(unsure=True)  # whether the message stands in the stack, digits may decide
    named = naming(project).of_fold(recording)
    return _Seen(flagged=flagged, named=named, unsure=named is None)


def _length(key: tuple[str, tuple[str, ...], tuple[str, ...], Values, bool]) -> int:
    return sum(len(value) for value in key[3] if isinstance(value, str))


_by_values: Final = Memo(_look_at, _length)
