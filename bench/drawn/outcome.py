"""Lessons in force, beside the tables of the guidance."""

from collections.abc import Iterable
from itertools import product

import numpy as np

from drawn.evidence import FULL_HELP, Batch, Counts, Evidence, draw
from drawn.lives import (
    BASE,
    DAYS,
    LOOK,
    Bases,
    Lives,
    Shares,
    Simulation,
    decaying,
    fixed,
    steady,
    stepwise,
    thompson,
    tripled,
    wandering,
)
from drawn.sheet import Sheet
from failonce.outcome.measured import PROOF

ROWS: tuple[tuple[str, Shares | None, tuple[float, ...]], ...] = (
    ("fixed 5 %", fixed(0.05), (5, 510, 1331, 182, 1663, 4078)),
    ("fixed 10 %", fixed(0.1), (10, 262, 0, 88, 908, 2222)),
    ("fixed 20 %", fixed(0.2), (20, 140, 0, 43, 472, 1266)),
    ("fixed 50 %", fixed(0.5), (50, 87, 244, 17, 297, 872)),
    ("decays with failures seen (guessed)", decaying, (8, 101, 666, 60, 1024, 3323)),
    ("Thompson-like, 5-50 % (guessed)", thompson, (5, 87, 243, 17, 296, 1617)),
    ("50, then 10 and 5 % once proven", stepwise, (8, 87, 244, 17, 297, 872)),
    ("the rules of failonce, 50 / 10 %", None, (11, 90, 190, 15, 310, 770)),
)
"""Holdout rules with what is documented: benefit of an 80 % lesson lost, exposures until a
lesson of twice the failures is reverted (median, 90 %), failures that it added, the same for
one and a half times (median), exposures until a 30 % lesson is proven."""


def holdouts(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """The table of section 4.3: base rate .3, 100 exposures a day, looked at every 10.

    All rows but the last look at failures only, and weigh the weeks alike, as documented.
    """
    sheet.head("4.3 holdout rules: base rate .3, 100 exposures a day, 60 days")
    for name, shares, told in ROWS:

        def lived(factor: float, shares: Shares | None = shares) -> Lives:
            ours = shares is None
            simulation = Simulation(
                rng, runs=runs, factor=factor, base=steady(runs), a_day=100, every=LOOK, ours=ours
            )
            return simulation.live(shares)

        lost, twice, late, _, _, little = told
        key = "ours_" if shares is None else ""
        good, worse = lived(0.2), lived(2.0)
        sheet.line(f"{name}: benefit lost", 100 * good.lost, lost, noise=2)
        sheet.line(
            f"{name}: x2 reverted after",
            worse.reverted_after(),
            twice,
            noise=0.2 * twice,
            unit="",
            key=f"{key}x2_after" if key else "",
        )
        if late:
            sheet.line(
                f"{name}: x2, 90 % of runs",
                worse.reverted_after(0.9),
                late,
                noise=0.35 * late,
                unit="",
            )
        sheet.line(
            f"{name}: failures added", float(worse.extra.mean()), told[3], noise=0.3 * told[3],
            unit="",
        )  # fmt: skip
        sheet.line(
            f"{name}: x1.5 reverted after",
            lived(1.5).reverted_after(),
            told[4],
            noise=0.25 * told[4],
            unit="",
        )
        sheet.line(
            f"{name}: 30 % lesson proven after",
            lived(0.7).promoted_after(),
            little,
            noise=0.3 * little,
            unit="",
        )


TRUTHS = {"useless": 1.0, "perfect": 0.0, "80 %": 0.2, "30 %": 0.7, "x2": 2.0}
WORST = {
    "useless promoted": (0.0, 4.0),
    "useless reverted": (2.5, 8.0),
    "perfect reverted": (0.0, 0.0),
    "80 % reverted": (0.0, 0.0),
    "30 % reverted": (0.0, 1.0),
    "x2 promoted": (0.0, 0.2),
}
"""What must not happen, in the worst of all base rates and traffics, with what is documented."""


def end_to_end(sheet: Sheet, rng: np.random.Generator, *, runs: int, quick: bool) -> None:
    """The paragraph below that table, over base rates and traffic."""
    traffic = (1, 10, 100) if quick else (1, 10, 100, 1000)
    sheet.head(f"End to end: steady, wandering and tripled base rates; {traffic} a day")
    worst = dict.fromkeys(WORST, 0.0)
    for a_day, base, (truth, factor) in product(
        traffic, (steady(runs), wandering(rng, runs), tripled(runs)), TRUTHS.items()
    ):
        found = _lived(rng, runs, factor, base, a_day)
        for what, value in (("promoted", found.promoted), ("reverted", found.reverted)):
            if f"{truth} {what}" in worst:
                worst[f"{truth} {what}"] = max(worst[f"{truth} {what}"], value)
    noise = 200 * (0.05 * 0.95 / runs) ** 0.5
    for what, value in worst.items():
        key = what.replace(" %", "").replace(" ", "_")
        sheet.line(f"worst of all: {what}", value, WORST[what], noise=noise, key=key)
    _speed(sheet, rng, runs)


def _speed(sheet: Sheet, rng: np.random.Generator, runs: int) -> None:
    """How soon harm is found and help proven, at a steady base rate."""

    def at(a_day: int, factor: float) -> Lives:
        return _lived(rng, runs, factor, steady(runs), a_day)

    twice, thrice, half = at(10, 2.0), at(10, 3.0), at(10, 1.5)
    sheet.line("x2 at 10 a day: reverted", twice.reverted, 100, noise=2)
    sheet.line("x2 at 10 a day: after", twice.reverted_after(), (90, 100), noise=20, unit="")
    sheet.line("x3 at 10 a day: after", thrice.reverted_after(), (30, 50), noise=10, unit="")
    sheet.line("x1.5 at 10 a day: reverted", half.reverted, (78, 100), noise=8)
    rare, good = at(1, 2.0), at(1, 0.2)
    sheet.line("x2 at 1 a day: reverted", rare.reverted, (20, 44), noise=8)
    sheet.line("80 % at 1 a day: promoted", good.promoted, (44, 96), noise=8)
    sheet.line("80 % at 1 a day: benefit lost", 100 * good.lost, (29, 43), noise=5)


def _lived(rng: np.random.Generator, runs: int, factor: float, base: Bases, a_day: int) -> Lives:
    every = max(min(a_day, LOOK), a_day // 20)
    return Simulation(rng, runs=runs, factor=factor, base=base, a_day=a_day, every=every).live()


def delays(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """Section 4.1: one arm's failures are told of two days late."""
    sheet.head("4.1 failures of the applied arm told of two days late, useless lesson, 100 a day")
    half = np.full(runs, 0.5)
    for name, waits, told in (("without the rule", False, 100.0), ("with it", True, 0.6)):
        promoted = np.zeros(runs, dtype=bool)
        days: list[Batch] = []
        for _ in range(DAYS):
            days.append(draw(rng, 100, half, np.full(runs, BASE), 1.0))
            known = days[:-2] if waits else days
            hidden = sum(d.bad_applied for d in ([] if waits else days[-2:]))
            if not known:
                continue
            total = Batch(
                bad_held=_sum(d.bad_held for d in known),
                good_held=_sum(d.good_held for d in known),
                bad_applied=_sum(d.bad_applied for d in known) - hidden,
                good_applied=_sum(d.good_applied for d in known) + hidden,
            )
            helps = Evidence(runs, FULL_HELP, goods=True)
            helps.take(total, half)
            promoted |= helps.value() >= np.log(PROOF)
        sheet.line(f"{name}: useless promoted", 100 * float(promoted.mean()), told, noise=3)


def _sum(counts: Iterable[Counts]) -> Counts:
    return np.sum(list(counts), axis=0)
