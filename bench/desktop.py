"""The product in memory, and recordings as it reads them: what several benchmarks need."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from failonce.adapters.importers.registry import detect
from failonce.adapters.sources import sources
from failonce.adapters.wording import TemplateWording
from failonce.errors import FailonceError
from failonce.evidence.redact import Redactor
from failonce.loop import Loop
from failonce.model import Evidence, Lesson, Offer, Recording, Reject
from failonce.ports import Source, Store
from failonce.review import Review
from failonce.testing import FixedClock, MemoryStore

LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""A present that lies behind everything recorded: times are kept as they are."""


class Desk:
    """A workspace that holds nothing."""

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:  # noqa: ARG002 - a port
        """Nothing is ever written."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """The product: a store, in memory if none is given, its loop, and the review on it."""

    store: Store
    loop: Loop
    review: Review


def product(now: datetime = LATER, store: Store | None = None, **loop: object) -> Desktop:
    """A fresh product on this store, or in memory; `loop` is given to its `Loop`."""
    store, clock = store or MemoryStore(), FixedClock(now)
    review = Review(store=store, clock=clock, workspace=Desk(), actor="bench")
    made = Loop(
        review=review, clock=clock, wording=TemplateWording(None), cleaner=Redactor(), **loop
    )
    return Desktop(store=store, loop=made, review=review)


def observe(desktop: Desktop, path: Path, project: str) -> None:
    """Import a file or a folder, as `failonce import` does, all of it into one project.

    A file in no known format ends the benchmark; one of a folder is passed over.
    """
    for source in opened(path):
        try:
            importer = detect(source.head(), source.name)
            entries = list(importer.read(source))
        except FailonceError as error:
            if path.is_dir():
                continue
            sys.exit(str(error))
        offers = [e for e in entries if isinstance(e, Offer)]
        desktop.store.add_tools(project, [o.spec for o in offers], source.modified)
        raw = [e for e in entries if isinstance(e, Recording)]
        evidence = desktop.loop.evidence(raw, modified=source.modified, project=project)
        desktop.loop.keep([replace(e, call=replace(e.call, project=project)) for e in evidence])


def as_recorded(path: Path, project: str) -> list[Evidence]:
    """A file's calls in its own order, as the product reads and judges them, not stored."""
    (source,) = opened(path)
    raw = detect(source.head(), source.name).read(source)
    recordings = (e for e in raw if isinstance(e, Recording))
    found = product().loop.evidence(recordings, modified=source.modified, project=project)
    return [replace(e, call=replace(e.call, project=project)) for e in found]


def opened(path: Path) -> Iterator[Source]:
    """The sources of a path that can be opened."""
    for source in sources([path], stdin=BytesIO(), clock=FixedClock(LATER)):
        if not isinstance(source, Reject):
            yield source
