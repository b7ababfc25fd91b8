"""Candidates judged on held-out sessions (sections 3.1 and 3.3)."""

from math import comb

import numpy as np

from drawn.evidence import Floats
from drawn.sheet import Sheet
from failonce.statistics import (
    HARM_BOUND,
    HARM_SHARE,
    PROVEN,
    RHO_GOOD,
    SMALLEST_PROOF,
    Cluster,
    e_bh,
    e_value,
    share,
)

CALLS = 8
FAILING = 0.10
RHO = 0.3
"""Correlation inside a session; the guidance says "clustered"."""
SESSIONS = (12, 25, 50, 100)

KINDS: tuple[tuple[str, int, float, float, float], ...] = (
    ("perfect", 3, 1.0, 0.0, 0.0),
    ("80 %", 6, 0.8, 0.003, 0.0),
    ("30 %", 6, 0.3, 0.003, 0.0),
    ("worthless", 12, 0.15, 0.0, 0.15),
    ("harmful", 23, 0.15, 0.15, 0.0),
)
"""Name, how many of the 50, share of failures prevented, share of good calls wrongly touched,
share of failures that it makes of what would have been mended. Where the guidance says only
"worthless or harmful", a third is worthless (as often right as wrong) and the rest harmful."""


def rejudged(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """Section 3.1: a true null judged again with every vote for 60 days."""
    sheet.head("3.1 a worthless candidate judged again for 60 days: ever passed")
    for a_day, sign, ours in ((1, 18.0, 3.0), (5, 26.0, 3.0)):
        wins = rng.binomial(1, 0.5, size=(runs, 60 * a_day)).cumsum(axis=1)
        of = np.arange(1, 60 * a_day + 1)
        tests = np.array([_smallest_significant(int(n)) for n in of])
        proofs = np.array([_smallest_proof(int(n)) for n in of])
        fooled = 100 * float((wins >= tests).any(axis=1).mean())
        proven = 100 * float((wins >= proofs).any(axis=1).mean())
        sheet.line(f"{a_day} votes a day: exact 5 % sign test", fooled, sign, noise=3)
        sheet.line(f"{a_day} votes a day: E >= 20", proven, ours, noise=1.5)


def _smallest_significant(n: int) -> int:
    """Wins of n votes from which on a one-sided sign test is below 5 %."""
    tail, wins = 0, n + 1
    while wins > 0 and tail + comb(n, wins - 1) <= 0.05 * 2**n:
        wins -= 1
        tail += comb(n, wins)
    return wins


def _smallest_proof(n: int) -> int:
    return next((w for w in range(n + 1) if e_value(w, n - w) >= PROVEN), n + 1)


def candidates(sheet: Sheet, rng: np.random.Generator, *, runs: int) -> None:
    """Section 3.3: 50 candidates at once, four rules."""
    sheet.head("3.3 fifty candidates at once, clustered, base failure 10 %, 8 calls a session")
    rules = ("prevented more than blocked", "McNemar on calls, .05", "E >= 20 each", "whole rule")
    passes: dict[tuple[str, str, int], float] = {}
    useless_failed: dict[int, float] = {}
    for sessions in SESSIONS:
        counts = {(r, k[0]): 0 for r in rules for k in KINDS}
        failed = of_useless = 0
        for _ in range(runs):
            verdicts, refused = _judged(rng, sessions)
            for i, (name, rule_passes) in enumerate(verdicts):
                for rule, passed in zip(rules, rule_passes, strict=True):
                    counts[rule, name] += passed
                if name == "harmful":
                    of_useless += 1
                    failed += refused[i]
        for name, many, *_ in KINDS:
            for rule in rules:
                passes[rule, name, sessions] = counts[rule, name] / (runs * many)
        useless_failed[sessions] = 100 * failed / of_useless
    _print(sheet, passes)
    for sessions, told in ((12, 62.0), (25, 90.0), (50, 99.0)):
        sheet.line(f"harmful, {sessions} sessions: FAIL", useless_failed[sessions], told, noise=6)


TOLD: tuple[tuple[str, tuple[float, float], tuple[float, ...]], ...] = (
    ("prevented more than blocked", (25, 24), (100, 100, 100, 100, 99, 100)),
    ("McNemar on calls, .05", (10, 8.5), (100, 100, 97, 100, 85, 97)),
    ("E >= 20 each", (1.4, 0.2), (93, 100, 74, 99, 53, 87)),
    ("whole rule", (0, 0), (70, 100, 46, 94, 39, 79)),
)


def _print(sheet: Sheet, passes: dict[tuple[str, str, int], float]) -> None:
    many = {name: count for name, count, *_ in KINDS}
    for rule, false, shares in TOLD:
        for sessions, told in zip((12, 50), false, strict=True):
            wrong = sum(passes[rule, k, sessions] * many[k] for k in ("worthless", "harmful"))
            right = sum(passes[rule, k, sessions] * many[k] for k in ("perfect", "80 %", "30 %"))
            value = 100 * wrong / (wrong + right) if wrong + right else 0.0
            sheet.line(f"{rule}: false passes at {sessions}", value, told, noise=5,
                       key=f"gate_false_{sessions}" if rule == "whole rule" else "")  # fmt: skip
        where = (("perfect", 25), ("perfect", 50), ("80 %", 25), ("80 %", 50),
                 ("30 %", 50), ("30 %", 100))  # fmt: skip
        for (kind, sessions), told in zip(where, shares, strict=True):
            sheet.line(f"{rule}: {kind} at {sessions}", 100 * passes[rule, kind, sessions], told,
                       noise=12)  # fmt: skip


def _judged(
    rng: np.random.Generator, sessions: int
) -> tuple[list[tuple[str, tuple[bool, ...]]], list[bool]]:
    """The verdicts of the four rules on 50 candidates over the same sessions."""
    a, b = FAILING * (1 / RHO - 1), (1 - FAILING) * (1 / RHO - 1)
    failing = rng.binomial(CALLS, rng.beta(a, b, sessions))
    rows: list[tuple[str, int, int, int, int, Floats]] = []
    for name, many, prevents, touches, spoils in KINDS:
        for _ in range(many):
            right = rng.binomial(failing, _share(rng, prevents, sessions))
            wrong = rng.binomial(CALLS - failing, _share(rng, touches, sessions))
            worse = rng.binomial(failing, _share(rng, spoils, sessions)) if spoils else 0 * right
            balance = right - wrong - worse
            rows.append(
                (
                    name,
                    int((balance > 0).sum()),
                    int((balance < 0).sum()),
                    int(right.sum()),
                    int((wrong + worse).sum()),
                    wrong,
                )
            )
    harms = [
        share([Cluster(hits=int(h), of=int(n)) for h, n in zip(w, CALLS - failing, strict=True)],
              rho=RHO_GOOD)
        for *_, w in rows
    ]  # fmt: skip
    values = [e_value(w, n) for _, w, n, *_ in rows]
    able = [i for i, r in enumerate(rows) if r[1] + r[2] >= SMALLEST_PROOF]
    together = {able[i] for i in e_bh([values[i] for i in able])}
    found: list[tuple[str, tuple[bool, ...]]] = []
    refused: list[bool] = []
    for i, (name, wins, losses, right, wrong, _) in enumerate(rows):
        harmless = harms[i].estimate <= HARM_SHARE and harms[i].at_most <= HARM_BOUND
        whole = i in together and harmless and wins >= SMALLEST_PROOF
        found.append((name, (right > wrong, _mcnemar(right, wrong), values[i] >= PROVEN, whole)))
        refused.append(harms[i].at_least > HARM_BOUND or e_value(losses, wins) >= PROVEN)
    return found, refused


def _share(rng: np.random.Generator, mean: float, sessions: int) -> Floats:
    """A share in each session, correlated inside it as failures are."""
    if mean in (0.0, 1.0):
        return np.full(sessions, mean)
    return rng.beta(mean * (1 / RHO - 1), (1 - mean) * (1 / RHO - 1), sessions)


def _mcnemar(right: int, wrong: int) -> bool:
    """One-sided exact McNemar at 5 % on calls."""
    n = right + wrong
    return right >= _smallest_significant(n) if n else False
