"""The product's e-values for many runs at once, and a check that they are the product's."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from failonce.statistics import Row, log_harm, log_help
from failonce.statistics.arms import BASE, CEILING, HARMS, HELPS

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]

FULL_HELP = np.array([(b, b * r) for b in BASE for r in HELPS])
FULL_HARM = np.array([(b, b * r) for b in BASE for r in HARMS if b * r < CEILING])


@dataclass(kw_only=True)
class Batch:
    """Units that came in since the last look, by run: held out or applied, bad or good."""

    bad_held: Counts
    good_held: Counts
    bad_applied: Counts
    good_applied: Counts

    @property
    def held(self) -> Counts:
        """Units that went without the lesson."""
        return self.bad_held + self.good_held

    @property
    def applied(self) -> Counts:
        """Units that had it."""
        return self.bad_applied + self.good_applied


def draw(rng: np.random.Generator, k: int, share: Floats, base: Floats, factor: float) -> Batch:
    """`k` units for every run; the lesson multiplies the failing share by `factor`."""
    held = rng.binomial(k, share)
    bad_held = rng.binomial(held, base)
    bad_applied = rng.binomial(k - held, np.minimum(1.0, base * factor))
    return Batch(
        bad_held=bad_held,
        good_held=held - bad_held,
        bad_applied=bad_applied,
        good_applied=k - held - bad_applied,
    )


def _log(x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(x)


def _times(count: Counts, log_factor: Floats) -> Floats:
    """`count * log_factor`, where none of the impossible is no evidence."""
    counts = count[:, None]
    with np.errstate(invalid="ignore"):
        return np.where(counts > 0, counts * log_factor, 0.0)


class Evidence:
    """Evidence for one set of hypotheses, for all runs; one column each.

    With `goods` the hypotheses are pairs of failing shares and every unit counts, without
    they are factors and failures alone count.
    """

    def __init__(self, runs: int, hypotheses: Floats, *, goods: bool) -> None:
        self.hypotheses = hypotheses
        self.goods = goods
        self.logs = np.zeros((runs, len(hypotheses)))

    def factors(self, batch: Batch, share: Floats) -> Floats:
        """What a batch multiplies the evidence by, as logarithms."""
        h = share[:, None]
        if not self.goods:
            r = self.hypotheses[None, :]
            z = h + (1 - h) * r
            return _times(batch.bad_held, -_log(z)) + _times(batch.bad_applied, _log(r / z))
        b, p = self.hypotheses[:, 0][None, :], self.hypotheses[:, 1][None, :]
        z = h * b + (1 - h) * p
        return (
            _times(batch.bad_held, _log(b / z))
            + _times(batch.bad_applied, _log(p / z))
            + _times(batch.good_held, _log((1 - b) / (1 - z)))
            + _times(batch.good_applied, _log((1 - p) / (1 - z)))
        )

    def take(self, batch: Batch, share: Floats) -> None:
        """Count a batch."""
        self.logs += self.factors(batch, share)

    def restart(self, runs: NDArray[np.bool_]) -> None:
        """Begin anew where a run says so."""
        self.logs[runs] = 0.0

    def value(self) -> Floats:
        """The logarithm of the mean over the hypotheses."""
        return _log_mean(self.logs)


def _log_mean(logs: Floats) -> Floats:
    top = logs.max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    return (top + _log(np.exp(logs - top).mean(axis=-1, keepdims=True)))[..., 0]


class Weekly:
    """The same, begun anew in each week and weighed, as harm is; or, not weekly, begun once."""

    def __init__(self, runs: int, hypotheses: Floats, *, goods: bool, weekly: bool = True) -> None:
        self._make = lambda: Evidence(runs, hypotheses, goods=goods)
        self._weekly = weekly
        self._starts: list[Evidence] = []
        self._one = self._make()

    def take(self, batch: Batch, share: Floats, week: int) -> None:
        """Count a batch of the week so numbered, from 0."""
        while len(self._starts) <= (week if self._weekly else 0):
            self._starts.append(self._make())
        factors = self._one.factors(batch, share)
        for start in self._starts:
            start.logs += factors

    def value(self) -> Floats:
        """The logarithm of the weighted sum; weeks to come count as 1."""
        n = len(self._starts)
        if not self._weekly:
            return self._starts[0].value()
        terms = [
            start.value() - np.log(w * (w + 1)) for w, start in enumerate(self._starts, start=1)
        ]
        tail = np.full(terms[0].shape, -np.log(n + 1))
        return np.logaddexp.reduce(np.stack([*terms, tail]), axis=0)


def check(rng: np.random.Generator, runs: int = 20) -> float:
    """The largest difference between these logarithms and the product's, on random runs."""
    helps = Evidence(runs, FULL_HELP, goods=True)
    harms = Weekly(runs, FULL_HARM, goods=True)
    rows: list[list[Row]] = [[] for _ in range(runs)]
    for week in range(4):
        share = np.where(rng.random(runs) < 0.5, 0.5, 0.1)
        batch = draw(rng, 40, share, np.full(runs, 0.3), float(rng.choice([0.0, 0.5, 1.0, 2.0])))
        helps.take(batch, share)
        harms.take(batch, share, week)
        for i in range(runs):
            rows[i].append(
                Row(
                    week=week,
                    share=float(share[i]),
                    bad_held=int(batch.bad_held[i]),
                    good_held=int(batch.good_held[i]),
                    bad_applied=int(batch.bad_applied[i]),
                    good_applied=int(batch.good_applied[i]),
                )
            )
    ours = [(log_help(r), log_harm(r)) for r in rows]
    seen = zip(helps.value(), harms.value(), strict=True)
    return max(max(abs(a - c), abs(b - d)) for (a, b), (c, d) in zip(ours, seen, strict=True))
