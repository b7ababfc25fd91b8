"""`failonce report` and `failonce status`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from failonce.compose import Parts
from failonce.lifecycle import WORDS
from failonce.model import Action, AuditEntry, Effect, Event, Json, Lesson, State
from failonce.ports import SignatureQuery
from failonce.projections.changelog import pending_phrase
from failonce.surfaces.cli.lessons import pending_count
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table
from failonce.surfaces.cli.session import named, session

app = typer.Typer(rich_markup_mode=None)

_DAYS = 14
_WEEKS = 8
_RUNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The six numbers of the second seed (S24), from what is recorded."""

    daily: Sequence[tuple[str, int, int]]
    """Day, calls, failures."""
    classes: int
    classes_7d: int
    proposed: Counter[str]
    """Lessons proposed by ISO week."""
    approved: int
    rejected: int
    effects: Counter[Effect]

    @property
    def approval_rate(self) -> float | None:
        """Approved lessons of all proposed ones; None where none was proposed."""
        total = sum(self.proposed.values())
        return self.approved / total if total else None


@app.command()
def report(project: OneProject = None, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Show what failed and what lessons changed.

    Failures by day, classes of failures, lessons proposed by week, the share approved, and
    what lessons in force did to calls that were reported to them.
    """
    with session(store) as parts:
        own = named(project, parts.config)
        found = _report(parts, own)
    if as_json:
        show_json(_record(found))
    else:
        _tell(found)


def _report(parts: Parts, project: str | None) -> Report:
    signatures = parts.store.signatures(SignatureQuery(project=project))
    own = {x.id for x in parts.store.lessons(project=project)}
    entries = [e.event for e in parts.store.entries() if e.event.subject in own]
    exposures = [x for x in parts.store.exposures() if x.lesson in own]
    return Report(
        daily=parts.store.daily(project=project),
        classes=len(signatures),
        classes_7d=sum(s.hits_7d > 0 for s in signatures),
        proposed=Counter(_week(e) for e in entries if e.action is Action.PROPOSE),
        approved=len({(e.subject, e.version) for e in entries if e.action is Action.APPROVE}),
        rejected=len({(e.subject, e.version) for e in entries if e.action is Action.REJECT}),
        effects=Counter(x.effect for x in exposures),
    )


def _week(event: Event) -> str:
    year, week, _ = event.at.isocalendar()
    return f"{year}-W{week:02}"


def _record(found: Report) -> dict[str, Json]:
    return {
        "daily": [{"day": d, "calls": calls, "failures": bad} for d, calls, bad in found.daily],
        "classes": found.classes,
        "classes_7d": found.classes_7d,
        "proposed_per_week": dict(sorted(found.proposed.items())),
        "approved": found.approved,
        "rejected": found.rejected,
        "approval_rate": found.approval_rate,
        "effects": {effect: found.effects[effect] for effect in Effect},
    }


def _tell(found: Report) -> None:
    if not found.daily:
        say("Nothing is recorded yet. Begin with: failonce import PATH")
        return
    table(
        ("day", "calls", "failures", "share"),
        [
            (d, calls, bad, f"{bad / calls:.1%}" if calls else "")
            for d, calls, bad in found.daily[-_DAYS:]
        ],
    )
    if len(found.daily) > _DAYS:
        say(f"The newest {_DAYS} of {len(found.daily)} days; --json has all.")
    say(
        f"{plural(found.classes, 'class', 'classes')} of failures, {found.classes_7d:,} of them "
        "in the newest seven days"
    )
    if not found.proposed:
        say("No lesson was proposed yet. Next: failonce mine")
        return
    weeks = sorted(found.proposed.items())[-_WEEKS:]
    say("Lessons proposed: " + ", ".join(f"{count} in {week}" for week, count in weeks))
    say(
        f"Of {sum(found.proposed.values()):,} proposed {found.approved:,} were approved "
        f"({found.approval_rate or 0:.0%}) and {found.rejected:,} rejected"
    )
    if found.effects:
        e = found.effects
        say(
            f"In force they prevented {e[Effect.PREVENTED]:,}, repaired {e[Effect.REPAIRED]:,} and "
            f"recovered {e[Effect.RECOVERED]:,} failures; {e[Effect.NO_EFFECT]:,} times they did "
            f"not help, {e[Effect.WRONG] + e[Effect.HARMED]:,} times they were wrong, "
            f"{e[Effect.UNKNOWN]:,} times nobody knows"
        )
    else:
        say("No lesson in force has met a call yet.")


@app.command()
def status(project: OneProject = None, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Show the store, the mode and what waits."""
    with session(store) as parts:
        own = named(project, parts.config) or parts.config.project
        found = _status(parts, own)
        lessons = parts.store.lessons()
        runs = [e for e in parts.store.entries() if e.event.action is Action.MINED][-_RUNS:]
    if as_json:
        show_json(found)
        return
    _tell_status(found, lessons, runs)


def _status(parts: Parts, project: str) -> dict[str, Json]:
    lessons = parts.store.lessons()
    signatures = parts.store.signatures(SignatureQuery())
    states = Counter(WORDS[x.state] for x in lessons)
    return {
        "store": parts.config.url,
        "project": project,
        "mode": parts.review.mode(project),
        "off": parts.config.off,
        "projects": dict(parts.store.projects()),
        "calls": sum(parts.store.projects().values()),
        "failures": sum(s.hits for s in signatures),
        "failures_7d": sum(s.hits_7d for s in signatures),
        "classes": len(signatures),
        "classes_7d": sum(s.hits_7d > 0 for s in signatures),
        "lessons": {word: states[word] for word in dict.fromkeys(WORDS.values())},
        "in_force": sum(x.in_force for x in lessons),
        "pending_rules": pending_count(lessons),
        "gaps": len(parts.store.gaps()),
    }


def _tell_status(
    found: dict[str, Json], lessons: Sequence[Lesson], runs: Sequence[AuditEntry]
) -> None:
    say(f"Store    {found['store']}")
    say(f"Project  {found['project']}")
    off = " (FAILONCE=off rests this process)" if found["off"] else ""
    say(f"Mode     {found['mode']}{off}")
    projects = found["projects"]
    assert isinstance(projects, dict)  # noqa: S101 - made above
    say(
        f"Recorded {plural(int(str(found['calls'])), 'call')} of "
        f"{plural(len(projects), 'project')}; {found['failures']:,} failures of "
        f"{plural(int(str(found['classes'])), 'class', 'classes')}; in the newest seven days "
        f"{found['failures_7d']:,} of {found['classes_7d']:,}"
    )
    waiting = sum(x.state is State.PROPOSED for x in lessons)
    say(
        f"Lessons  {len(lessons):,}: {waiting:,} waiting, {found['in_force']:,} in force; "
        f"{plural(int(str(found['gaps'])), 'gap')}"
    )
    pending = pending_count(lessons)
    if pending:
        say(f"         {pending_phrase(pending)}")
    for entry in runs:
        event = entry.event
        say(f"Mined    {event.at:%Y-%m-%d %H:%M} {event.subject or '(no project)'}: {event.reason}")
    if not projects:
        say("Begin with: failonce import PATH")
    elif not runs:
        say("Next: failonce mine")
    elif waiting:
        say("Next: failonce lessons --state waiting")
