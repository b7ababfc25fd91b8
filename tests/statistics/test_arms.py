"""Evidence from drawn arms: exact under the null, whatever happens, and ordered by the truth."""

from dataclasses import fields, replace
from math import exp, log, prod
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.statistics import Interval, Row, e_harm, e_help, log_harm, log_help, merged, prevented
from failonce.statistics.arms import BASE, CEILING, HARMS, HELPS

RUNS = [200, pytest.param(2000, marks=pytest.mark.torture)]
"""A tenth in the suite, the full count in the torture."""

numbers = st.integers(0, 12)
rows = st.builds(
    Row,
    week=st.integers(0, 6),
    share=st.sampled_from([0.1, 0.5]),
    bad_held=numbers,
    good_held=numbers,
    bad_applied=numbers,
    good_applied=numbers,
)
some_rows = st.lists(rows, max_size=6)


def unit(week: int, share: float, *, held: bool, bad: bool) -> Row:
    """One unit alone."""
    return Row(
        week=week,
        share=share,
        bad_held=held and bad,
        good_held=held and not bad,
        bad_applied=not held and bad,
        good_applied=not held and not bad,
    )


def units(row: Row) -> list[Row]:
    """A row as the units that it is made of."""
    made: list[Row] = []
    for held, bad, count in (
        (True, True, row.bad_held),
        (True, False, row.good_held),
        (False, True, row.bad_applied),
        (False, False, row.good_applied),
    ):
        made += [unit(row.week, row.share, held=held, bad=bad)] * count
    return made


def product(some: list[Row], b: float, p: float) -> float:
    """The evidence for one hypothesis as the guidance says it: a factor for each unit."""
    factors = []
    for row in some:
        z = row.share * b + (1 - row.share) * p
        held, bad = row.held, row.bad_held + row.bad_applied
        if bad:
            factors.append((b if held else p) / z)
        else:
            factors.append((1 - (b if held else p)) / (1 - z))
    return prod(factors)


# ------------------------------------------------------------------- oracles


@given(some_rows)
def test_help_is_the_mean_of_products_of_factors_of_units(some: list[Row]) -> None:
    """Section 4.2, read literally."""
    every = [u for row in some for u in units(row)]
    pairs = [(b, b * r) for b in BASE for r in HELPS]
    expected = sum(product(every, b, p) for b, p in pairs) / len(pairs)
    assert e_help(some) == pytest.approx(expected, rel=1e-9)


@given(some_rows)
def test_harm_is_the_sum_over_the_weeks_from_which_rows_count(some: list[Row]) -> None:
    """Section 4.2, read literally; weeks that have no rows yet count as 1."""
    every = [u for row in some for u in units(row)]
    pairs = [(b, b * r) for b in BASE for r in HARMS if b * r < CEILING]
    first = min((u.week for u in every), default=0)
    expected, last = 0.0, max((u.week for u in every), default=-1)
    for week in range(first, last + 1):
        w = week - first + 1
        later = [u for u in every if u.week >= week]
        mean = sum(product(later, b, p) for b, p in pairs) / len(pairs)
        expected += mean / (w * (w + 1))
    expected += 1 / (last - first + 2) if every else 1.0
    assert e_harm(some) == pytest.approx(expected, rel=1e-9)


@given(some_rows)
def test_the_limits_hold_every_factor_that_is_likely_enough(some: list[Row]) -> None:
    """Section 5, read literally: 101 points to 1 and 60 beyond, half of the weight each."""
    factors = [i / 100 for i in range(101)] + [20 ** (i / 60) for i in range(1, 61)]
    weights = [0.5 / 101] * 101 + [0.5 / 60] * 60

    def likelihood(r: float) -> float:
        value = 1.0
        for row in some:
            z = row.share + (1 - row.share) * r
            value *= (row.share / z) ** row.bad_held
            value *= ((1 - row.share) * r / z) ** row.bad_applied
        return value

    all_of = [likelihood(r) for r in factors]
    edge = 0.05 * sum(w * x for w, x in zip(weights, all_of, strict=True))
    inside = [r for r, x in zip(factors, all_of, strict=True) if x > edge]
    found = prevented(some)
    assert found.low == pytest.approx(max(0.0, 1 - max(inside)))
    assert found.high == pytest.approx(max(0.0, 1 - min(inside)))


# ----------------------------------------------------------------- properties


@given(some_rows, st.randoms(use_true_random=False))
def test_order_and_merging_change_nothing(some: list[Row], random: Random) -> None:
    """Property 1: pure, idempotent, order-free; rows merged or cut up are the same rows."""
    shuffled = [u for row in some for u in units(row)]
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(some) == merged(merged(some))
    for of in (e_help, e_harm, prevented):
        assert of(shuffled) == of(some) == of(some)


@given(some_rows, st.integers(0, 20))
def test_a_failure_moved_to_the_other_arm_speaks_for_the_lesson(
    some: list[Row], place: int
) -> None:
    """Property 2: from applied to held out it never lowers help, and never raises harm."""
    with_it = [i for i, row in enumerate(some) if row.bad_applied]
    if not with_it:
        return
    i = with_it[place % len(with_it)]
    row = some[i]
    moved = list(some)
    moved[i] = replace(row, bad_applied=row.bad_applied - 1, bad_held=row.bad_held + 1)
    assert log_help(moved) >= log_help(some) - 1e-9
    assert log_harm(moved) <= log_harm(some) + 1e-9
    assert prevented(moved).low >= prevented(some).low


def test_nothing_says_nothing() -> None:
    """Property 7: without rows, or where nothing was drawn, evidence is 1 and nobody divides."""
    everybody = Row(week=0, share=0.0, bad_applied=9, good_applied=9)
    for none in ([], [everybody], [Row(week=3, share=0.5)], [replace(everybody, share=1.0)]):
        assert (e_help(none), e_harm(none)) == (1.0, 1.0)
        assert prevented(none) == Interval(low=0.0, high=1.0)


def test_no_failure_with_the_lesson_is_the_best_result() -> None:
    """Property 10: it is never taken for missing data."""
    outcomes = [
        Row(week=0, share=0.5, bad_held=12, good_held=8, bad_applied=bad, good_applied=20 - bad)
        for bad in (0, 1, 3, 6, 12)
    ]
    helps = [e_help([row]) for row in outcomes]
    lows = [prevented([row]).low for row in outcomes]
    assert helps == sorted(helps, reverse=True)
    assert lows == sorted(lows, reverse=True)
    assert helps[0] > 20
    assert lows[0] > 0.3
    assert prevented([outcomes[0]]).high == 1.0


def test_the_examples_of_the_card() -> None:
    """Section 7: 5 of 140 against 38 of 136 prevents at least half; 17 of 20 is harm."""
    helped = Row(week=0, share=0.5, bad_applied=5, good_applied=135, bad_held=38, good_held=98)
    assert prevented([helped]).low == pytest.approx(0.5)
    assert e_help([helped]) > 20
    harmed = Row(week=0, share=0.5, bad_applied=17, good_applied=3, bad_held=5, good_held=16)
    assert e_harm([harmed]) > 10
    assert prevented([harmed]).low == 0.0


def test_a_good_past_does_not_shield_a_lesson_that_turned_bad() -> None:
    """The starting weeks: without them as many failures again would have to come in."""
    good = [
        Row(week=w, share=0.5, bad_held=30, good_held=70, bad_applied=6, good_applied=94)
        for w in range(8)
    ]
    bad = [
        Row(week=w, share=0.5, bad_held=30, good_held=70, bad_applied=62, good_applied=38)
        for w in (8, 9)
    ]
    assert e_harm([*good, *bad]) > 10
    one_week = [replace(row, week=0) for row in [*good, *bad]]
    assert e_harm(one_week) < 1
    assert e_harm(good) < 1


def test_evidence_beyond_all_numbers_is_still_a_number() -> None:
    many = Row(week=0, share=0.5, bad_held=90_000, good_applied=90_000)
    assert e_help([many]) == exp(700)
    assert e_harm([many]) == pytest.approx(0.5, abs=1e-6)
    assert prevented([many]).low >= 0.99


def test_every_outcome_of_a_row_is_counted() -> None:
    """A field more would have to be merged too."""
    assert {f.name for f in fields(Row)} == {
        *("week", "share"),
        *("bad_held", "good_held", "bad_applied", "good_applied"),
    }


# ---------------------------------------------------------------- simulations


def fixed_outcomes(random: Random, count: int) -> list[bool]:
    """Failures that nobody's arm changes: steady, in bursts, or drifting."""
    kind = random.randrange(3)
    if kind == 0:
        rate = random.choice([0.05, 0.3, 0.7])
        return [random.random() < rate for _ in range(count)]
    if kind == 1:
        return [i // 12 % 3 == 0 or random.random() < 0.05 for i in range(count)]
    return [random.random() < 0.05 + 0.9 * i / count for i in range(count)]


@pytest.mark.parametrize("runs", RUNS)
def test_without_an_effect_evidence_is_rare_however_often_one_looks(runs: int) -> None:
    """Property 3: arms drawn with h against any outcomes, looked at after every unit."""
    count, helped, harmed = 100, 0, 0
    for seed in range(runs):
        random = Random(seed)
        seen: list[Row] = []
        best_help = best_harm = 0.0
        for i, bad in enumerate(fixed_outcomes(random, count)):
            share = 0.5 if i < count / 2 else 0.1
            held = random.random() < share
            seen = list(merged([*seen, unit(i // 20, share, held=held, bad=bad)]))
            best_help = max(best_help, log_help(seen))
            best_harm = max(best_harm, log_harm(seen))
        helped += best_help >= log(20)
        harmed += best_harm >= log(10)
    for count_of, allowed in ((helped, 0.05), (harmed, 0.10)):
        assert count_of / runs <= allowed + 3 * (allowed * (1 - allowed) / runs) ** 0.5


def history(
    random: Random, *, factor: float, base: float = 0.3, days: int = 60, a_day: int = 10,
    share: float = 0.5, tripled: int | None = None,
) -> list[Row]:  # fmt: skip
    """Days of units, of which a share is held out; the lesson multiplies failures by `factor`."""
    weeks: list[Row] = []
    for day in range(days):
        rate = min(1.0, base * (3 if tripled is not None and day >= tripled else 1))
        for _ in range(a_day):
            held = random.random() < share
            bad = random.random() < (rate if held else min(1.0, rate * factor))
            weeks.append(unit(day // 7, share, held=held, bad=bad))
    return weeks


@pytest.mark.parametrize("runs", RUNS)
def test_the_limits_hold_at_all_looks_at_once(runs: int) -> None:
    """Property 4: at every one of 60 daily looks, with a base rate that triples meanwhile."""
    missed = 0
    for seed in range(runs):
        random = Random(seed)
        truth = random.choice([0.0, 0.2, 0.7, 1.0])
        days = history(random, factor=truth, base=0.25, a_day=5, tripled=20)
        looks = (prevented(days[: 5 * (day + 1)]) for day in range(0, 60, 3))
        missed += any(not look.low <= 1 - truth <= look.high for look in looks)
    assert missed / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


def median_low(factor: float, *, tripled: int | None = None, a_day: int = 10) -> float:
    """What we vouch for on day 60, half held out, in the middle of 41 runs."""
    return median(
        prevented(history(Random(seed), factor=factor, tripled=tripled, a_day=a_day)).low
        for seed in range(41)
    )


def test_confidence_is_ordered_by_the_truth() -> None:
    """Property 5: perfect, 80 %, 30 %, useless, twice as harmful; also where the base triples."""
    perfect, much, little, useless, harmful = map(median_low, (0.0, 0.2, 0.7, 1.0, 2.0))
    assert perfect > much > little >= useless == harmful == 0
    assert much >= 0.5
    assert median_low(0.2, tripled=20) >= 0.5


def test_real_effects_are_found() -> None:
    """The simulations above could not fail if nothing were ever found."""
    found = [e_help(history(Random(seed), factor=0.2, days=14)) >= 20 for seed in range(40)]
    harmed = [e_harm(history(Random(seed), factor=2.0, days=21)) >= 10 for seed in range(40)]
    assert sum(found) >= 30
    assert sum(harmed) >= 30
