"""What others do with the same sessions (section 4.5)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drawn.evidence import Evidence, Floats, Weekly, draw
from drawn.lives import Bools
from drawn.sheet import Sheet
from failonce.statistics.arms import HARMS, HELPS

DAYS, BEFORE, A_DAY, CALLS = 60, 30, 10, 8
BASE, RHO = 0.12, 0.4
WANDERS, STAYS = 0.15, 0.95
"""How far the log-odds of the base rate go in a day, and how much of that is left the next."""
SIGNIFICANT = 1.96
TAU = 0.1
"""Spread of effects that the mSPRT is tuned to."""


@dataclass(kw_only=True)
class History:
    """Failing calls of sessions by run, day and session; arms; and 30 days before."""

    calls: Floats
    """runs x days x sessions: failing calls of `CALLS`."""
    first: Bools
    """Whether the first of them failed."""
    held: Bools
    alone: Floats
    """The same days with the lesson in every session, for those who hold nobody out."""
    before: Floats
    """Failing calls of each day before."""


def lived(rng: np.random.Generator, runs: int, factor: float) -> History:
    """Sessions whose calls are alike, under a base rate that wanders."""
    odds = np.zeros((runs, BEFORE + DAYS))
    for day in range(1, BEFORE + DAYS):
        odds[:, day] = STAYS * odds[:, day - 1] + rng.normal(0.0, WANDERS, runs)
    base = 1 / (1 + np.exp(-(np.log(BASE / (1 - BASE)) + odds)))
    held = rng.random((runs, DAYS, A_DAY)) < 0.5
    later = base[:, BEFORE:, None]
    mean = np.where(held, later, np.minimum(0.97, later * factor))
    rate = _clustered(rng, mean)
    first = rng.random(rate.shape) < rate
    calls = first + rng.binomial(CALLS - 1, rate)
    everybody = _clustered(rng, np.broadcast_to(np.minimum(0.97, later * factor), held.shape))
    before = _clustered(rng, np.broadcast_to(base[:, :BEFORE, None], (runs, BEFORE, A_DAY)))
    return History(
        calls=calls.astype(float),
        first=first,
        held=held,
        alone=rng.binomial(CALLS, everybody).sum(axis=2).astype(float),
        before=rng.binomial(CALLS, before).sum(axis=2).astype(float),
    )


def _clustered(rng: np.random.Generator, mean: Floats) -> Floats:
    k = 1 / RHO - 1
    return rng.beta(np.maximum(mean * k, 1e-9), np.maximum((1 - mean) * k, 1e-9))


Rule = Callable[[History], tuple[Bools, Bools]]
"""Whether a rule ever said that it helps, and that it harms, by run."""


def before_after(h: History) -> tuple[Bools, Bools]:
    """A frozen baseline: 30 days before against all days since, looked at daily."""
    n0 = BEFORE * A_DAY * CALLS
    p0 = h.before.sum(axis=1, keepdims=True) / n0
    n = np.arange(1, DAYS + 1) * A_DAY * CALLS
    return _z(h.alone.cumsum(axis=1) / n, n, p0, np.full(DAYS, n0))


def between(*, sessions: bool) -> Rule:
    """The two arms, looked at daily: calls, or sessions by their share of failing calls."""

    def rule(h: History) -> tuple[Bools, Bools]:
        applied, held = _arms(h)
        n1, n0 = applied.sum(axis=2).cumsum(axis=1), held.sum(axis=2).cumsum(axis=1)
        value = h.calls / CALLS
        p1 = (value * applied).sum(axis=2).cumsum(axis=1) / np.maximum(n1, 1)
        p0 = (value * held).sum(axis=2).cumsum(axis=1) / np.maximum(n0, 1)
        if not sessions:
            return _z(p1, np.maximum(n1, 1) * CALLS, p0, np.maximum(n0, 1) * CALLS)
        se = np.sqrt(_variance(h, applied, n1) / np.maximum(n1, 1)
                     + _variance(h, held, n0) / np.maximum(n0, 1))  # fmt: skip
        z = (p1 - p0) / np.maximum(se, 1e-9)
        fit = (n1 >= 5) & (n0 >= 5)
        return (fit & (z < -SIGNIFICANT)).any(axis=1), (fit & (z > SIGNIFICANT)).any(axis=1)

    return rule


def msprt(*, sessions: bool) -> Rule:
    """The mixture test with normal effects, always valid where the normal holds."""

    def rule(h: History) -> tuple[Bools, Bools]:
        applied, held = _arms(h)
        n1, n0 = applied.sum(axis=2).cumsum(axis=1), held.sum(axis=2).cumsum(axis=1)
        value = h.calls / CALLS
        p1 = (value * applied).sum(axis=2).cumsum(axis=1) / np.maximum(n1, 1)
        p0 = (value * held).sum(axis=2).cumsum(axis=1) / np.maximum(n0, 1)
        if sessions:
            v = (_variance(h, applied, n1) / np.maximum(n1, 1)
                 + _variance(h, held, n0) / np.maximum(n0, 1))  # fmt: skip
        else:
            p = (p1 + p0) / 2
            v = p * (1 - p) * (1 / np.maximum(n1, 1) + 1 / np.maximum(n0, 1)) / CALLS
        v = np.maximum(v, 1e-9)
        d = p1 - p0
        log_ratio = 0.5 * np.log(v / (v + TAU**2)) + d**2 * TAU**2 / (2 * v * (v + TAU**2))
        sure = (log_ratio > np.log(20)) & (n1 >= 5) & (n0 >= 5)
        return (sure & (d < 0)).any(axis=1), (sure & (d > 0)).any(axis=1)

    return rule


def arm_test(*, first: bool) -> Rule:
    """Which arm do failures come from: of every call, or of the first of a session."""

    def rule(h: History) -> tuple[Bools, Bools]:
        runs = len(h.calls)
        bad = h.first.astype(float) if first else h.calls
        helps = Evidence(runs, np.array(HELPS), goods=False)
        harms = Weekly(runs, np.array(HARMS), goods=False, weekly=False)
        helped, harmed = np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool)
        half = np.full(runs, 0.5)
        empty = draw(np.random.default_rng(0), 0, half, half, 1.0)
        for day in range(DAYS):
            held = h.held[:, day]
            empty.bad_held = (bad[:, day] * held).sum(axis=1).astype(np.int64)
            empty.bad_applied = (bad[:, day] * ~held).sum(axis=1).astype(np.int64)
            helps.take(empty, half)
            harms.take(empty, half, day // 7)
            helped |= helps.value() >= np.log(20)
            harmed |= harms.value() >= np.log(10)
        return helped, harmed

    return rule


def _arms(h: History) -> tuple[Floats, Floats]:
    return (~h.held).astype(float), h.held.astype(float)


def _variance(h: History, arm: Floats, n: Floats) -> Floats:
    value = h.calls / CALLS
    mean = (value * arm).sum(axis=2).cumsum(axis=1) / np.maximum(n, 1)
    square = (value**2 * arm).sum(axis=2).cumsum(axis=1) / np.maximum(n, 1)
    return np.maximum(square - mean**2, 1e-6) * n / np.maximum(n - 1, 1)


def _z(p1: Floats, n1: Floats, p0: Floats, n0: Floats) -> tuple[Bools, Bools]:
    p = (p1 * n1 + p0 * n0) / (n1 + n0)
    z = (p1 - p0) / np.sqrt(np.maximum(p * (1 - p) * (1 / n1 + 1 / n0), 1e-12))
    return (z < -SIGNIFICANT).any(axis=1), (z > SIGNIFICANT).any(axis=1)


RULES: tuple[tuple[str, Rule, tuple[float, float, float, float]], ...] = (
    ("before/after z, frozen baseline, daily", before_after, (54, 60, 31, 94)),
    ("z between arms daily: calls", between(sessions=False), (67, 65, 16, 100)),
    ("z between arms daily: sessions", between(sessions=True), (32, 25, 3, 100)),
    ("mSPRT (normal): calls", msprt(sessions=False), (31, 34, 4, 100)),
    ("mSPRT (normal): sessions", msprt(sessions=True), (1, 1, 0, 99)),
    ("arm test, failures only: every call", arm_test(first=False), (46, 46, 11, 100)),
    ("arm test, failures only: first of a session", arm_test(first=True), (3, 5, 1, 77)),
)
"""Rules with what is documented: useless "helps", useless "harms", a 30 % lesson reverted, a
lesson of twice the failures found."""


def others(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """The table of section 4.5; what the guidance leaves open (calls of a session, how far the
    base rate wanders, what the mSPRT is tuned to) is guessed, so that only the order is to be
    compared."""
    sheet.head("4.5 other rules: 10 sessions a day, calls correlated .4, wandering base rate")
    useless, little, twice = (lived(rng, runs, f) for f in (1.0, 0.7, 2.0))
    for name, rule, told in RULES:
        helped, harmed = rule(useless)
        found = (helped, harmed, rule(little)[1], rule(twice)[1])
        words = ('useless "helps"', 'useless "harms"', "30 % lesson reverted", "x2 found")
        for word, runs_that, value in zip(words, found, told, strict=True):
            sheet.line(f"{name}: {word}", 100 * float(runs_that.mean()), value, noise=12)
