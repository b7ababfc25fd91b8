"""The numbers of one store, from what is in it: they outlive the process.

What is in the store is worked out beside the requests and may be a minute old; whether it answers,
how large it is and who mines it is asked each time.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from failonce.adapters.in_force.layout import file_beside, opened
from failonce.adapters.in_force.sealing import key_beside, sealer
from failonce.adapters.sql_store.store import SqlStore
from failonce.errors import FailonceError, StoreError
from failonce.lifecycle import MOVES, waits_now
from failonce.model import Action, GapStatus, KindName, State
from failonce.ports import Clock, Windows
from failonce.surfaces.mined import MINE
from failonce.surfaces.report.counting import week_of
from failonce.surfaces.report.numbers import Numbers, numbers, recorded

TOLD: Final = (*MOVES, Action.SET_MODE)
"""Decisions that what is in force follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a store holds, in numbers."""

    numbers: Numbers
    today: int
    """Failures of this day (UTC)."""
    this_week: int
    """Lessons proposed in this week."""
    lessons: Mapping[tuple[KindName, State], int]
    waiting: int
    gaps: int
    moves: Mapping[Action, int]
    mined: datetime | None
    """When somebody last looked for lessons in any project and was done."""
    behind: int | None
    """Decisions that the file of what is in force does not tell; None where it cannot be read."""
    refused: int
    """Lessons in force whose text is not the one that was approved."""


def kept(store: SqlStore, clock: Clock, windows: Windows) -> Kept:
    """Read all of it; for a thread beside the requests."""
    now = clock.now()
    found = recorded(store, windows)
    counted = numbers(found)
    runs = store.recent(limit=1, actions=(Action.MINED,))
    behind, refused = _in_force(store)
    by_day = {day: bad for day, _, bad in found.daily}
    return Kept(
        numbers=counted,
        today=by_day.get(f"{now:%Y-%m-%d}", 0),
        this_week=counted.weekly.get(week_of(now), 0),
        lessons=Counter((x.proposal.kind, x.state) for x in found.lessons),
        waiting=sum(waits_now(x, now) for x in found.lessons),
        gaps=sum(g.status is GapStatus.OPEN for g in store.gaps()),
        moves=Counter(e.event.action for e in store.entries(actions=tuple(MOVES))),
        mined=runs[0].event.at if runs else None,
        behind=behind,
        refused=refused,
    )


def _in_force(store: SqlStore) -> tuple[int | None, int]:
    """How many decisions the file is behind, and how many lessons it refused."""
    path = file_beside(store.path)
    try:
        header = opened(path.read_bytes(), sealer(key_beside(path))).header
    except FileNotFoundError:
        return sum(1 for _ in store.entries(actions=TOLD)), 0
    except (OSError, StoreError):
        return None, 0
    behind = sum(1 for _ in store.entries(after=header.seq, actions=TOLD))
    return behind, len(header.refused)


def stored(found: Kept) -> Iterator[Metric]:
    """The six numbers (S24), and how the lessons stand."""
    n = found.numbers
    yield CounterMetricFamily("failonce_recorded_calls", "Calls and reports in the store.", n.calls)
    yield CounterMetricFamily("failonce_failures", "Failures in the store.", n.failures)
    yield _gauge("failonce_failures_today", "Failures of this day (UTC).", found.today)
    yield _gauge("failonce_failures_7d", "Failures of the newest seven days.", n.failures_7d)
    yield _gauge("failonce_signatures", "Distinct classes of failures.", n.classes)
    yield _gauge(
        "failonce_signatures_7d", "Classes that failed in the newest seven days.", n.classes_7d
    )
    yield CounterMetricFamily("failonce_proposals", "Lessons that were proposed.", n.proposals)
    yield _gauge("failonce_proposals_this_week", "The same in this ISO week.", found.this_week)
    yield CounterMetricFamily("failonce_approved", "Proposals that were approved.", n.approved)
    yield CounterMetricFamily("failonce_rejected", "Proposals that were rejected.", n.rejected)
    if n.approval_rate is not None:
        yield _gauge("failonce_approval_ratio", "Approved of all proposed.", n.approval_rate)
    effects = CounterMetricFamily(
        "failonce_effects", "What lessons in force did to calls.", labels=("effect",)
    )
    for effect, count in n.effects.items():
        effects.add_metric((effect,), count)
    yield effects
    yield CounterMetricFamily("failonce_errors_prevented", "Failures prevented.", n.prevented)
    yield CounterMetricFamily(
        "failonce_errors_repaired", "Failures repaired before the call, or recovered.", n.mended
    )
    yield CounterMetricFamily(
        "failonce_wrong_reports", "Times that a person said a lesson was wrong.", n.wrong_reports
    )
    yield from _standing(found)


def _standing(found: Kept) -> Iterator[Metric]:
    lessons = GaugeMetricFamily(
        "failonce_lessons",
        "Lessons by kind and state; canary is on trial.",
        labels=("kind", "state"),
    )
    for kind in KindName:
        for state in State:
            lessons.add_metric((kind, state), found.lessons.get((kind, state), 0))
    yield lessons
    yield _gauge("failonce_lessons_waiting", "Lessons that wait for a person.", found.waiting)
    yield _gauge("failonce_gaps", "Needs that led to no lesson.", found.gaps)
    moves = CounterMetricFamily(
        "failonce_moves", "Changes of lessons' states; undo is a revert.", labels=("action",)
    )
    for action in MOVES:
        moves.add_metric((action,), found.moves.get(action, 0))
    yield moves
    if found.mined is not None:
        yield _gauge(
            "failonce_mining_last_success_timestamp_seconds",
            "When somebody last looked for lessons and was done, on whatever machine.",
            found.mined.timestamp(),
        )
    if found.behind is not None:
        yield _gauge(
            "failonce_in_force_lag_decisions",
            "Decisions that the file calls ask on this machine does not tell yet.",
            found.behind,
        )
    yield _gauge(
        "failonce_in_force_refused_lessons",
        "Lessons in force that are not run, as their text is not the one that was approved.",
        found.refused,
    )


class Leases:
    """For how long the same run of the miners has been seen to hold a project."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], float] = {}

    def oldest(self, held: Mapping[str, str]) -> float:
        """Seconds since the one seen first was seen; 0 where there is none."""
        now = time.monotonic()
        since = dict(self._since)
        self._since = {x: since.get(x, now) for x in held.items()}
        return now - min(self._since.values(), default=now)


def asked(store: SqlStore, clock: Clock, leases: Leases) -> Iterator[Metric]:
    """Whether the store answers, how soon, how large it is, and who mines it."""
    begin = time.perf_counter()
    try:
        store.head()
        took = time.perf_counter() - begin
        held, size = store.held(clock.now()), store.size()
        mined = {name: who for name, who in held.items() if name.startswith(MINE)}
    except (FailonceError, OSError):
        yield _gauge("failonce_store_up", "Whether the store answers.", 0)
        return
    yield _gauge("failonce_store_up", "Whether the store answers.", 1)
    yield _gauge("failonce_store_read_seconds", "How long one small read took just now.", took)
    yield _gauge("failonce_store_size_bytes", "Bytes that the store takes.", size)
    yield _gauge("failonce_mining_leases", "Projects that somebody mines just now.", len(mined))
    yield _gauge(
        "failonce_mining_lease_age_seconds",
        "For how long the same run has been seen at work; 0 where there is none.",
        leases.oldest(mined),
    )


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value)
