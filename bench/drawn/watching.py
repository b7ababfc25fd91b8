"""Votes of lessons that only watched, and what is vouched for."""

from collections.abc import Callable

import numpy as np

from drawn.evidence import draw
from drawn.lives import BASE, DAYS
from drawn.sheet import Sheet
from failonce.outcome.measured import HARM, PROOF
from failonce.statistics import Row, prevented, shadow_harm, shadow_proof


def shadows(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """Section 4.4: votes of lessons that only watched."""
    sheet.head("4.4 votes where it only watched")
    sheet.line("right ones that prove it", _first(lambda n: shadow_proof(n, 0) >= PROOF), 36,
               noise=0, unit="")  # fmt: skip
    sheet.line("wrong ones at once that end it", _first(lambda n: shadow_harm(0, n) >= HARM), 2,
               noise=0, unit="")  # fmt: skip
    harm = np.array(
        [[shadow_harm(r, w) >= HARM for w in range(60)] for r in range(801)], dtype=bool
    )
    for share, told in ((0.3, 18), (0.5, 5)):
        wrong = (rng.random((runs, 400)) < share).cumsum(axis=1)
        n = np.arange(1, 401)
        over = harm[np.minimum(n - np.minimum(wrong, n), 800), np.minimum(wrong, 59)]
        after = np.where(over.any(axis=1), over.argmax(axis=1) + 1, 10**6)
        sheet.line(f"{share:.0%} wrong: reverted after", float(np.median(after)), told,
                   noise=0.4 * told, unit="")  # fmt: skip
    wrong = (rng.random((500, 800)) < 0.01).cumsum(axis=1)
    n = np.arange(1, 801)
    over = harm[n - wrong, np.minimum(wrong, 59)].any(axis=1)
    sheet.line("1 % wrong, 800 votes: ever reverted", 100 * float(over.mean()), 0, noise=1)


def _first(holds: Callable[[int], bool]) -> int:
    return next(n for n in range(1, 1000) if holds(n))


def confidence(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """Section 5: what is vouched for on day 60, half held out."""
    sheet.head("5 confidence on day 60, half held out, base rate .3: median")
    told = {
        100: {"perfect": 1.0, "80 %": 0.74, "30 %": 0.18, "useless": 0.0, "x2": 0.0},
        10: {"perfect": 0.93, "80 %": 0.58, "30 %": 0.0, "useless": 0.0, "x2": 0.0},
    }
    factors = {"perfect": 0.0, "80 %": 0.2, "30 %": 0.7, "useless": 1.0, "x2": 2.0}
    for a_day, by_truth in told.items():
        for truth, expected in by_truth.items():
            batch = draw(rng, a_day * DAYS, np.full(runs, 0.5), np.full(runs, BASE), factors[truth])
            lows = [
                prevented([Row(week=0, share=0.5, bad_held=int(b), bad_applied=int(p))]).low
                for b, p in zip(batch.bad_held, batch.bad_applied, strict=True)
            ]
            sheet.line(
                f"{a_day} a day, {truth}", 100 * float(np.median(lows)), 100 * expected, noise=4,
                key=f"sure_{truth.replace(' %', '')}_{a_day}",
            )  # fmt: skip


def coverage(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """Section 5: the limits hold at all of 60 daily looks at once."""
    missed = 0
    for _ in range(runs):
        truth = float(rng.choice([0.0, 0.2, 0.7, 1.0]))
        base = np.full(1, BASE)
        held = applied = 0
        inside = True
        for day in range(DAYS):
            base = np.full(1, BASE * (1 + 0.5 * np.sin(day / 9)))
            batch = draw(rng, 10, np.full(1, 0.5), base, truth)
            held += int(batch.bad_held[0])
            applied += int(batch.bad_applied[0])
            look = prevented([Row(week=0, share=0.5, bad_held=held, bad_applied=applied)])
            inside &= look.low <= 1 - truth + 1e-12 and 1 - truth <= look.high + 1e-12
        missed += not inside
    covered = 100 * (1 - missed / runs)
    sheet.line("limits hold at all 60 looks", covered, (98, 100), noise=2, key="covered")
