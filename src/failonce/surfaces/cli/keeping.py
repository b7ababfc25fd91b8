"""`failonce prune` and `failonce forget`: what goes by its age, and because of whom it is about."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Final

import typer

from failonce.adapters.sql_store import on_server
from failonce.compose import Configuration, Parts
from failonce.compose.retention_settings import RetentionSettings
from failonce.compose.spelling import span
from failonce.errors import BadInput, Refused
from failonce.keeping import Keeping, Left, Resting
from failonce.model import By, Horizon, Json, Whose
from failonce.ports import Gone, Prunable, Traces
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting, warn
from failonce.surfaces.cli.progress import Meter
from failonce.surfaces.cli.session import deciding, named
from failonce.surfaces.elsewhere import elsewhere, projections
from failonce.surfaces.pruned import pruned

app = typer.Typer(rich_markup_mode=None)

SHORTEST: Final = 3
"""Characters of a text that somebody is known by: fewer are in everything."""
_SHOWN: Final = 20
"""Places that are named one by one."""

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")]


@app.command()
def prune(
    *,
    events: Annotated[
        str | None,
        typer.Option(
            "--events",
            metavar="SPAN",
            help="Keep events so long, such as 90d. Default: retention.events.",
            show_default=False,
        ),
    ] = None,
    counts: Annotated[
        str | None,
        typer.Option(
            "--counts",
            metavar="SPAN",
            help="Keep daily counts so long, such as 400d. Default: retention.counts.",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
    shrink: Annotated[
        bool,
        typer.Option("--shrink", help="Then give the room back to the disk; others wait so long."),
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Remove what is older than is kept.

    Recorded events go first, their daily counts later. What a lesson, a measured effect or an open
    gap rests on stays however old it is, and so does the audit. Stopped or killed, nothing is half
    gone and the same command goes on. What went does not come again: its recordings can be
    imported as often as you like.
    """
    with deciding(store) as parts:
        horizon = _horizon(parts, events, counts)
        if horizon is None:
            found: Sequence[Prunable] = ()
        else:
            with waiting("Looking for what is older"):
                found = parts.store.prunable(horizon)
        gone = Gone()
        if horizon is not None and not dry_run and any(p.events or p.counts for p in found):
            gone = _prune(parts, horizon, found)
        if shrink and not dry_run:
            with waiting("Giving the room back"):
                parts.store.scrub()
        config = parts.config
    if as_json:
        show_json(_record(horizon, found, gone, dry_run))
    else:
        _tell(horizon, found, gone, dry_run=dry_run, shrunk=shrink, config=config)


def _horizon(parts: Parts, events: str | None, counts: str | None) -> Horizon | None:
    own = parts.config.settings.retention
    if events is None and counts is None:
        return own.horizon(parts.clock.now())
    given = RetentionSettings.model_construct(
        events=own.events if events is None else _span("--events", events),
        counts=own.counts if counts is None else _span("--counts", counts),
    )
    given.agree()
    return given.horizon(parts.clock.now())


def _span(option: str, words: str) -> timedelta:
    try:
        found = span(words)
    except ValueError as error:
        raise BadInput(f"{option} is `{words}`: {error}.") from None
    if found < timedelta(days=1):
        raise BadInput(f"{option} is `{words}`: it is at least 1d.")
    return found


def _prune(parts: Parts, horizon: Horizon, found: Sequence[Prunable]) -> Gone:
    every = sum(p.events + p.counts for p in found)
    done = 0
    with Meter() as meter:

        def step(gone: Gone) -> bool:
            nonlocal done
            done += gone.events + gone.counts
            meter.tell("Removing", done, max(every, done))
            return True

        return pruned(parts, horizon, step)


def _record(
    horizon: Horizon | None, found: Sequence[Prunable], gone: Gone, dry_run: bool
) -> dict[str, Json]:
    return {
        "events_since": None if horizon is None else horizon.events.isoformat(),
        "counts_since": None
        if horizon is None or horizon.counts is None
        else horizon.counts.isoformat(),
        "dry_run": dry_run,
        "projects": [
            {**asdict(p), "oldest": None if p.oldest is None else p.oldest.isoformat()}
            for p in found
        ],
        "events": gone.events,
        "counts": gone.counts,
    }


def _tell(
    horizon: Horizon | None,
    found: Sequence[Prunable],
    gone: Gone,
    *,
    dry_run: bool,
    shrunk: bool,
    config: Configuration,
) -> None:
    if horizon is None:
        say("Nothing to prune, because everything is kept: retention.events is not set. Set it, or")
        say("try it with: failonce prune --events 90d --dry-run")
        return
    kept = f"Events are kept from {horizon.events} on"
    say(f"{kept}, daily counts {f'from {horizon.counts} on' if horizon.counts else 'for ever'}.")
    if found:
        columns = ("project", "events", "of them calls", "bytes", "counts", "stay", "oldest kept")
        rows = [
            (
                p.project or "(no project)",
                p.events,
                p.calls,
                p.size,
                p.counts,
                p.cited,
                f"{p.oldest:%Y-%m-%d}" if p.oldest else "none",
            )
            for p in found
        ]
        table(columns, rows)
    if any(p.cited for p in found):
        say("stay: as old, and kept, for a lesson, a measured effect or an open gap rests on them")
    if not any(p.events or p.counts for p in found):
        say("Nothing to prune, because nothing that may go is older.")
    elif dry_run:
        say("Nothing was changed. Without --dry-run they go, for good.")
    else:
        said = f"{plural(gone.events, 'event')} and {plural(gone.counts, 'daily count')}"
        still = "" if gone.counts else " Totals and trends still count them."
        say(f"Removed {said}, for good.{still}")
        if not shrunk and not on_server(config.url):
            say("The file keeps its size and uses the room again; failonce prune --shrink gives it")
            say("back to the disk.")


# ------------------------------------------------------------------- a person


@app.command()
def forget(
    *,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="TEXT", help="Whatever holds it, such as a mail address."),
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="All of one session.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="All of one file or service.")
    ] = None,
    tag: Annotated[
        str | None, typer.Option("--tag", metavar="TAG", help="All that has one tag.")
    ] = None,
    project: OneProject = None,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Remove a person's data.

    It goes for good, also where a lesson was learned from it. Give one of --text, --session,
    --source and --tag. A text is found in any case, in messages,
    arguments, and names of sessions, sources and tags. Lessons keep their figures and say how many
    of their events were forgotten; what was counted stays counted. The same recordings do not come
    in again. It says what it cannot reach: exits with 1 where a place still names them.
    """
    whose = _whose({By.TEXT: text, By.SESSION: session, By.SOURCE: source, By.TAG: tag})
    with deciding(store) as parts:
        one = Whose(by=whose.by, value=whose.value, project=named(project, parts.config))
        keeping = Keeping(parts.review)
        with Meter() as meter:
            every = sum(parts.store.projects().values())
            found = parts.store.traces(one, lambda n: meter.tell("Looking", n, max(every, n)))
            resting = keeping.resting(one)
        if not as_json:
            _tell_traces(found, resting)
        if not dry_run:
            if found and not yes:
                _ask()
            with waiting("Forgetting"):
                for _ in keeping.forget(one) if found else ():
                    pass
                wiped = parts.store.scrub()  # where nothing is found, another run may not have
        left = keeping.left(one)
        files = elsewhere(parts, one)
        served = on_server(parts.config.url)
        others = projections(parts)
    if as_json:
        show_json(
            {
                "dry_run": dry_run,
                "projects": [asdict(t) for t in found],
                "lessons": [asdict(r) for r in resting],
                "left": [*(x.what for x in left), *map(str, files)],
                "elsewhere": list(others),
            }
        )
    else:
        if dry_run:
            say("Nothing was changed. Without --dry-run they go, for good.")
        else:
            _tell_wiped(wiped=wiped, served=served, any_=bool(found))
        _tell_left([*left, *(Left(what=str(p), how="remove it yourself") for p in files)])
        say("Not looked at, and yours to see to: " + "; ".join(others) + ".")
    raise typer.Exit(ExitCode.NEGATIVE if (left or files) and not dry_run else ExitCode.OK)


def _whose(given: dict[By, str | None]) -> Whose:
    told = [(by, value) for by, value in given.items() if value is not None]
    if len(told) != 1:
        raise BadInput("Say whose data: one of --text, --session, --source and --tag.")
    ((by, value),) = told
    if not value or (by is By.TEXT and len(value.strip()) < SHORTEST):
        raise BadInput(f"--{by} is too short to tell anybody by: at least {SHORTEST} characters.")
    return Whose(by=by, value=value)


def _ask() -> None:
    if not sys.stdin.isatty():
        raise Refused("There is nobody to ask here. With --yes it is done without asking.")
    if not typer.confirm("Remove this for good?", default=False):
        say("Nothing was changed.")
        raise typer.Exit(ExitCode.NEGATIVE)


def _tell_traces(found: Sequence[Traces], resting: Sequence[Resting]) -> None:
    if not found:
        say("Nothing that is recorded is theirs.")
        return
    counts = {
        "events": "events",
        "sessions": "sessions",
        "names": "sources and tags",
        "classes": "classes",
        "gaps": "gaps",
        "exposures": "meetings with lessons",
    }
    table(
        ("project", *counts.values()),
        [(t.project or "(no project)", *(getattr(t, name) for name in counts)) for t in found],
    )
    for r in resting:
        say(
            f"{r.lesson} version {r.version} was learned from {r.of}, {r.events} of them theirs: "
            "it keeps its figures and says so"
        )


def _tell_wiped(*, wiped: bool, served: bool, any_: bool) -> None:
    if any_:
        say("They are gone from the store, and do not come in again.")
    if served:
        say(
            "Their bytes leave the server's files when it writes over them (VACUUM FULL does so at "
            "once), and its write-ahead logs, replicas and backups when those are."
        )
    elif wiped:
        say("The file was written anew: their bytes are not in it any more.")
    else:
        warn(
            "failonce: another process reads the store, so their bytes may still be in the file "
            "beside it that ends in -wal. End that process and run the same command again."
        )


def _tell_left(left: Sequence[Left]) -> None:
    if left:
        say("Still there, and not changed:")
    for place in left[:_SHOWN]:
        say(f"  {place.what}: {place.how}")
    if len(left) > _SHOWN:
        say(f"  and {len(left) - _SHOWN:,} more; --json lists them all")
