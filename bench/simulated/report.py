"""The figures of an exam, and how they are printed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from simulated.exam import Ends, Marks
from simulated.judge import Verdict
from simulated.product import Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of one exam, or of the part of it without the largest tool."""

    failures: int
    good: int
    repaired: int
    verdicts: Counter[Verdict]
    prevented: int
    blocked: int
    harmed: int
    touched: int
    left_changed: int
    displaced: int
    unmended: int
    unmended_repaired: int
    by_task: float
    """Share of failures repaired, mean over tasks with a failure."""


def figures(marks: Marks) -> Figures:
    """Count."""
    by_task: dict[str, list[bool]] = defaultdict(list)
    for f in marks.failures:
        by_task[f.step.call.task or ""].append(f.repaired is not None)
    unmended = [f for f in marks.failures if not f.mended]
    return Figures(
        failures=len(marks.failures),
        good=len(marks.good),
        repaired=sum(f.repaired is not None for f in marks.failures),
        verdicts=Counter(f.repaired for f in marks.failures if f.repaired is not None),
        prevented=sum(f.prevented for f in marks.failures),
        blocked=sum(f.blocked for f in marks.failures),
        harmed=sum(g.harmed for g in marks.good),
        touched=sum(g.touched for g in marks.good),
        left_changed=sum(f.left_changed for f in marks.failures),
        displaced=sum(f.displaced for f in marks.failures),
        unmended=len(unmended),
        unmended_repaired=sum(f.repaired is not None for f in unmended),
        by_task=share(sum(share(sum(r), len(r)) for r in by_task.values()), len(by_task)),
    )


def largest(marks: Marks) -> str:
    """The tool with the most failures."""
    counts = Counter(f.step.call.tool for f in marks.failures)
    return counts.most_common(1)[0][0] if counts else ""


def without(marks: Marks, tool: str) -> Marks:
    """The part of the exam that is not about a tool."""
    return marks.of(lambda step: step.call.tool != tool)


def share(part: float, of: int) -> float:
    """A share, 0 of nothing."""
    return part / of if of else 0.0


def percent(part: float, of: int, digits: int = 2) -> str:
    """A share with its counts."""
    return f"{100 * share(part, of):6.{digits}f} % ({part:g}/{of})"


def print_exam(marks: Marks, lessons: Sequence[Used]) -> None:
    """The table of one exam, with and without the largest tool."""
    tool = largest(marks)
    columns = [figures(marks), figures(without(marks, tool))]
    print(f"  {'':34}{'all':26}without {tool}")
    for name, cells in _rows(columns):
        print(f"  {name:34}" + "".join(f"{cell:26}" for cell in cells).rstrip())
    print_forms(marks, lessons)


def _rows(columns: Sequence[Figures]) -> Iterable[tuple[str, list[str]]]:
    yield "repaired", [percent(c.repaired, c.failures) for c in columns]
    for verdict in Verdict:
        cells = [percent(c.verdicts[verdict], c.repaired) for c in columns]
        yield f"  {verdict}, of the repaired", cells
    yield "repaired, mean over tasks", [f"{100 * c.by_task:6.2f} %" for c in columns]
    cells = [percent(c.unmended_repaired, c.unmended) for c in columns]
    yield "repaired, of those never mended", cells
    yield "prevented before the call", [percent(c.prevented, c.failures) for c in columns]
    yield "  of these by a block", [percent(c.blocked, c.prevented) for c in columns]
    yield "harmed good calls", [percent(c.harmed, c.good, 3) for c in columns]
    yield "touched good calls", [percent(c.touched, c.good, 3) for c in columns]
    yield "repaired, but left elsewhere", [percent(c.displaced, c.repaired) for c in columns]
    cells = [percent(c.left_changed, c.failures) for c in columns]
    yield "world changed, still failed", cells


def print_forms(marks: Marks, lessons: Sequence[Used]) -> None:
    """What each kind and form of lesson did; where several acted together each counts."""
    having: Counter[tuple[str, str]] = Counter(_form(u) for u in lessons)
    repaired: Counter[tuple[str, str]] = Counter()
    prevented: Counter[tuple[str, str]] = Counter()
    harmed: Counter[tuple[str, str]] = Counter()
    for f in marks.failures:
        if f.repaired is not None:
            repaired.update({_form(u) for u in f.used})
        prevented.update({_form(u) for u in f.prevented_by})
    for g in marks.good:
        harmed.update({_form(u) for u in g.harmed_by})
    print(f"  {'kind and form':34}{'lessons':>9}{'repaired':>10}{'prevented':>11}{'harmed':>8}")
    for form in sorted(having | repaired | prevented | harmed, key=lambda f: -repaired[f]):
        name = " ".join(form)
        print(f"  {name:34}{having[form]:9}{repaired[form]:10}{prevented[form]:11}{harmed[form]:8}")


def print_harm(marks: Marks, *, at_most: int = 12) -> None:
    """Good calls that were harmed, by lesson."""
    harm: dict[str, list[str]] = defaultdict(list)
    for g in marks.good:
        for used in g.harmed_by:
            word = "blocked" if g.blocked else "changed"
            harm[used.lesson].append(f"{word} {g.step.call.tool} in {g.step.call.task}")
    for lesson, calls in sorted(harm.items(), key=lambda x: -len(x[1]))[:at_most]:
        print(f"  harm by {lesson}: {len(calls)}, such as {calls[0]}")


def print_left(marks: Marks, *, at_most: int = 12) -> None:
    """What is still to be repaired: failures by tool, and what lessons made of them."""
    left: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for f in marks.failures:
        every[f.step.call.tool] += 1
        left[f.step.call.tool] += f.repaired is None
    said = ", ".join(f"{t} {n}/{every[t]}" for t, n in left.most_common(at_most))
    print(f"  still failing, by tool: {said}")


def print_ends(ends: Ends) -> None:
    """How sessions end."""
    print(
        f"  ends of sessions with a failure repaired that the caller never mended: {ends.told};"
        f" as the gold path's {ends.right}, without repairs {ends.were_right}"
        f" (won {ends.won}, lost {ends.lost})"
    )


def print_sums(name: str, done: Sequence[Figures]) -> None:
    """One line of one or several exams: shares of the sums."""
    failures, good = sum(f.failures for f in done), sum(f.good for f in done)
    repaired, prevented = sum(f.repaired for f in done), sum(f.prevented for f in done)
    print(
        f"  {name:34}repaired {percent(repaired, failures)}"
        f"  prevented {percent(prevented, failures)}"
        f"  harmed {percent(sum(f.harmed for f in done), good, 3)}"
    )


def _form(used: Used) -> tuple[str, str]:
    return used.kind, used.form


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The last line: fractions of failures, of repairs, or of good calls, and two counts."""

    repaired: float
    repaired_without_largest: float
    confirmed: float
    contradicted: float
    prevented: float
    prevented_without_largest: float
    harmed: float
    harmed_calls: int
    good: int
    repaired_unattended: float
    static: float
    world_changed_still_failed: float


def line(marks: Marks, *, unattended: Marks, static: Marks) -> Line:
    """The numbers of one exam."""
    own, rest = figures(marks), figures(without(marks, largest(marks)))
    alone, still = figures(unattended), figures(static)
    return Line(
        repaired=share(own.repaired, own.failures),
        repaired_without_largest=share(rest.repaired, rest.failures),
        confirmed=share(own.verdicts[Verdict.CONFIRMED], own.repaired),
        contradicted=share(own.verdicts[Verdict.CONTRADICTED], own.repaired),
        prevented=share(own.prevented, own.failures),
        prevented_without_largest=share(rest.prevented, rest.failures),
        harmed=share(own.harmed, own.good),
        harmed_calls=own.harmed,
        good=own.good,
        repaired_unattended=share(alone.repaired, alone.failures),
        static=share(still.repaired, still.failures),
        world_changed_still_failed=share(own.left_changed, own.failures),
    )


def together(lines: Sequence[Line]) -> dict[str, float]:
    """The mean of several exams; counts are summed, and `harmed` is of the sums."""
    made: dict[str, float] = {}
    for field in fields(Line):
        values = [getattr(one, field.name) for one in lines]
        counts = field.name in ("harmed_calls", "good")
        made[field.name] = sum(values) if counts else round(sum(values) / len(values), 4)
    made["harmed"] = round(share(made["harmed_calls"], int(made["good"])), 6)
    return made
