"""`failonce group`."""

import csv
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.sources import STDIN, Input, sources
from failonce.compose import SystemClock
from failonce.errors import BadInput
from failonce.signature.cluster import Cluster, Form, aliases, clusters
from failonce.signature.fingerprint import Fingerprint, fingerprints
from failonce.surfaces.cli.naming import short_ids
from failonce.surfaces.cli.options import AsJson
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting

app = typer.Typer(rich_markup_mode=None)

_FIELD = 1 << 23
"""Characters that a field of a table may have."""


class Layout(StrEnum):
    """How a file holds its messages."""

    LINES = "lines"
    CSV = "csv"


@app.command()
def group(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file, also compressed, or -.")],
    layout: Annotated[
        Layout, typer.Option("--format", help="One message a line, or a table.")
    ] = Layout.LINES,
    field: Annotated[
        str, typer.Option("--field", metavar="NAME", help="The column of a table to group by.")
    ] = "Content",
    as_json: AsJson = False,
) -> None:
    """Group the lines of a file, without a store.

    Messages that differ only in values have one fingerprint, whatever file they stand in.
    A cluster joins fingerprints of this file that differ in one word that varies. With
    --json one object for each line, in order: line, fingerprint, cluster, template.
    """
    with waiting("Grouping"):
        source = _source(file)
        texts = _lines(source) if layout is Layout.LINES else _column(source, field)
        named = list(fingerprints(texts, component="", error_type=""))
        counts = Counter(named)
        found = clusters(Form(id=f.id, template=f.template, count=n) for f, n in counts.items())
    if as_json:
        cluster = aliases(found)
        for number, one in enumerate(named, 1):
            show_json(
                {
                    "line": number,
                    "fingerprint": one.id,
                    "cluster": cluster[one.id],
                    "template": one.template,
                }
            )
    else:
        _tell(named, found)


def _source(file: str) -> Input:
    if file != STDIN and Path(file).is_dir():
        raise BadInput(f"{file} is a folder; name one file in it, or -")
    (source,) = sources([file], stdin=sys.stdin.buffer, clock=SystemClock())
    if not isinstance(source, Input):
        raise BadInput(f"{source.source}: {source.reason}")
    return source


def _lines(source: Input) -> Iterator[str]:
    for raw in source.lines():
        yield raw.decode("utf-8", "replace")


def _column(source: Input, field: str) -> Iterator[str]:
    csv.field_size_limit(_FIELD)
    rows = csv.reader(line + "\n" for line in _lines(source))
    try:
        header = next(rows, [])
        if field not in header:
            raise BadInput(
                f"{source.name} has no column `{field}`; name one of {', '.join(header[:20])} "
                "by --field"
            )
        at = header.index(field)
        for row in rows:
            if row:
                yield row[at] if at < len(row) else ""
    except csv.Error as error:
        raise BadInput(f"{source.name} is no table from line {rows.line_num} on: {error}") from None


def _tell(named: Sequence[Fingerprint], found: Sequence[Cluster]) -> None:
    short = short_ids(c.id for c in found)
    table(
        ("cluster", "lines", "forms", "example"),
        [(short[c.id], c.count, len(c.members), c.example) for c in found],
    )
    say(
        f"{plural(len(named), 'line')}, {plural(len(set(named)), 'fingerprint')}, "
        f"{plural(len(found), 'cluster')}"
    )
