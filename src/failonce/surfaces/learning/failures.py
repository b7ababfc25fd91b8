"""The history of failures as planners and people query it (C18)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from failonce.errors import BadInput
from failonce.language.category import from_name
from failonce.model import Category, Evidence, Signature
from failonce.ports import SignatureOrder, SignatureQuery, Store
from failonce.selecting import newest

K = TypeVar("K", bound=str)

MOST = 1_000
"""Failures given at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRecord:
    """One recorded failure, redacted when it was stored."""

    id: str
    at: datetime
    tool: str
    session: str
    category: Category
    error_type: str
    message: str
    signature: str
    attempt: int
    trace: str | None = None
    parent: str | None = None
    """The call that it came from, so that a chain of causes can be followed (C1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureStats:
    """All recorded calls of a project, and what of them failed. Counts are of calls."""

    calls: int = 0
    failures: int = 0
    classes: int = 0
    first: datetime | None = None
    last: datetime | None = None
    by_tool: Mapping[str, int] = field(default_factory=dict)
    by_category: Mapping[Category, int] = field(default_factory=dict)
    by_day: Mapping[str, int] = field(default_factory=dict)
    """Failures of each day on which something was recorded, as YYYY-MM-DD."""


def failures(
    store: Store, project: str, *, tool: str | None, category: str | None, limit: int
) -> tuple[FailureRecord, ...]:
    """The newest failures, newest first; raises `BadInput` for a cause that nobody knows."""
    if not 0 < limit <= MOST:
        raise BadInput(f"`limit` is a number from 1 to {MOST}.")
    cause = None if category is None else from_name(category)
    if category is not None and cause is None:
        raise BadInput(f"There is no cause `{category}`; it is one of {', '.join(Category)}.")
    query = SignatureQuery(project=project, order=SignatureOrder.RECENCY)
    wanted = [
        s for s in store.signatures(query) if tool in (None, s.tool) and cause in (None, s.category)
    ]
    # So many newest failures lie in no more than so many of the classes that failed last.
    found = [e for s in wanted[:limit] for e in newest(store, s.id, project, limit)]
    found.sort(key=lambda e: (e.at, e.id), reverse=True)
    return tuple(_record(e) for e in found[:limit])


def stats(store: Store, project: str) -> FailureStats:
    """What failed, summed up by tool, cause and day."""
    classes = store.signatures(SignatureQuery(project=project))
    daily = store.daily(project=project)
    return FailureStats(
        calls=sum(calls for _, calls, _ in daily),
        failures=sum(failed for _, _, failed in daily),
        classes=len(classes),
        first=min((s.first_seen for s in classes), default=None),
        last=max((s.last_seen for s in classes), default=None),
        by_tool=_summed(classes, lambda s: s.tool),
        by_category=_summed(classes, lambda s: s.category),
        by_day={day: failed for day, _, failed in daily},
    )


def _summed(classes: Iterable[Signature], key: Callable[[Signature], K]) -> Mapping[K, int]:
    """Failures by something, the most first."""
    found: Counter[K] = Counter()
    for s in classes:
        found[key(s)] += s.hits
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _record(e: Evidence) -> FailureRecord:
    return FailureRecord(
        id=e.id,
        at=e.at,
        tool=e.call.tool,
        session=e.call.session,
        category=e.finding.category,
        error_type=e.finding.error_type,
        message=e.message,
        signature=e.signature or "",
        attempt=e.attempt,
        trace=e.call.trace,
        parent=e.call.parent,
    )
