"""The report, made of what was gathered: no I/O and no clock."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, timedelta

from failonce import statistics
from failonce.model import Action, Arm, Effect, Event, Exposure, KindName, State
from failonce.surfaces.report.material import HELPED, Material
from failonce.surfaces.report.saving import cost
from failonce.surfaces.report.values import Bin, Estimate, Panel, Report, Unit
from failonce.surfaces.report.wording import interval, spell
from failonce.surfaces.words import counted

BINS = 60
"""Most bins of a panel; where there are more days, a bin is several of them."""
_FORCE = (State.CANARY, State.STABLE)

Span = tuple[date, date]


def build(material: Material, *, bins: int = BINS) -> Report:
    """The report of what is recorded, in panels of at most so many bins."""
    exposures = [x for x in material.exposures if x.arm is Arm.APPLIED]
    return Report(
        project=material.project,
        daily=material.daily,
        classes=len(material.signatures),
        classes_7d=sum(s.hits_7d > 0 for s in material.signatures),
        proposed=Counter(_week(e) for e in material.events if e.action is Action.PROPOSE),
        approved=_decided(material.events, Action.APPROVE),
        rejected=_decided(material.events, Action.REJECT),
        effects=Counter(x.effect for x in exposures),
        panels=(
            _failures(material, bins),
            _prevented(exposures, bins),
            _in_force(material, bins),
            *_saved(material, exposures, bins),
        ),
    )


def _week(event: Event) -> str:
    year, week, _ = event.at.isocalendar()
    return f"{year}-W{week:02}"


def _decided(events: Iterable[Event], action: Action) -> int:
    return len({(e.subject, e.version) for e in events if e.action is action})


def spans(first: date, last: date, most: int) -> list[Span]:
    """At most `most` spans of equal length that end with `last`; a day, a week, or more."""
    days = (last - first).days + 1
    size = 1 if days <= most else 7 * -(-days // (7 * most))
    ends = [last - timedelta(days=size * n) for n in range(-(-days // size))]
    return [(max(first, end - timedelta(days=size - 1)), end) for end in reversed(ends)]


def _panel(name: str, title: str, unit: Unit, summary: str, bins: Sequence[Bin]) -> Panel:
    top = max((b.estimate.high for b in bins if b.estimate is not None), default=0.0)
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


# ------------------------------------------------------------ share prevented


def _prevented(exposures: Sequence[Exposure], most: int) -> Panel:
    """Of the failures that lessons in force met, the share that did not happen or was mended.

    A session counts as little as the statistics of the gate let it.
    """
    title = "Share of failures prevented or mended"
    met = [x for x in exposures if x.effect in HELPED or x.effect is Effect.NO_EFFECT]
    if not met:
        summary = "Not measured yet: no lesson in force has met a failure."
        return _panel("prevented", title, Unit.SHARE, summary, ())
    bins = [
        _share(span, [x for x in met if span[0] <= x.at.date() <= span[1]])
        for span in spans(min(x.at.date() for x in met), max(x.at.date() for x in met), most)
    ]
    total = estimate_share(met)
    helped = sum(x.effect in HELPED for x in met)
    summary = f"{helped:,} of {counted(len(met), 'failure')} {interval(total, Unit.SHARE)}."
    return _panel("prevented", title, Unit.SHARE, summary, bins)


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
        sessions[x.session].append(x.effect in HELPED)
    clusters = [statistics.Cluster(hits=sum(v), of=len(v)) for v in sessions.values()]
    share = statistics.share(clusters, rho=statistics.RHO_FAILURE)
    return Estimate(value=share.estimate, low=share.low, high=share.high)


# ----------------------------------------------------------- lessons in force


def _in_force(material: Material, most: int) -> Panel:
    title = "Lessons in force"
    moves = [e for e in material.events if e.after is not None]
    if not any(e.after in _FORCE for e in moves):
        return _panel("in_force", title, Unit.COUNT, "No lesson was in force yet.", ())
    first = next(e for e in moves if e.after in _FORCE).at.date()
    bins: list[Bin] = []
    standing: set[str] = set()
    rest = iter(moves)
    event = next(rest, None)
    for span in spans(first, max(material.today, first), most):
        while event is not None and event.at.date() <= span[1]:
            (standing.add if event.after in _FORCE else standing.discard)(event.subject)
            event = next(rest, None)
        says = f"{counted(len(standing), 'lesson')} in force"
        bins.append(Bin(first=span[0], last=span[1], estimate=_exact(len(standing)), says=says))
    summary = f"{counted(len(standing), 'lesson')} now; the first on {first}."
    return _panel("in_force", title, Unit.COUNT, summary, bins)


# ------------------------------------------------------- calls, seconds saved


def _saved(material: Material, exposures: Iterable[Exposure], most: int) -> tuple[Panel, Panel]:
    """What callers used to spend on such a failure, for each that lessons helped with."""
    helped = [x for x in exposures if x.effect in HELPED]
    kinds = {x.id: x.proposal.kind for x in material.lessons}
    costs = {
        name: cost(found, stops=kinds[name] in (KindName.GUARDRAIL, KindName.RULE))
        for name, found in material.episodes.items()
    }
    calls = [(x, costs[x.lesson].calls) for x in helped]
    seconds = [(x, costs[x.lesson].seconds) for x in helped]
    stops = {name for name, each in costs.items() if each.stops}
    return _saving(Unit.COUNT, calls, stops, most), _saving(Unit.SECONDS, seconds, stops, most)


_SAVED = {
    Unit.COUNT: ("calls_saved", "Calls saved", "too few callers mended such failures themselves"),
    Unit.SECONDS: ("seconds_saved", "Time saved", "such failures were recorded without times"),
}
"""Name and title of a panel, and why it may be empty although lessons helped."""


def _saving(
    unit: Unit, priced: Sequence[tuple[Exposure, Estimate | None]], stops: Set[str], most: int
) -> Panel:
    """What was saved; at most that, where a lesson of `stops` is among those that helped."""
    name, title, unknown = _SAVED[unit]
    known = [(x, each) for x, each in priced if each is not None]
    if not known:
        why = unknown if priced else "no lesson in force has helped"
        return _panel(name, title, unit, f"Not measured yet: {why}.", ())
    days = [x.at.date() for x, _ in known]
    bins = [_spent(span, unit, known) for span in spans(min(days), max(days), most)]
    total = _sum(each for _, each in known)
    bound = "At most" if any(x.lesson in stops for x, _ in known) else "About"
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
