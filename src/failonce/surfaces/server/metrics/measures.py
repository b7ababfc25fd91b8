"""What this process counts as it goes; it begins at nought with each start."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric

if TYPE_CHECKING:
    from failonce.surfaces.server.intake import Format, Receipt

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
LONG_SECONDS: Final = (0.1, 0.5, 1, 5, 15, 60, 300, 1800)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Others are counted together: a client may send any word."""


class Looked(StrEnum):
    """How a look for lessons in one project ended."""

    DONE = "done"
    BUSY = "busy"
    """Somebody else looks there now, or the store was busy; it is done again."""
    FAILED = "failed"


class Measures:
    """Counters of one process. Threads share it."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "failonce_http_requests",
            "Requests that were answered, by their route's pattern and the class of the status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._answering = Histogram(
            "failonce_http_request_duration_seconds",
            "How long requests took, until all of the answer was handed over.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._reports = Counter(
            "failonce_intake_reports",
            "Reports that came in, by their format and what became of them.",
            ("format", "outcome"),
            registry=self._registry,
        )
        self._storing = Histogram(
            "failonce_intake_storing_seconds",
            "How long it took to read and store what came in together.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self._looks = Counter(
            "failonce_mining_looks",
            "Looks for lessons that this server took at a project, by how they ended.",
            ("outcome",),
            registry=self._registry,
        )
        self._looking = Histogram(
            "failonce_mining_look_duration_seconds",
            "How long such a look took.",
            buckets=LONG_SECONDS,
            registry=self._registry,
        )
        self._found = Counter(
            "failonce_mining_look_lessons",
            "Lessons that began to wait for a person after such looks.",
            registry=self._registry,
        )
        self._last = Gauge(
            "failonce_mining_look_last_duration_seconds",
            "How long the last look that was done took; 0 where none was.",
            registry=self._registry,
        )
        self._pushes = Counter(
            "failonce_otlp_pushes",
            "Times that these numbers were pushed to a collector, by whether it took them.",
            ("outcome",),
            registry=self._registry,
        )
        for ending in Looked:
            self._looks.labels(ending)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is the pattern of its address, never the address."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._answering.labels(method, route).observe(seconds)

    def taken(self, format: "Format", receipt: "Receipt") -> None:
        """A body was stored."""
        ends = {
            "new": receipt.new,
            "known": receipt.known,
            "skipped": receipt.skipped,
            "refused": len(receipt.refused),
        }
        for outcome, count in ends.items():
            if count:
                self._reports.labels(format, outcome).inc(count)

    def stored(self, seconds: float) -> None:
        """A group of bodies was read and stored, or failed to be."""
        self._storing.observe(seconds)

    def looked(self, ending: Looked, seconds: float = 0.0, lessons: int = 0) -> None:
        """A look for lessons in a project ended."""
        self._looks.labels(ending).inc()
        if ending is Looked.DONE:
            self._looking.observe(seconds)
            self._last.set(seconds)
            self._found.inc(lessons)

    def pushed(self, *, taken: bool) -> None:
        """The numbers were pushed to a collector."""
        self._pushes.labels("taken" if taken else "failed").inc()

    def families(self) -> Iterator[Metric]:
        """All of it as it is now."""
        return iter(self._registry.collect())
