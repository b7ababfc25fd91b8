"""Columns of a table by what they are for: the names that logs give to things, as SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from failonce.adapters.batch.duck import quoted
from failonce.adapters.importers.log_fields import (
    COMPONENT,
    ERROR_TYPE,
    LEVEL,
    MESSAGE,
    STACK,
    TIME,
    folded,
)

SAID: Final = tuple(dict.fromkeys((*MESSAGE, *STACK)))
"""Names of columns that hold what was said."""

_WHO: Final = ("session", "sessionid", "task", "taskid", "trace", "traceid", "requestid",
               "correlationid")  # fmt: skip
"""Columns that tell events apart: kept with samples, and nothing is counted by them."""
_BY: Final = (*LEVEL, *COMPONENT, *ERROR_TYPE, "project")
_COMBINED: Final = ("error", "message", "msg")
"""Of columns with a message the first that holds one counts, but these are read together."""
_YEAR_1: Final = -62_135_596_800_000_000
"""The earliest time that there is, in microseconds since 1970."""


def chosen(types: Mapping[str, str]) -> list[str]:
    """The columns that are read: the first of each name that logs give to something."""
    known = {*TIME, *SAID, *_BY, *_WHO}
    seen: set[str] = set()
    names: list[str] = []
    for name in types:
        fold = known_as(name)
        if fold in known and fold not in seen:
            seen.add(fold)
            names.append(name)
    return names


@lru_cache(maxsize=1024)
def known_as(name: str) -> str:
    """The name of a column as the tables of names have it."""
    return next(iter(folded({name: None})))


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns of a table by what they are for, each with its SQL."""

    said: Mapping[str, str]
    by: Mapping[str, str]
    who: Mapping[str, str]
    nested: Mapping[str, str]
    at: str
    typed: str
    """Whether the type of an error is stated."""


def columns(types: Mapping[str, str], modified: int, latest: int) -> Columns:
    """What columns of these names and types are for; rows without a time are as old as `modified`
    and none is later than `latest`, in microseconds since 1970."""
    by_fold = {known_as(name): name for name in types}
    nested = {
        name: f"coalesce(CAST(to_json({quoted(name)}) AS VARCHAR), '')"
        for fold, name in by_fold.items()
        if fold in SAID and _is_nested(types[name])
    }
    said = _first_of([by_fold[f] for f in SAID if f in by_fold and by_fold[f] not in nested])
    places = _first_of([by_fold[f] for f in COMPONENT if f in by_fold])
    others = [by_fold[f] for f in (*LEVEL, *ERROR_TYPE, "project") if f in by_fold]
    typed = [f"{_text(by_fold[f])} <> ''" for f in ERROR_TYPE if f in by_fold]
    typed += [f"{sql} <> ''" for sql in nested.values()]
    times = [_micros(quoted(by_fold[f]), types[by_fold[f]]) for f in TIME if f in by_fold]
    return Columns(
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
        together = known_as(name) in (*_COMBINED, *STACK)
        empty = " AND ".join(f"{b} = ''" for b in before)
        found[name] = (
            text if together or not empty else f"CASE WHEN {empty} THEN {text} ELSE '' END"
        )
        before.append(text)
    return found


def _text(name: str) -> str:
    return f"coalesce(CAST({quoted(name)} AS VARCHAR), '')"


def _plain(name: str, type_: str) -> str:
    """Numbers stay what they are: a level may be one."""
    kept = type_ in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT",
                     "UINTEGER", "DOUBLE", "FLOAT")  # fmt: skip
    return quoted(name) if kept else _text(name)


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
