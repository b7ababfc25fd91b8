"""What is asked of code that was tried in the sandbox, whatever it is for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from failonce.kinds.lint import Finding
from failonce.model import CheckResult, Ending, Grants, Ran, Safety, Strength
from failonce.ports import Sandbox


def lint(found: Sequence[Finding]) -> CheckResult:
    """Does anything in the code ask for a second look?"""
    shown = "; ".join(f"line {f.line}: {f.what}" for f in found[:5])
    more = f"; {len(found) - 5} more" if len(found) > 5 else ""
    return CheckResult(
        name="lint",
        passed=not found,
        detail=f"{shown}{more}" if found else "nothing in the code asks for a second look",
    )


def held(sandbox: Sandbox | None) -> CheckResult:
    """Does the sandbox of this machine hold what it must?"""
    barriers = () if sandbox is None else sandbox.barriers()
    absent = [b for b in barriers if b.how is Strength.ABSENT]
    partial = [b for b in barriers if b.how is Strength.PARTIAL]
    if absent or not barriers:
        why = "; ".join(f"{b.what}: {b.why}" for b in absent[:3]) or "there is none"
        detail = f"it cannot be tried on this machine ({why}). failonce doctor says what to do"
        return CheckResult(name="sandbox", passed=False, detail=detail, fatal=True)
    kept = f"{len(barriers) - len(partial)} barriers held"
    part = "".join(f", {b.what} in part ({b.why})" for b in partial)
    return CheckResult(name="sandbox", passed=not partial, detail=kept + part)


def reach(grants: Grants, allowed: Grants) -> CheckResult:
    """What it wants and did not have while it was tried."""
    held = less(grants, allowed)
    kept = [
        f"{name} {', '.join(sorted(set(wanted) - set(had)))}"
        for name, wanted, had in (
            ("network", grants.network, held.network),
            ("reading", grants.reads, held.reads),
            ("writing", grants.writes, held.writes),
            ("packages", grants.packages, held.packages),
        )
        if set(wanted) - set(had)
    ]
    kept += ["starting programs"] if grants.subprocess and not held.subprocess else []
    detail = f"it was tried without what it asks for: {'; '.join(kept)}" if kept else ""
    return CheckResult(
        name="reach", passed=not kept, detail=detail or "it was tried with all that it asks for"
    )


def beyond(grants: Grants, safety: Safety) -> str:
    """Why code may not be granted what it asks for; empty where it may."""
    if safety.allows(grants):
        return ""
    return (
        f"it asks for {Safety.of(grants)}, and no code may be allowed more than {safety} here "
        "(`tools.safety_mode`)"
    )


def level(grants: Grants, safety: Safety) -> CheckResult:
    """Does it ask for no more than the operator lets anybody grant?"""
    wrong = beyond(grants, safety)
    detail = wrong or f"it asks for {Safety.of(grants)}, and {safety} may be granted"
    return CheckResult(name="level", passed=not wrong, detail=detail, fatal=True)


READ: Final = CheckResult(name="read", passed=False, detail="somebody must have read the code")
"""Never passed by itself: no code goes in force without a person."""


def less(wanted: Grants, allowed: Grants) -> Grants:
    """What of it is allowed."""

    def both(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
        return tuple(x for x in one if x in other)

    return replace(
        wanted,
        network=both(wanted.network, allowed.network),
        reads=both(wanted.reads, allowed.reads),
        writes=both(wanted.writes, allowed.writes),
        subprocess=wanted.subprocess and allowed.subprocess,
        packages=both(wanted.packages, allowed.packages),
    )


def error(ran: Ran) -> str:
    """The class of what it raised."""
    return ran.error.partition(":")[0].strip()


_SAID: Final[Mapping[Ending, str]] = {
    Ending.TIME: "it took longer than it may",
    Ending.MEMORY: "it took more memory than it may",
    Ending.DISK: "it wrote more than it may",
    Ending.OUTPUT: "it answered more than it may",
    Ending.DIED: "it ended without an answer",
    Ending.REFUSED: "it was not run",
}


def said(ran: Ran) -> str:
    """How a run ended, where that was with no answer."""
    how = _SAID.get(ran.ending, f"it raised {error(ran)}" if ran.error else "it raised")
    return f"{how} ({ran.error[:120]})" if ran.error and ran.ending is not Ending.RAISED else how
