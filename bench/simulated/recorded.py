"""Recorded calls of the benchmark, read as the product reads them, and run again."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from desktop import Desktop, opened, product
from failonce.adapters.importers.calls import CallsImporter
from failonce.model import Evidence, Recording, Reject
from simulated.environment import Row

PROJECT = "bfcl"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rows(path: Path) -> list[Row]:
    """The calls of a recording: the product's evidence of each beside what it was."""
    loop = product(NOW).loop
    (source,) = opened(path)
    raw: list[Recording] = []
    for entry in CallsImporter().read(source):
        if isinstance(entry, Reject):
            sys.exit(f"{path}:{entry.line}: {entry.reason}")
        raw.append(entry)
    evidence = loop.evidence(raw, modified=NOW, project=PROJECT)
    return [
        _row(recording, found, fields)
        for recording, found, fields in zip(raw, evidence, _fields(path), strict=True)
    ]


def keep(desktop: Desktop, evidence: Iterable[Evidence]) -> None:
    """Put evidence into the product's store, as an import does."""
    desktop.loop.keep(list(evidence))


def _row(recording: Recording, evidence: Evidence, fields: dict) -> Row:
    call = replace(recording.call, project=recording.call.project or PROJECT)
    return Row(
        evidence=evidence,
        call=call,
        text=recording.text,
        flagged=bool(recording.flagged),
        turn=int(fields["turn"]),
    )


def _fields(path: Path) -> Iterator[dict]:
    """What the recording says beside the call, line by line."""
    (source,) = opened(path)
    return (json.loads(line) for line in source.lines() if line.strip())
