"""`failonce status`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from failonce.adapters.spool import folder_beside
from failonce.adapters.spool import status as spool_status
from failonce.adapters.sql_store import shown, store_path
from failonce.adapters.workspace import Standing
from failonce.compose import Parts
from failonce.developing import days
from failonce.lifecycle import WORDS, waits_now
from failonce.model import Action, AuditEntry, Event, Json, Lesson
from failonce.ports import SignatureQuery
from failonce.projections.changelog import pending_phrase
from failonce.surfaces.cli.lessons import pending_count
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, waiting
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.components import Component, Learned, Stands, components, learned
from failonce.surfaces.filed import filed
from failonce.surfaces.hooks.memory import FOLDER
from failonce.surfaces.hooks.staying import there
from failonce.surfaces.hooks.troubles import told
from failonce.surfaces.installing.clients import Surroundings
from failonce.surfaces.installing.installed import standings

app = typer.Typer(rich_markup_mode=None)

_RUNS = 5
_WEEK = timedelta(days=7)


@app.command()
def status(
    project: OneProject = None,
    of_parts: Annotated[
        bool,
        typer.Option("--parts", help="Try each part of learning tools, the sandbox too."),
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show the store, the mode and what waits.

    Of what watched tools reported it says how much was stored, waits in the spool, or was dropped;
    of what MCP servers say of their tools, what a person should know, for a week.
    With --parts also whether each part of what makes tools works here, and what to do about it.
    """
    with session(store) as parts:
        own = named(project, parts.config) or parts.config.project
        found = _status(parts, own)
        has = learned(parts, own)
        found["tools"] = asdict(has)
        with waiting("Trying the parts"):
            tried = components(parts, own) if of_parts else ()
        found["parts"] = [asdict(c) for c in tried] if of_parts else None
        lessons = parts.store.lessons()
        entries = list(parts.store.entries())
        runs = [e for e in entries if e.event.action is Action.MINED][-_RUNS:]
        found["runs"] = [_run(e.event) for e in runs]
        odd = _noticed(entries, parts.clock.now())
        found["noticed"] = [
            {"at": e.at.isoformat(), "of": e.subject, "what": e.reason} for e in odd
        ]
    if as_json:
        show_json(found)
        return
    _tell_status(found, lessons, runs, has, parts.clock.now())
    for event in odd:
        say(f"Noticed  {event.at:%Y-%m-%d %H:%M} {event.subject}: {event.reason}")
    if tried:
        _tell_parts(tried)


def _run(event: Event) -> Json:
    """One run of the miners, and what came of it."""
    return {"at": event.at.isoformat(), "project": event.subject, "outcome": event.reason}


def _noticed(entries: Sequence[AuditEntry], now: datetime) -> list[Event]:
    """What servers said of their tools that a person should know, of the last week."""
    said = (e.event for e in entries if e.event.action is Action.NOTICED)
    return [event for event in said if now - event.at < _WEEK][-_RUNS:]


def _status(parts: Parts, project: str) -> dict[str, Json]:
    lessons = parts.store.lessons()
    signatures = parts.store.signatures(SignatureQuery())
    states = Counter(WORDS[x.state] for x in lessons)
    return {
        "store": shown(parts.config.url),
        "project": project,
        "mode": parts.review.mode(project),
        "off": parts.config.off,
        "projects": dict(parts.store.projects()),
        "calls": sum(parts.store.projects().values()),
        "failures": sum(s.hits for s in signatures),
        "failures_7d": sum(s.hits_7d for s in signatures),
        "classes": len(signatures),
        "classes_7d": sum(s.hits_7d > 0 for s in signatures),
        "kept_days": _kept(parts),
        "lessons": {word: states[word] for word in dict.fromkeys(WORDS.values())},
        "in_force": sum(x.in_force for x in lessons),
        "pending_rules": pending_count(lessons, parts.clock.now()),
        "gaps": len(parts.store.gaps()),
        "files": filed(parts).record(),
        "reports": _reports(parts),
        "hooks": _hooks(parts),
        "model": _model(parts),
    }


def _kept(parts: Parts) -> dict[str, Json]:
    """Days that what was recorded is kept, None for ever."""
    told = parts.config.settings.retention
    spans = {"events": told.events, "counts": told.counts}
    return {name: None if span is None else span.days for name, span in spans.items()}


def _model(parts: Parts) -> dict[str, Json]:
    """The language model that is configured, and what was asked of any."""
    bill = days(parts.store.entries())
    today = [d for d in bill if d.day == parts.clock.now().date()]
    told = parts.config.settings.model
    return {
        "name": told.name,
        "requests": sum(d.requests for d in bill),
        "tokens": sum(d.tokens for d in bill),
        "usd": sum(d.cost for d in bill),
        "unpriced": sum(d.unpriced for d in bill),
        "tokens_today": sum(d.tokens for d in today),
        "usd_today": sum(d.cost for d in today),
        "budget_tokens": told.budget_tokens,
        "budget_usd": told.budget_money,
    }


def _hooks(parts: Parts) -> dict[str, Json]:
    """What went wrong in hooks of coding agents, and where they are installed."""
    store = str(store_path(parts.config.url))
    found = told(f"{store}{FOLDER}")
    last = ""
    if found:
        at, event, error, where = found[-1]
        last = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} {event}: {error} at {where}"
    standing = [s for s in standings(Surroundings.here()) if s.installed]
    return {
        "installed": [str(s.path) for s in standing],
        "wrong": [s.trouble for s in standing if s.trouble],
        "stays": there(store),
        "troubles": len(found),
        "last": last,
    }


def _tell_hooks(found: Json) -> None:
    """Nothing where no hook is installed and none ever went wrong."""
    assert isinstance(found, dict)  # noqa: S101 - made above
    for path in found["installed"]:
        say(f"Hooks    installed in {path}")
    for trouble in found["wrong"]:
        say(f"         {trouble}")
    if found["stays"]:
        say("         one that loaded the lessons stays to answer the others")
    if found["troubles"]:
        say(
            f"Hooks    went wrong {found['troubles']:,} times, and the agent went on without; "
            f"the last: {found['last']}"
        )


def _reports(parts: Parts) -> dict[str, Json]:
    """What became of what processes reported, those that run and those that ended."""
    found = spool_status(folder_beside(store_path(parts.config.url)))
    all_ = found.ended + found.running + found.dead
    return {
        "taken": all_.taken,
        "stored": all_.stored,
        "spooled": all_.spooled,
        "spool_bytes": found.spool_bytes,
        "waiting": found.running.waiting,
        "dropped": all_.dropped,
        "queue_full": all_.overflowed,
        "failed": all_.failed,
        "lost_with_their_process": all_.lost,
        "damaged": all_.damaged,
    }


_DROPPED = {
    "queue_full": "as the queue was full",
    "failed": "could not be made into records",
    "lost_with_their_process": "at most, with processes that were killed",
    "damaged": "damaged stretches of the spool",
}


def _tell_reports(found: Json) -> None:
    """Nothing where nothing was ever reported."""
    assert isinstance(found, dict)  # noqa: S101 - made above
    counts = {name: int(str(count)) for name, count in found.items()}
    if not any(counts.values()):
        return
    say(
        f"Reports  {counts['taken']:,}: {counts['stored']:,} stored, "
        f"{counts['spooled']:,} spooled, {counts['waiting']:,} on their way; "
        f"the spool holds {counts['spool_bytes']:,} bytes"
    )
    why = [f"{counts[name]:,} {words}" for name, words in _DROPPED.items() if counts[name]]
    if why:
        say(f"         {counts['dropped']:,} dropped: {', '.join(why)}")


def _tell_files(found: Json) -> None:
    """Nothing where no lesson stands in a file."""
    assert isinstance(found, dict)  # noqa: S101 - made above
    files = found["files"]
    assert isinstance(files, list)  # noqa: S101 - made above
    counts = Counter(str(x["standing"]) for x in files if isinstance(x, dict))
    told = ", ".join(f"{n:,} {standing}" for standing, n in counts.items())
    if files:
        say(
            f"Files    {told}; about {found['tokens_at_start']:,} tokens when an agent starts, "
            f"up to {found['tokens_on_demand']:,} on demand"
        )
    out, edits, left = (found[x] for x in ("left_out", "edits_waiting", "leftover"))
    assert isinstance(out, list) and isinstance(edits, list) and isinstance(left, list)  # noqa: S101, PT018
    if out:
        say(f"         {plural(len(out), 'rule')} left out of a file, as files.budget is used up")
    if edits:
        say(f"         {plural(len(edits), 'edit')} by hand: failonce files adopt")
    if left or set(counts) - {Standing.AGREES}:
        say("         What differs, and how: failonce files")


def _tell_kept(found: Json) -> None:
    """Nothing where all is kept for ever."""
    assert isinstance(found, dict)  # noqa: S101 - made above
    events, counts = found["events"], found["counts"]
    if events is not None:
        long = "for ever" if counts is None else f"for {plural(int(str(counts)), 'day')}"
        say(
            f"Kept     for {plural(int(str(events)), 'day')}, daily counts {long}, what lessons "
            "rest on and the audit always; what is older goes with: failonce prune"
        )


def _tell_model(found: Json) -> None:
    """Nothing where none is configured and none was ever asked."""
    assert isinstance(found, dict)  # noqa: S101 - made above
    if found["name"] is None and not found["requests"]:
        return
    money = "" if found["budget_usd"] is None else f" and US$ {found['budget_usd']:g}"
    more = " and more" if found["unpriced"] else ""
    say(
        f"Model    {found['name'] or 'none now'}: {found['tokens_today']:,} tokens today of "
        f"{found['budget_tokens']:,}{money}; US$ {found['usd']:.4f}{more} in all"
    )


def _tell_parts(found: Sequence[Component]) -> None:
    counts = Counter(c.stands for c in found)
    told = ", ".join(f"{counts[s]:,} {s}" for s in Stands if counts[s])
    say(f"\nParts of learning tools: {told}, of {len(found)}")
    wide = max(len(c.name) for c in found)
    for group in dict.fromkeys(c.group for c in found):
        say(group)
        for c in (c for c in found if c.group == group):
            cure = f" → {c.cure}" if c.cure else ""
            say(f"  {c.stands:<7} {c.name:<{wide}}  {c.here}: {c.detail}{cure}")


def _tell_status(
    found: dict[str, Json],
    lessons: Sequence[Lesson],
    runs: Sequence[AuditEntry],
    has: Learned,
    now: datetime,
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
    _tell_kept(found["kept_days"])
    waiting = sum(waits_now(x, now) for x in lessons)
    say(
        f"Lessons  {len(lessons):,}: {waiting:,} waiting, {found['in_force']:,} in force; "
        f"{plural(int(str(found['gaps'])), 'gap')}"
    )
    pending = pending_count(lessons, now)
    if pending:
        say(f"         {pending_phrase(pending)}")
    say(
        f"Tools    {has.known:,} known, {has.tools:,} learned ({has.generated:,} generated, "
        f"{has.in_force:,} in force, {has.waiting:,} waiting); what works: failonce status --parts"
    )
    _tell_files(found["files"])
    _tell_reports(found["reports"])
    _tell_hooks(found["hooks"])
    _tell_model(found["model"])
    for entry in runs:
        event = entry.event
        say(f"Mined    {event.at:%Y-%m-%d %H:%M} {event.subject or '(no project)'}: {event.reason}")
    if not projects:
        say("Begin with: failonce import PATH")
    elif not runs:
        say("Next: failonce mine")
    elif waiting:
        say("Next: failonce lessons --state waiting")
