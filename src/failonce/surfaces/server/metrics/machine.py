"""The numbers of this machine: the queue before the store, the spool, the sandbox."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

import failonce
from failonce.adapters.spool import Status
from failonce.model import Enforced, Strength

if TYPE_CHECKING:
    from failonce.surfaces.server.intake import Intake


def built() -> Metric:
    """Which version runs."""
    found = GaugeMetricFamily("failonce_build_info", "The version that runs.", labels=("version",))
    found.add_metric((failonce.__version__,), 1)
    return found


def queue(intake: "Intake") -> Iterator[Metric]:
    """What came in over HTTP and is not stored yet, and what became of the rest."""
    counts = intake.counts
    bodies = CounterMetricFamily(
        "failonce_intake_bodies",
        "Bodies of reports: taken, refused for want of room, or failed to be stored.",
        labels=("outcome",),
    )
    for outcome, count in (
        ("taken", counts.taken),
        ("refused", counts.refused),
        ("failed", counts.failed),
    ):
        bodies.add_metric((outcome,), count)
    yield bodies
    yield GaugeMetricFamily(
        "failonce_intake_queue_bytes", "Bytes that came in and are not stored yet.", intake.waits
    )
    yield GaugeMetricFamily(
        "failonce_intake_queue_limit_bytes", "Bytes above which reports are refused.", intake.most
    )
    yield CounterMetricFamily(
        "failonce_intake_worker_restarts", "Storing processes that died.", counts.restarts
    )


def spool(status: Status) -> Iterator[Metric]:
    """What watched tools and hooks of this machine report, on its way to the store."""
    every = status.ended + status.running + status.dead
    reports = CounterMetricFamily(
        "failonce_spool_reports",
        "Reports of watched tools and hooks of this machine, by what became of them.",
        labels=("outcome",),
    )
    reports.add_metric(("stored",), every.stored)
    reports.add_metric(("spooled",), every.spooled)
    yield reports
    dropped = CounterMetricFamily(
        "failonce_spool_dropped", "Such reports that nobody will see again.", labels=("reason",)
    )
    for reason, count in (
        ("queue_full", every.overflowed),
        ("failed", every.failed),
        ("lost", every.lost),
        ("damaged", every.damaged),
    ):
        dropped.add_metric((reason,), count)
    yield dropped
    yield GaugeMetricFamily("failonce_spool_bytes", "Bytes in the spool.", status.spool_bytes)
    yield GaugeMetricFamily(
        "failonce_spool_waiting_reports",
        "Reports in the queues of processes that run.",
        status.running.waiting,
    )


def sandbox(barriers: Sequence[Enforced]) -> Iterator[Metric]:
    """Whether generated code can be run here at all, and how well it is held."""
    counts = Counter(b.how for b in barriers)
    yield GaugeMetricFamily(
        "failonce_sandbox_up",
        "Whether generated code may run here: no barrier of the sandbox is absent.",
        int(bool(barriers) and not counts[Strength.ABSENT]),
    )
    found = GaugeMetricFamily(
        "failonce_sandbox_barriers",
        "Barriers of the sandbox by how well they hold; failonce doctor says why.",
        labels=("strength",),
    )
    for strength in Strength:
        found.add_metric((strength,), counts[strength])
    yield found
