"""`failonce mine`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Final

import typer

from failonce.accounting import Mined
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import Configuration, Parts, configure, opened
from failonce.compose.spelling import span
from failonce.errors import BadInput, StoreBusy
from failonce.model import Mode
from failonce.outcome import words
from failonce.surfaces import records
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, waiting, warn
from failonce.surfaces.cli.session import named
from failonce.surfaces.mined import mined, mined_once, slot
from failonce.weighing import Weighed

app = typer.Typer(rich_markup_mode=None)

NAMED: Final = 8
"""Projects named where another was asked for."""


@app.command()
def mine(
    *,
    project: OneProject = None,
    min_hits: Annotated[
        int | None,
        typer.Option(
            "--min-hits",
            "--min_hits",
            min=1,
            metavar="N",
            help="Failures of one class in seven days (mine.windows), at least. "
            "Default: mine.min_hits_7d.",
            show_default=False,
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option(
            "--top",
            min=1,
            metavar="N",
            help="Classes looked at, in the order of mine.order. Default: mine.top.",
            show_default=False,
        ),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DAY",
            help="Count the seven days back from this day (2026-11-30). "
            "Default: the day of the newest call.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            "--every",
            metavar="SPAN",
            help="For schedules: look at a project once in each span, such as 6h, however often "
            "and from wherever this runs.",
            show_default=False,
        ),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Look for lessons in what was imported.

    Every lesson is tried on recorded calls that it was not learned from. It waits for a
    person, or goes on trial where the mode is auto and it is of a bounded kind. Run again,
    it finds the same. Without --project it looks at every project in the store. With --json
    the output is a list with one object for each project.
    """
    day = None if as_of is None else _end_of(as_of)
    length = None if every is None else _span(every)
    config = _limited(configure(store=store), min_hits, top)
    done: list[tuple[Mined | None, Sequence[Weighed]]] = []
    if config.off:
        warn("failonce: FAILONCE=off rests failonce here, so nothing was looked at.")
    else:
        with opened(config) as parts:
            if isinstance(parts.store, SqlStore):
                parts.store.set_weights(config.policy.weights)
            wanted = named(project, config)
            recorded = list(parts.store.projects())
            projects = recorded if wanted is None else [wanted]
            if wanted is not None and recorded and wanted not in recorded:
                warn(
                    f"failonce: nothing is recorded for {wanted}; a recording that names its "
                    f"project keeps it. Recorded are: {', '.join(recorded[:NAMED])}"
                )
            for one in projects:
                if parts.review.mode(one) is Mode.OFF:
                    warn(f"failonce: learning is off for {one}, so it was passed over")
                    continue
                weighed = parts.review.weigh(one)
                with waiting(f"Mining {one}"):
                    done.append((_mined(parts, one, day, length), weighed))
    runs = [run for run, _ in done if run is not None]
    if as_json:
        show_json(
            [
                {**records.mined(run), "moved": [records.weighed(x) for x in weighed]}
                for run, weighed in done
                if run is not None
            ]
        )
    else:
        if runs or not done:
            _tell(runs, config)
        for event in (event for run in runs for event in run.refuted):
            say(f"{event.subject} {words.moved(event.action)}: {event.reason}")
        for x in (x for _, weighed in done for x in weighed):
            say(f"{x.lesson.id} {words.moved(x.move.action)}: {x.move.reason}")


def _limited(config: Configuration, min_hits: int | None, top: int | None) -> Configuration:
    given = {"min_hits_7d": min_hits, "top": top}
    limits = config.settings.mine.model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )
    return replace(config, settings=config.settings.model_copy(update={"mine": limits}))


def _end_of(day: str) -> datetime:
    try:
        date = datetime.strptime(day.strip(), "%Y-%m-%d").date()
    except ValueError:
        raise BadInput(f"--as-of takes a day such as 2026-11-30, not `{day}`.") from None
    return datetime.combine(date, time.max, tzinfo=UTC)


def _span(words: str) -> timedelta:
    try:
        return span(words)
    except ValueError as error:
        raise BadInput(f"--every is `{words}`: {error}.") from None


def _mined(
    parts: Parts, project: str, day: datetime | None, every: timedelta | None
) -> Mined | None:
    """The run, or None where this slot had one; what is busy is looked at by whoever holds it."""
    if every is None:
        return mined(parts, project, as_of=day)
    try:
        run = mined_once(parts, project, every=every, as_of=day)
    except StoreBusy as error:
        warn(f"failonce: {error}")
        return None
    if run is None:
        since = slot(parts.clock.now(), every)
        warn(f"failonce: {project} was looked at since {since:%Y-%m-%d %H:%M} UTC: nothing to do")
    return run


def _tell(runs: Sequence[Mined], config: Configuration) -> None:
    if not runs:
        say("There is nothing to look at yet. Begin with: failonce import PATH")
        return
    for run in runs:
        say(f"{run.project or '(no project)'}: {run.outcome}")
        say(
            f"  {plural(run.failures, 'failure')}: {run.supported:,} of classes that a lesson "
            f"answers, {run.gaps:,} of classes that taught none, {run.below:,} below the limits"
        )
        ignored = [f"{count:,} {verdict}" for verdict, count in run.ignored.items()]
        say(
            f"  beside them: {plural(run.contrast, 'good call')}; "
            f"no failures of a tool: {', '.join(ignored) or 'none'}"
        )
        if run.unread:
            say(f"  not read (mine.most_calls): {plural(run.unread, 'older call')}")
        for lesson in run.new:
            say(f"  {lesson.judgement.proof.line}")
            say(f"    {lesson.id}  {lesson.proposal.kind} for {lesson.proposal.target}")
        for left in run.not_proposed:
            say(f"  No tool for {left.tool}, although its calls recur: {left.reason}")
    if any(run.below for run in runs):
        limits = config.settings.mine
        say(
            f"Limits: {limits.min_hits_7d} failures in {config.policy.windows.week} days "
            "(--min-hits), "
            f"{plural(limits.min_clusters, 'session')}, the worst {limits.top} (--top)."
        )
    if burst := sum(run.burst for run in runs):
        say(
            f"{plural(burst, 'reported error')} came from one session, from one request, or within "
            "two hours: give `session` or `request_id` with each, so that it is known how many "
            "met it."
        )
    if any(run.new for run in runs):
        say("Next: failonce lessons, then failonce show ID and failonce approve ID")
