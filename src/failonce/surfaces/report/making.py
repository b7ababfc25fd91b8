"""The report, made of what was gathered: no I/O and no clock."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from failonce import statistics
from failonce.lifecycle import IN_FORCE
from failonce.model import Action, Effect, Exposure
from failonce.outcome.assignment import EPOCH
from failonce.outcome.measured import Measured
from failonce.outcome.words import week
from failonce.statistics import Row, merged, prevented
from failonce.surfaces.report.counting import decided, proposed
from failonce.surfaces.report.material import HELPED, Material
from failonce.surfaces.report.saving import cost
from failonce.surfaces.report.values import Bin, Estimate, Panel, Report, Unit
from failonce.surfaces.report.wording import interval, spell
from failonce.surfaces.words import counted

BINS = 60
"""Most bins of a panel; where there are more days, a bin is several of them."""

Span = tuple[date, date]


def build(material: Material, *, bins: int = BINS) -> Report:
    """The report of what is recorded, in panels of at most so many bins."""
    exposures = material.exposures
    return Report(
        project=material.project,
        daily=material.daily,
        classes=len(material.signatures),
        classes_7d=sum(s.hits_7d > 0 for s in material.signatures),
        proposed=proposed(material.events),
        approved=decided(material.events, Action.APPROVE),
        rejected=decided(material.events, Action.REJECT),
        effects=Counter(x.effect for x in exposures),
        panels=(
            _failures(material, bins),
            _prevented(material.measured, bins),
            _mended(exposures, bins),
            _in_force(material, bins),
            *_saved(material, bins),
        ),
    )


def spans(first: date, last: date, most: int) -> list[Span]:
    """At most `most` spans of equal length that end with `last`; a day, a week, or more."""
    days = (last - first).days + 1
    size = 1 if days <= most else 7 * -(-days // (7 * most))
    ends = [last - timedelta(days=size * n) for n in range(-(-days // size))]
    reach = [min(size - 1, (end - first).days) for end in ends]  # no day is before year 1
    return [(end - timedelta(days=n), end) for n, end in zip(reach[::-1], ends[::-1], strict=True)]


def _panel(name: str, title: str, unit: Unit, summary: str, bins: Sequence[Bin]) -> Panel:
    top = max((b.estimate.high for b in bins if b.estimate is not None), default=0.0)
    top = 1.0 if bins and unit is Unit.SHARE else top
    return Panel(name=name, title=title, unit=unit, summary=summary, bins=bins, top=top)


def _exact(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value)


# ------------------------------------------------------------------- failures


def _failures(material: Material, most: int) -> Panel:
    by_day = {date.fromisoformat(day): (calls, bad) for day, calls, bad in material.daily}
    if not by_day:
        summary = "Nothing is recorded yet."
        return _panel("failures", "Failures per day", Unit.COUNT, summary, ())
    found = spans(min(by_day), max(by_day), most)
    bins = [_failed(span, by_day) for span in found]
    calls = sum(c for c, _ in by_day.values())
    bad = sum(b for _, b in by_day.values())
    each = "day" if found[-1][0] == found[-1][1] else f"{_length(found[-1])} days"
    summary = (
        f"{counted(bad, 'failure')} in {counted(calls, 'call')} on {counted(len(by_day), 'day')}."
    )
    return _panel("failures", f"Failures per {each}", Unit.COUNT, summary, bins)


def _failed(span: Span, by_day: Mapping[date, tuple[int, int]]) -> Bin:
    inside = [found for day, found in by_day.items() if span[0] <= day <= span[1]]
    calls, bad = sum(c for c, _ in inside), sum(b for _, b in inside)
    if not calls:
        return Bin(first=span[0], last=span[1], estimate=None, says="no calls")
    says = f"{counted(bad, 'failure')} in {counted(calls, 'call')}"
    return Bin(first=span[0], last=span[1], estimate=_exact(bad), says=says)


def _length(span: Span) -> int:
    return (span[1] - span[0]).days + 1


# ------------------------------------------------- shares prevented and mended


def _prevented(seen: Sequence[Measured], most: int) -> Panel:
    """What drawn arms say of all lessons together: sessions with one against those without.

    A bin is a week of draws, or several. Where nobody went without a lesson, or none of those
    failed, nothing is measured.
    """
    title = "Share of failures prevented"
    rows = [row for each in seen for row in each.rows]
    known = merged(rows)
    if not any(row.held for row in known):
        summary = "Not measured yet: no session that is over went without a lesson."
        return _panel("prevented", title, Unit.SHARE, summary, ())
    first, last = known[0].week, known[-1].week
    size = -(-(last - first + 1) // most)
    bins = [
        _week_of_draws(start, min(last, start + size - 1), known)
        for start in range(first, last + 1, size)
    ]
    total = estimate_prevented(known)
    unit = next(each.unit for each in seen if each.rows)
    limits = f" {interval(total, Unit.SHARE)}" if total else ""
    summary = f"{_arms(known, str(unit))}{limits}."
    return _panel("prevented", title, Unit.SHARE, summary, bins)


def _week_of_draws(first: int, last: int, rows: Sequence[Row]) -> Bin:
    inside = [row for row in rows if first <= row.week <= last]
    found = estimate_prevented(inside)
    says = _arms(inside, "unit") + (f" {interval(found, Unit.SHARE)}" if found else "")
    return Bin(
        first=date.fromisoformat(week(first)),
        last=date.fromisoformat(week(last)) + EPOCH - timedelta(days=1),
        estimate=found,
        says=says if inside else "nobody met a lesson",
    )


def _arms(rows: Sequence[Row], unit: str) -> str:
    applied, held = sum(r.applied for r in rows), sum(r.held for r in rows)
    bad, worse = sum(r.bad_applied for r in rows), sum(r.bad_held for r in rows)
    return (
        f"{bad:,} of {counted(applied, unit)} failed with a lesson, {worse:,} of {held:,} without"
    )


def estimate_prevented(rows: Sequence[Row]) -> Estimate | None:
    """The share of failures prevented, by the ratio of Mantel and Haenszel over draws.

    Its limits are those of the outcome, and the ratio is kept within them. None where no unit
    that went without failed, or all units were of one arm.
    """
    both = [r for r in merged(rows) if r.held and r.applied]
    without = sum(r.bad_held * r.applied / (r.held + r.applied) for r in both)
    if not without:
        return None
    with_it = sum(r.bad_applied * r.held / (r.held + r.applied) for r in both)
    limits = prevented(rows)
    value = min(max(1 - with_it / without, limits.low), limits.high)
    return Estimate(value=value, low=limits.low, high=limits.high)


def _mended(exposures: Sequence[Exposure], most: int) -> Panel:
    """Of the failures after which a lesson acted, the share that it mended.

    Such a failure is its own counterfactual: nothing needs to be withheld. A session counts
    as little as the statistics of the gate let it.
    """
    title = "Share of failures mended"
    met = [x for x in exposures if x.after and x.effect is not Effect.UNKNOWN]
    if not met:
        summary = "Not measured yet: no lesson in force has acted after a failure."
        return _panel("mended", title, Unit.SHARE, summary, ())
    days = [x.at.date() for x in met]
    bins = [
        _share(span, [x for x in met if span[0] <= x.at.date() <= span[1]])
        for span in spans(min(days), max(days), most)
    ]
    total = estimate_share(met)
    helped = sum(x.effect in HELPED for x in met)
    summary = f"{helped:,} of {counted(len(met), 'failure')} {interval(total, Unit.SHARE)}."
    return _panel("mended", title, Unit.SHARE, summary, bins)


def _share(span: Span, met: Sequence[Exposure]) -> Bin:
    if not met:
        return Bin(first=span[0], last=span[1], estimate=None, says="no failure met")
    helped = sum(x.effect in HELPED for x in met)
    found = estimate_share(met)
    says = f"{helped:,} of {counted(len(met), 'failure')} {interval(found, Unit.SHARE)}"
    return Bin(first=span[0], last=span[1], estimate=found, says=says)


def estimate_share(met: Iterable[Exposure]) -> Estimate:
    """The share that was helped, with 95 % limits that count sessions and not calls."""
    sessions: defaultdict[str, list[bool]] = defaultdict(list)
    for x in met:
        sessions[x.unit or x.session].append(x.effect in HELPED)
    clusters = [statistics.Cluster(hits=sum(v), of=len(v)) for v in sessions.values()]
    share = statistics.share(clusters, rho=statistics.RHO_FAILURE)
    return Estimate(value=share.estimate, low=share.low, high=share.high)


# ----------------------------------------------------------- lessons in force


def _in_force(material: Material, most: int) -> Panel:
    title = "Lessons in force"
    moves = [e for e in material.events if e.after is not None]
    if not any(e.after in IN_FORCE for e in moves):
        return _panel("in_force", title, Unit.COUNT, "No lesson was in force yet.", ())
    first = next(e for e in moves if e.after in IN_FORCE).at.date()
    bins: list[Bin] = []
    standing: set[str] = set()
    rest = iter(moves)
    event = next(rest, None)
    for span in spans(first, max(material.today, first), most):
        while event is not None and event.at.date() <= span[1]:
            (standing.add if event.after in IN_FORCE else standing.discard)(event.subject)
            event = next(rest, None)
        says = f"{counted(len(standing), 'lesson')} in force"
        bins.append(Bin(first=span[0], last=span[1], estimate=_exact(len(standing)), says=says))
    summary = f"{counted(len(standing), 'lesson')} now; the first on {first}."
    return _panel("in_force", title, Unit.COUNT, summary, bins)


# ------------------------------------------------------- calls, seconds saved


def _saved(material: Material, most: int) -> tuple[Panel, Panel]:
    """What callers used to spend on such a failure, for each that lessons helped with."""
    helped = [x for x in material.exposures if x.effect in HELPED]
    costs = {name: cost(found) for name, found in material.episodes.items()}
    calls = [(x, costs[x.lesson].calls) for x in helped]
    seconds = [(x, costs[x.lesson].seconds) for x in helped]
    return _saving(Unit.COUNT, calls, most), _saving(Unit.SECONDS, seconds, most)


_SAVED = {
    Unit.COUNT: ("calls_saved", "Calls saved", "too few callers mended such failures themselves"),
    Unit.SECONDS: ("seconds_saved", "Time saved", "such failures were recorded without times"),
}
"""Name and title of a panel, and why it may be empty although lessons helped."""


def _saving(unit: Unit, priced: Sequence[tuple[Exposure, Estimate | None]], most: int) -> Panel:
    """What was saved; at most that, where a lesson acted before a call that might have worked."""
    name, title, unknown = _SAVED[unit]
    known = [(x, each) for x, each in priced if each is not None]
    if not known:
        why = unknown if priced else "no lesson in force has helped"
        return _panel(name, title, unit, f"Not measured yet: {why}.", ())
    days = [x.at.date() for x, _ in known]
    bins = [_spent(span, unit, known) for span in spans(min(days), max(days), most)]
    total = _sum(each for _, each in known)
    bound = "About" if all(x.after for x, _ in known) else "At most"
    calls = " calls" if unit is Unit.COUNT else ""
    summary = f"{bound} {spell(total.value, unit)}{calls} {interval(total, unit)}."
    left = len(priced) - len(known)
    if left:
        summary += f" {counted(left, 'failure')} more cannot be counted."
    return _panel(name, title, unit, summary, bins)


def _spent(span: Span, unit: Unit, known: Sequence[tuple[Exposure, Estimate]]) -> Bin:
    inside = [each for x, each in known if span[0] <= x.at.date() <= span[1]]
    if not inside:
        return Bin(first=span[0], last=span[1], estimate=None, says="nothing met")
    found = _sum(inside)
    says = f"{spell(found.value, unit)} {interval(found, unit)}"
    return Bin(first=span[0], last=span[1], estimate=found, says=says)


def _sum(estimates: Iterable[Estimate]) -> Estimate:
    """The sum with the sums of the limits: wider than needed, never too narrow."""
    found = list(estimates)
    return Estimate(
        value=sum(e.value for e in found),
        low=sum(e.low for e in found),
        high=sum(e.high for e in found),
    )
