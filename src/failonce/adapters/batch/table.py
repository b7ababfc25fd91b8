"""Parquet in parts: DuckDB reads it and counts what is equal, so that few texts are looked at.

Rows are counted by component, day and text with every digit as zero. The class of such a text is
that of all of them wherever digits decide nothing; where they do, the same rows are counted once
more, by their texts. So a row has the class that the importer of logs would give it.
"""

from hashlib import blake2b
from typing import Final

from failonce.adapters.batch.columns import SAID, chosen, known_as
from failonce.adapters.batch.duck import MEMORY, connected, literal
from failonce.adapters.batch.files import opened, part
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
from failonce.adapters.batch.rows import Rows
from failonce.adapters.importers.log_fields import MESSAGE
from failonce.errors import BadInput
from failonce.identity import digest
from failonce.summing import Partial, merge

MAGIC: Final = b"PAR1"
"""What a Parquet file begins with."""

LEAST: Final = 1_000
"""Rows below which halves are not tried any more."""


def look(file: File) -> Looked:
    """Its columns and row groups; raises `BadInput` where it is damaged or holds no message."""
    with connected(file) as db:
        path = literal(file)
        described = db.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()
        types = {str(row[0]): str(row[1]) for row in described}
        chunks = db.execute(
            "SELECT row_group_id, row_group_num_rows, path_in_schema, total_compressed_size, "
            f"data_page_offset, dictionary_page_offset FROM parquet_metadata({path})"
        ).fetchall()
    names = chosen(types)
    if "tool" in {known_as(name) for name in types}:
        raise BadInput("a table of calls, by its column `tool`; only logs are read with --engine")
    if not any(known_as(name) in SAID for name in names):
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
        return Rows(looked, begin, end, settings).partial()
    except duckdb.OutOfMemoryException as error:
        if end - begin < LEAST:
            raise BadInput(
                f"{looked.file.name}: rows {begin:,} to {end:,} do not fit into {MEMORY}"
            ) from error
        middle = (begin + end) // 2
        halves = ((begin, middle), (middle, end))
        return merge(_halved(looked, a, z, settings) for a, z in halves)
