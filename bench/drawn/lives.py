"""Lives of many lessons at once: what is withheld, what is found out, and when."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from drawn.evidence import (
    FULL_HARM,
    FULL_HELP,
    Batch,
    Counts,
    Evidence,
    Floats,
    Weekly,
    draw,
)
from failonce.outcome.measured import DOUBT, HARM, PROOF
from failonce.statistics.arms import HARMS, HELPS

Bools: TypeAlias = NDArray[np.bool_]

DAYS = 60
BASE = 0.3
APPROVED, TRIAL = 0.1, 0.5
LOOK = 10
"""Units between two looks; the guidance asks for one at least every 10 on trial."""


@dataclass(kw_only=True)
class Lives:
    """What became of many lessons of one kind, each a run."""

    promoted_at: Floats
    """Exposures until proven; infinite where never."""
    reverted_at: Floats
    extra: Floats
    """Failures that the lesson added to those that would have been, until it was reverted."""
    lost: float
    """Share of what could have been prevented and was not."""

    @property
    def promoted(self) -> float:
        """Percent of runs."""
        return 100 * float(np.isfinite(self.promoted_at).mean())

    @property
    def reverted(self) -> float:
        """Percent of runs."""
        return 100 * float(np.isfinite(self.reverted_at).mean())

    def reverted_after(self, quantile: float = 0.5) -> float:
        """Exposures until it was reverted, infinite where that many never were."""
        return float(np.quantile(self.reverted_at, quantile, method="higher"))

    def promoted_after(self) -> float:
        """The median of exposures until it was proven, of those that were."""
        ended = self.promoted_at[np.isfinite(self.promoted_at)]
        return float(np.median(ended)) if len(ended) else float("inf")


@dataclass(kw_only=True)
class State:
    """Where all runs stand: what a rule for the share of held-out units may look at."""

    proven: Bools
    held: Counts
    bad_held: Counts
    applied: Counts
    bad_applied: Counts

    @property
    def failures(self) -> Counts:
        """Failures seen so far."""
        return self.bad_held + self.bad_applied


Shares = Callable[[State], Floats]
Bases = Callable[[int], Floats]
"""Base rate of every run on a day."""


def fixed(share: float) -> Shares:
    """The same share for ever."""
    return lambda s: np.full(s.proven.shape, share)


def decaying(s: State) -> Floats:
    """Fewer the more failures were seen (our reading of "decays with failures seen")."""
    return np.maximum(0.05, 0.5 / (1 + s.failures / 20))


def thompson(s: State) -> Floats:
    """How likely it is that the lesson is worse, between 5 and 50 % (normal posteriors)."""
    p, b = (s.bad_applied + 1) / (s.applied + 2), (s.bad_held + 1) / (s.held + 2)
    spread = np.sqrt(p * (1 - p) / (s.applied + 3) + b * (1 - b) / (s.held + 3))
    return np.clip(ndtr((p - b) / spread), 0.05, 0.5)


def stepwise(s: State) -> Floats:
    """50 %, and 10 then 5 % once proven."""
    late = s.held + s.applied > 1000
    return np.where(s.proven, np.where(late, 0.05, 0.1), 0.5)


class Simulation:
    """Many runs of one lesson over 60 days."""

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        runs: int,
        factor: float,
        base: Bases,
        a_day: int,
        every: int,
        ours: bool = True,
    ) -> None:
        self.rng, self.runs, self.factor, self.base = rng, runs, factor, base
        self.a_day, self.every = a_day, every
        make = FULL_HELP, FULL_HARM
        if not ours:
            make = np.array(HELPS), np.array(HARMS)
        self.help = Evidence(runs, make[0], goods=ours)
        self.harm = Weekly(runs, make[1], goods=ours, weekly=ours)

    def live(self, shares: Shares | None = None) -> Lives:
        """All 60 days; without `shares` by the product's own rules."""
        never = np.full(self.runs, np.inf)
        promoted_at, reverted_at = never.copy(), never.copy()
        zero = np.zeros(self.runs, dtype=np.int64)
        s = State(
            proven=zero.astype(bool),
            held=zero.copy(),
            bad_held=zero.copy(),
            applied=zero.copy(),
            bad_applied=zero.copy(),
        )
        seen, extra = 0, np.zeros(self.runs)
        lost = possible = 0.0
        for day in range(DAYS):
            base = self.base(day)
            left = self.a_day
            while left:
                k = min(self.every, left)
                left -= k
                seen += k
                share = self._share(s) if shares is None else shares(s)
                batch = draw(self.rng, k, share, base, self.factor)
                gone = np.isfinite(reverted_at)
                per_unit = base - np.minimum(1.0, base * self.factor)
                lost += float((np.where(gone, k, batch.held) * per_unit).sum())
                possible += float((k * per_unit).sum())
                extra += np.where(gone, 0.0, batch.applied * -per_unit)
                self._count(s, batch, share, day // 7)
                self._move(s, shares is None, seen, promoted_at, reverted_at)
        return Lives(
            promoted_at=promoted_at,
            reverted_at=reverted_at,
            extra=extra,
            lost=lost / possible if possible else 0.0,
        )

    def _share(self, s: State) -> Floats:
        return np.where(s.proven, APPROVED, TRIAL)

    def _count(self, s: State, batch: Batch, share: Floats, week: int) -> None:
        s.held += batch.held
        s.bad_held += batch.bad_held
        s.applied += batch.applied
        s.bad_applied += batch.bad_applied
        self.help.take(batch, share)
        self.harm.take(batch, share, week)

    def _move(
        self, s: State, ours: bool, seen: int, promoted_at: Floats, reverted_at: Floats
    ) -> None:
        gone = np.isfinite(reverted_at)
        helps, harms = self.help.value(), self.harm.value()
        reverted_at[~gone & (harms >= np.log(HARM))] = seen
        proven = ~s.proven & ~gone & (helps >= np.log(PROOF))
        if ours:
            proven &= harms < np.log(DOUBT)
            doubt = s.proven & (harms >= np.log(DOUBT))
            s.proven &= ~doubt
            self.help.restart(doubt)
        s.proven |= proven
        promoted_at[proven & ~np.isfinite(promoted_at)] = seen


def steady(runs: int, rate: float = BASE) -> Bases:
    """The same every day."""
    return lambda _: np.full(runs, rate)


def tripled(runs: int, rate: float = 0.1) -> Bases:
    """Three times as many from day 20 on."""
    return lambda day: np.full(runs, rate * (3 if day >= 20 else 1))


def wandering(rng: np.random.Generator, runs: int, rate: float = BASE) -> Bases:
    """A walk of the log-odds that is drawn back to the rate."""
    away = np.zeros((DAYS, runs))
    for day in range(1, DAYS):
        away[day] = 0.9 * away[day - 1] + rng.normal(0.0, 0.25, runs)
    odds = np.log(rate / (1 - rate)) + away
    return lambda day: 1 / (1 + np.exp(-odds[day]))
