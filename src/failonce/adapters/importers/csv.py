"""Tables with a header row: of calls where a column is named `tool`, else of log events.

Columns are found by the names in `log_fields`; the delimiter is the one of `, ; tab |` that
splits the header most. A table of calls has the columns of the neutral calls format. Upper
and lower case, spaces and `_` in a name do not matter.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from failonce.adapters.importers.calls import call_recording
from failonce.adapters.importers.log_fields import (
    COMPONENT,
    LEVEL,
    MESSAGE,
    TIME,
    folded,
)
from failonce.adapters.importers.log_record import fields_recording
from failonce.adapters.importers.reading import lines_of, reject, too_long
from failonce.adapters.sources import CutLine
from failonce.errors import BadInput
from failonce.model import Json, Recording, Reject
from failonce.ports import Source

FIELD: Final = 131_072
"""Characters of the longest cell; an open quote swallows at most so much of a file."""
_DELIMITERS: Final = ",;\t|"
_KNOWN: Final = frozenset(
    {*TIME, *LEVEL, *COMPONENT, *MESSAGE, "args", "iserror", "session", "task"}
)

_CALL: Final = {
    name.lower().replace("_", ""): name
    for name in (
        "tool", "args", "text", "result", "output", "error", "message", "is_error", "failed",
        "id", "call_id", "project", "session", "task", "ts", "at", "time", "timestamp", "trace",
        "parent", "duration_ms", "attempt", "exit_code", "status", "retry_after_s", "error_type",
        "read_only", "tags", "origin",
    )
}  # fmt: skip
"""Folded names of columns → the fields of the neutral calls format."""


class CsvImporter:
    """Port `Importer` for CSV and its like."""

    name = "csv"

    def sniff(self, head: bytes, name: str) -> float:
        """A header row with columns that it knows."""
        lines = lines_of(head)
        if len(lines) < 2 or lines[0].lstrip().startswith(("{", "[")):
            return 0.0
        columns = [_folded(name) for name in _columns(lines[0])]
        known = sum(column in _KNOWN or column == "tool" for column in columns)
        if len(columns) < 2 or not _has_text(columns):
            return 0.0
        return 0.9 if ".csv" in name.lower() or ".tsv" in name.lower() else 0.7 * min(1, known / 2)

    def read(self, source: Source) -> Iterator[Recording | Reject]:
        """A recording for each row; a row that is no CSV is a reject."""
        lines = _Lines(source)
        header = next(lines, "")
        delimiter = _delimiter(header)
        names = _columns(header)
        if not _has_text([_folded(name) for name in names]):
            raise BadInput(
                f"{source.name}: no column of its header holds a message; name one of "
                f"{', '.join(MESSAGE[:6])}, or give a table of calls with a column `tool`"
            )
        csv.field_size_limit(FIELD)
        rows = csv.reader(lines, delimiter=delimiter)
        while True:
            try:
                row = next(rows, None)
            except csv.Error as error:
                yield reject(source, lines.number, f"not CSV: {error}", lines.last)
                rows = csv.reader(lines, delimiter=delimiter)
                continue
            yield from lines.rejects()
            if row is None:
                return
            if row:
                yield _recording(names, row, source, lines)


class _Lines(Iterator[str]):
    """Decoded lines with their ends, which a field in quotes may hold."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = source.lines()
        self._rejects: list[Reject] = []
        self.number = 0
        self.last = ""

    def __next__(self) -> str:
        raw = next(self._lines)
        self.number += 1
        while isinstance(raw, CutLine):
            self._rejects.append(too_long(self._source, self.number, raw))
            raw = next(self._lines)
            self.number += 1
        self.last = raw.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}") + "\n"
        return self.last

    def rejects(self) -> list[Reject]:
        """The lines that were too long since the last time."""
        found, self._rejects = self._rejects, []
        return found


def _recording(
    names: list[str], row: list[str], source: Source, lines: _Lines
) -> Recording | Reject:
    if len(row) > len(names):
        return reject(source, lines.number, f"{len(row)} fields, {len(names)} columns", lines.last)
    fields: Mapping[str, Json] = dict(zip(names, row, strict=False))
    folds = folded(fields)
    if "tool" in folds:
        known = {_CALL[name]: value for name, value in folds.items() if name in _CALL}
        found = call_recording(known, source.name, lines.number)
    else:
        found = fields_recording(fields, source.name, lines.number)
    return found or reject(source, lines.number, "names no tool and holds no message", lines.last)


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _columns(header: str) -> list[str]:
    """The names in a header row; none where it is no CSV."""
    with suppress(csv.Error):
        return next(csv.reader([header], delimiter=_delimiter(header)), [])
    return []


def _folded(name: str) -> str:
    return next(iter(folded({name.strip(): None})))


def _has_text(columns: list[str]) -> bool:
    return "tool" in columns or any(column in MESSAGE for column in columns)
