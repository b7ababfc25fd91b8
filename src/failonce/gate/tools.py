"""Does a tool that was written for an agent do what it says? Found by running it, in the sandbox.

What it answers is data; whether that is right is told here, against cases that stay outside:
those that its author declared, and those that recorded calls tell and its author never saw. It
runs with no more than the operator allows to code that nobody read yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from failonce import statistics
from failonce.gate.sandboxed import READ, error, held, less, level, lint, reach, said
from failonce.identity import canonical_json
from failonce.kinds.tool import DeclaredCase, LearnedTool, findings
from failonce.language.casting import type_of
from failonce.model import (
    Answer,
    Args,
    Call,
    Category,
    CheckResult,
    Ending,
    Failure,
    Grants,
    Job,
    Json,
    Limits,
    Parameter,
    Past,
    Power,
    Proof,
    Ran,
    Safety,
    Tally,
)
from failonce.ports import Sandbox

REFUSING: Final = frozenset({"ValueError", "TypeError"})
"""How a tool says that it does not take what it was given."""
TOGETHER: Final = 12
"""All runs of one tool may take so many times what one may, so that its author cannot hold us up
by many cases that take long. One that took longer than it may is the last."""
MADE_UP: Final = 20
"""Inputs of its declared types that a tool is tried on."""

_VALUES: Final[Mapping[str, Sequence[Json]]] = {
    "string": ("", "a", " ", "two words", "ä€\U0001f600", "0", "null", "../x", "a\nb", "x" * 2000),
    "integer": (0, 1, -1, 7, 2**31, -(2**63), 10**18),
    "number": (0.0, 1.5, -0.25, 1e-9, 1e12, 3),
    "boolean": (True, False),
    "array": ([], ["a"], [1, 2, 3], [[], {}], [None]),
    "object": ({}, {"a": 1}, {"a": {"b": []}}, {"": None}),
    "null": (None,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A recorded call that tells what the tool must answer, and whose it was."""

    case: DeclaredCase
    cluster: str
    new: bool = False
    """Nobody got this answer by one call before: the tool it replaces failed, or was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """What a tool is tried with."""

    sandbox: Sandbox
    examples: Sequence[Example] = ()
    before: Sequence[Past] = ()
    """Calls of the version in force that worked, with what was recorded of their answers."""
    allowed: Grants = field(default_factory=Grants)
    """What code may reach that nobody read yet."""
    safety: Safety = Safety.CHANGING
    """How far it may be allowed to reach."""
    limits: Limits = field(default_factory=Limits)


def tried(tool: LearnedTool, trying: Trying | None) -> tuple[list[CheckResult], Proof]:
    """Every check on a tool, and what its examples prove; refused where it cannot be tried."""
    checks = [lint(findings(tool)), held(None if trying is None else trying.sandbox)]
    if trying is None or (checks[-1].fatal and not checks[-1].passed):
        return checks, _proof((), (), checks)
    checks.append(level(tool.grants, trying.safety))
    if not checks[-1].passed:
        return checks, _proof((), (), checks)
    runs = _Runs(tool, trying)
    passed = [runs.passes(case) for case in tool.cases]
    shown = [runs.passes(example.case) for example in trying.examples]
    checks += [
        _declared(tool, passed),
        _recorded(trying.examples, shown),
        *runs.as_before(trying.before),
        runs.steady(),
        runs.total(),
        reach(tool.grants, trying.allowed),
        READ,
    ]
    return checks, _proof(trying.examples, shown, checks)


class _Runs:
    """The runs of one tool."""

    def __init__(self, tool: LearnedTool, trying: Trying) -> None:
        self._tool = tool
        self._trying = trying
        self._left_ms = TOGETHER * trying.limits.seconds * 1000

    def passes(self, case: DeclaredCase) -> str:
        """What is wrong with what it came to; empty where nothing is."""
        told = _Told(case)
        ran = self._run(case.args, told)
        if told.unexpected:
            return f"it called {told.unexpected}, which is not in the case"
        if case.raises:
            raised = error(ran) if ran.ending is Ending.RAISED else ""
            return "" if raised == case.raises else f"{said(ran)} instead of {case.raises}"
        if ran.ending is not Ending.RETURNED:
            return said(ran)
        if not same(ran.value, case.result):
            return f"it answered {_short(ran.value)} instead of {_short(case.result)}"
        return ""

    def as_before(self, calls: Sequence[Past]) -> Iterator[CheckResult]:
        """Does it answer what the version in force answered? Another answer may be a better one,
        so this is for whoever approves it to see."""
        if not calls or self._tool.calls:
            return
        others = [why for call in calls if (why := self._otherwise(call))]
        detail = f"all {len(calls)} recorded calls of the version in force come to the same"
        if others:
            detail = (
                f"{len(others)} of {len(calls)} recorded calls of the version in force come to "
                f"something else: {others[0]}"
            )
        yield CheckResult(name="as before", passed=not others, detail=detail)

    def _otherwise(self, past: Past) -> str:
        args = past.call.args or {}
        ran = self._run(args, None)
        if ran.ending is not Ending.RETURNED:
            return f"given {_short(dict(args))}: {said(ran)}"
        text = ran.value if isinstance(ran.value, str) else canonical_json(ran.value)
        if text == past.answer.text:
            return ""
        return f"given {_short(dict(args))}: {_short(text)} instead of {_short(past.answer.text)}"

    def steady(self) -> CheckResult:
        """Is the same call answered the same?"""
        for n, case in enumerate(self._tool.cases, 1):
            one, other = (self._run(case.args, _Told(case)) for _ in range(2))
            if Ending.REFUSED in (one.ending, other.ending):
                return CheckResult(name="steady", passed=False, detail=f"case {n}: {said(other)}")
            if one.ending is not other.ending or not same(one.value, other.value):
                detail = f"case {n} came to {_came(one)}, and then to {_came(other)}"
                return CheckResult(name="steady", passed=False, detail=detail)
        return CheckResult(name="steady", passed=True, detail="the same call has the same answer")

    def total(self) -> CheckResult:
        """Does it answer, or refuse, whatever its types allow?"""
        if self._tool.calls:
            detail = "not tried on made-up values: nobody knows what its calls would answer"
            return CheckResult(name="total", passed=True, detail=detail)
        refused = 0
        for args in made_up(self._tool.parameters):
            ran = self._run(args, None)
            known = ran.ending is Ending.RAISED and error(ran) in REFUSING
            refused += known
            if ran.ending is not Ending.RETURNED and not known:
                ends = ran.ending is not Ending.RAISED
                detail = f"given {_short(dict(args))}: {said(ran)}"
                return CheckResult(name="total", passed=False, detail=detail, fatal=ends)
        detail = f"it answers made-up values of its types ({refused} refused as wrong)"
        return CheckResult(name="total", passed=True, detail=detail)

    def _run(self, args: Args, told: "_Told | None") -> Ran:
        granted = less(self._tool.grants, self._trying.allowed)
        job = Job(
            source=self._tool.source,
            entry=self._tool.entry,
            args=args,
            grants=granted,
            limits=self._trying.limits,
        )
        if self._left_ms <= 0:
            return Ran(ending=Ending.REFUSED, error="its runs before took too long")
        ran = self._trying.sandbox.run(job, None if told is None else told.answer)
        self._left_ms -= self._left_ms if ran.ending is Ending.TIME else ran.ms
        return ran


class _Told:
    """What the tools that it calls answer, as a case says it; each answer once."""

    def __init__(self, case: DeclaredCase) -> None:
        self._left = list(case.answers)
        self.unexpected = ""

    def answer(self, call: Call) -> Answer:
        """The answer of the first call like this that is left."""
        for n, inner in enumerate(self._left):
            if inner.tool == call.tool and same(inner.args, call.args or {}):
                del self._left[n]
                if inner.error:
                    return Answer(text=inner.error, failure=_failure(inner.error))
                text = inner.answer if isinstance(inner.answer, str) else None
                return Answer(text=_json(inner.answer) if text is None else text)
        self.unexpected = self.unexpected or f"{call.tool}({_short(call.args)})"
        return Answer(text="not in this case", failure=_failure("not in this case"))


# ------------------------------------------------------------------- checks


def _declared(tool: LearnedTool, passed: Sequence[str]) -> CheckResult:
    wrong = [(n, why) for n, why in enumerate(passed, 1) if why]
    if not tool.cases:
        detail = "it declares no case, so nobody can tell whether it works"
    elif wrong:
        number, why = wrong[0]
        detail = f"{len(wrong)} of {len(passed)} declared cases fail; case {number}: {why}"
    else:
        detail = f"all {len(passed)} declared cases pass"
    return CheckResult(
        name="cases", passed=bool(tool.cases) and not wrong, detail=detail, fatal=True
    )


def _recorded(examples: Sequence[Example], shown: Sequence[str]) -> CheckResult:
    wrong = [why for why in shown if why]
    if wrong:
        detail = f"{len(wrong)} of {len(shown)} recorded calls come to something else: {wrong[0]}"
        return CheckResult(name="recorded", passed=False, detail=detail, fatal=True)
    detail = f"all {len(shown)} recorded calls come to the same"
    if not examples:
        detail = "only its author says what it must answer; no recorded call does"
    return CheckResult(name="recorded", passed=bool(examples), detail=detail)


def _proof(
    examples: Sequence[Example],
    shown: Sequence[str],
    checks: Sequence[CheckResult],
) -> Proof:
    """Votes of clusters: where it answers what nobody got by one call, and where it is wrong."""
    gains = {e.cluster for e, why in zip(examples, shown, strict=True) if e.new and not why}
    wrongs = {e.cluster for e, why in zip(examples, shown, strict=True) if why}
    wins, losses = len(gains - wrongs), len(wrongs)
    clusters = [statistics.Cluster(hits=c not in wrongs, of=1) for c in gains | wrongs]
    benefit = statistics.share(clusters, rho=statistics.RHO_FAILURE)
    e_value = statistics.e_value(wins, losses)
    proven = e_value >= statistics.PROVEN and wins >= statistics.SMALLEST_PROOF
    return Proof(
        tally=Tally(repaired=len(gains), good=len(examples)),
        wins=wins,
        losses=losses,
        clusters=len(clusters),
        e_value=e_value,
        benefit_low=benefit.low,
        benefit_high=benefit.high,
        harm_high=1.0,
        power=Power.FAIL if losses else Power.PASS if proven else Power.UNDERPOWERED,
        missing="" if proven or losses else "more recorded calls that tell what it must answer",
        line=_line(examples, shown, checks),
    )


def _line(examples: Sequence[Example], shown: Sequence[str], checks: Sequence[CheckResult]) -> str:
    sandbox = next((c for c in checks if c.name == "sandbox"), None)
    if sandbox is not None and sandbox.fatal and not sandbox.passed:
        return "Not tried: there is no sandbox on this machine that holds."
    good = sum(not why for why in shown)
    cases = next((c.detail for c in checks if c.name == "cases"), "")
    recorded = f"{good} of {len(examples)} recorded calls" if examples else "no recorded call"
    return f"In the sandbox {cases}; {recorded} came to the same."


# ------------------------------------------------------------------- values


def made_up(parameters: Sequence[Parameter]) -> Iterator[Args]:
    """Arguments of the declared types, with what is rare in them; the same each time."""
    for n in range(MADE_UP):
        args: dict[str, Json] = {}
        for place, p in enumerate(parameters):
            values = [v for kind in p.types or tuple(_VALUES) for v in _VALUES.get(kind, ())]
            own = p.choices or values
            if p.required or (n + place) % 3:
                args[p.name] = own[(n * (place + 1) + place) % len(own)]
        yield args


def same(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON: `1` is `1.0`, and `True` is neither."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if type_of(one) == "array" and type_of(other) == "array":
        pairs = list(one), list(other)  # type: ignore[arg-type]  # arrays both
        return len(pairs[0]) == len(pairs[1]) and all(map(same, *pairs))
    return type_of(one) == type_of(other) and one == other


def _failure(message: str) -> Failure:
    return Failure(message=message, signature="", category=Category.UNKNOWN)


def _came(ran: Ran) -> str:
    return _short(ran.value) if ran.ending is Ending.RETURNED else said(ran)


def _json(value: Json) -> str:
    return canonical_json(value)


def _short(value: Json) -> str:
    text = _json(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
