"""What the source systems' formulas say of lessons of known worth (section 6)."""

import numpy as np

from drawn.evidence import Floats
from drawn.sheet import Sheet
from failonce.statistics.seeds import DEFAULT, NAMED

DAYS, BEFORE, A_DAY, BASE = 60, 30, 100, 0.3


def trend(rng: np.random.Generator, expected: Floats, runs: int) -> Floats:
    """Skillsmith's confidence after each day, its job run once a day, in the mean of runs."""
    found = np.zeros((runs, DAYS))
    for run in range(runs):
        failures, value = rng.poisson(expected), DEFAULT
        for day in range(DAYS):
            now = BEFORE + day + 1
            week, month = failures[now - 7 : now].sum(), failures[now - 30 : now].sum()
            value = NAMED["trend.skillsmith"](value, float(week), float(month))
            found[run, day] = value
    return found.mean(axis=0)


def failing(factor: float, *, tripled: bool = False, halving: bool = False) -> Floats:
    """Expected failures a day, 30 days before the lesson and 60 with it."""
    days = np.arange(-BEFORE, DAYS)
    base = np.full(len(days), A_DAY * BASE)
    if tripled:
        base = np.where(days >= 20, 3 * base, base)
    if halving:
        base = base * 0.5 ** (np.maximum(days, 0) / 15)
    return np.where(days >= 0, np.minimum(A_DAY, base * factor), base)


def formulas(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """The table of section 6."""
    sheet.head("6 the seeds' formulas, 60 days")
    good = trend(rng, failing(0.2), runs)
    sheet.line("trend.skillsmith: 80 % lesson on day 9", 100 * good[8], 97, noise=3)
    sheet.line("trend.skillsmith: 80 % lesson on day 60", 100 * good[-1], 36, noise=4)
    more = trend(rng, failing(0.2, tripled=True), runs)
    sheet.line("trend.skillsmith: 80 % lesson, base rate triples", 100 * more[-1], 11, noise=3)
    for name, factor, told in (("useless", 1.0, 93.0), ("x2 harmful", 2.0, 86.0)):
        value = 100 * trend(rng, failing(factor, halving=True), runs)[-1]
        sheet.line(f"trend.skillsmith: failures halve by themselves, {name}", value, told, noise=5)
    for name, factor, told in (("perfect", 0.0, 30.0), ("80 %", 0.2, 60.0), ("useless", 1.0, 100.0),
                               ("x2 harmful", 2.0, 100.0)):  # fmt: skip
        value = 100 * NAMED["support.ccos"](int(A_DAY * BASE * factor + 0.5))
        sheet.line(f"support.ccos: 100 a day, {name}", value, told, noise=0.1)
    for name, factor, told in (("useless", 1.0, 70.0), ("30 % lesson", 0.7, 79.0)):
        rates = [_rate(rng, [BASE * factor] * (10 * DAYS)) for _ in range(runs // 10)]
        sheet.line(f"rate.chotu: {name}", float(np.mean(rates)), told, noise=1.5)
    tripled = [BASE * 0.7] * 200 + [3 * BASE * 0.7] * 400
    broken = np.mean([_rate(rng, tripled) < 50 for _ in range(runs)])
    sheet.line("rate.chotu: base triples, 30 % lesson broken", 100 * float(broken), 29, noise=6)
    rate, uses = 95.0, 0
    while rate >= 50:
        rate = NAMED["rate.chotu"](rate, 1000 + uses, worked=False)
        uses += 1
    sheet.line("rate.chotu: uses until a dead tool shows", uses, 901, noise=1, unit="")


def _rate(rng: np.random.Generator, shares: list[float]) -> float:
    rate = 0.0
    for n, bad in enumerate(rng.random(len(shares)) < np.array(shares)):
        rate = NAMED["rate.chotu"](rate, n, worked=not bad)
    return rate
