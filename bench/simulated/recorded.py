"""Recorded calls of the benchmark, read as the product reads them, and run again."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from failonce.adapters.importers.calls import CallsImporter
from failonce.adapters.sources import sources
from failonce.adapters.wording import TemplateWording
from failonce.evidence.redact import Redactor
from failonce.loop import Loop
from failonce.model import Evidence, Lesson, Recording, Reject
from failonce.ports import Source
from failonce.review import Review
from failonce.testing import FixedClock, MemoryStore
from simulated.environment import Row

PROJECT = "bfcl"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Desk:
    """A workspace that holds nothing."""

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:  # noqa: ARG002 - a port
        """Nothing is ever written."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """The product in memory: a store, its loop, and the review on it."""

    store: MemoryStore
    loop: Loop
    review: Review


def product(**loop: object) -> Desktop:
    """A fresh product in memory; `loop` is given to its `Loop`."""
    store, clock = MemoryStore(), FixedClock(NOW)
    review = Review(store=store, clock=clock, workspace=Desk(), actor="bench")
    made = Loop(
        review=review, clock=clock, wording=TemplateWording(None), cleaner=Redactor(), **loop
    )
    return Desktop(store=store, loop=made, review=review)


def rows(path: Path) -> list[Row]:
    """The calls of a recording: the product's evidence of each beside what it was."""
    loop = product().loop
    (source,) = _sources(path)
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
    (source,) = _sources(path)
    return (json.loads(line) for line in source.lines() if line.strip())


def _sources(path: Path) -> list[Source]:
    found = sources([path], stdin=BytesIO(), clock=FixedClock(NOW))
    return [source for source in found if not isinstance(source, Reject)]
