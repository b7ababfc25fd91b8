"""`failonce replay`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from failonce.adapters.importers.registry import formats
from failonce.compose import Parts, assemble
from failonce.gate.results import Replayed, Result, tally
from failonce.model import Evidence, Lesson
from failonce.ports import Added
from failonce.surfaces import records
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, OwnProject, StoreUrl, one_of
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting
from failonce.surfaces.cli.progress import Bar
from failonce.surfaces.cli.reading import Reader, find
from failonce.surfaces.cli.rejects import Rejects
from failonce.surfaces.cli.session import session
from failonce.surfaces.replaying import armed, record, replayed_with
from failonce.testing import MemoryStore

app = typer.Typer(rich_markup_mode=None)


@app.command("replay")
def replay_(
    *,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Recorded calls: a file, a folder, or -.")
    ],
    proposed: Annotated[
        bool, typer.Option("--proposed", help="Also try the lessons that wait.")
    ] = False,
    format_name: Annotated[str | None, one_of(formats())] = None,
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Try the lessons on recorded calls.

    Says for every call what the lessons in force would have done; nothing is stored.
    Lessons act on calls of their own project, or on all where they are for everyone; calls
    that name no project take --project. With --json one object for each call is followed
    by the totals: prevented, repaired, recovered, shown, wrongly_blocked, wrongly_changed,
    good, failures.
    """
    with session(store) as parts:
        own = project if project not in (None, ".") else parts.config.project
        arrived, calls, failed = _read(parts, file, format_name, own)
        lessons = armed(parts, calls, proposed)
        names = parts.store.aliases()
    with waiting("Replaying"):
        replayed = replayed_with(calls, lessons, names)
    replayed.sort(key=lambda one: arrived[one.evidence.id])
    totals = records.tally(tally(replayed))
    if as_json:
        for one in replayed:
            show_json(record(one))
        show_json(totals)
    else:
        _tell(replayed, totals, lessons, proposed)
    raise typer.Exit(ExitCode.INPUT if failed else ExitCode.OK)


class _Arrivals(MemoryStore):
    """A store that is forgotten, but knows in which order evidence came."""

    def __init__(self) -> None:
        super().__init__()
        self.order: dict[str, int] = {}

    def add(self, batch: Sequence[Evidence]) -> Added:
        """Keep what is new, and its place."""
        for e in batch:
            self.order.setdefault(e.id, len(self.order))
        return super().add(batch)


def _read(
    parts: Parts, file: str, format_name: str | None, project: str
) -> tuple[Mapping[str, int], list[Evidence], int]:
    """The calls of a file with their places in it, and how many sources could not be read."""
    arrivals = _Arrivals()
    memory = assemble(parts.config, arrivals)
    rejects = Rejects(parts.config.rejects, memory.redactor)
    try:
        found = find([file], memory.clock, rejects)
        reader = Reader(found, rejects, format_name)
        with Bar(found.inputs) as bar:
            for source, recordings in reader.each(bar, lambda _: True):
                for _ in memory.loop.observe(recordings, modified=source.modified, project=project):
                    pass
    finally:
        rejects.close()
    return arrivals.order, list(arrivals.calls()), found.missing + reader.failed


def _tell(
    replayed: Sequence[Replayed],
    totals: records.TallyRecord,
    lessons: dict[str, list[Lesson]],
    proposed: bool,
) -> None:
    tried = {x.id: x for group in lessons.values() for x in group}
    which = "in force or waiting" if proposed else "in force"
    if not tried:
        say(f"No lesson {which} is for the projects of these calls.")
        if not proposed:
            say("With --proposed the waiting ones are tried too.")
    counts: dict[str, dict[Result, int]] = defaultdict(lambda: defaultdict(int))
    for one in replayed:
        for lesson in one.decision.advice.lessons:
            counts[lesson][one.result] += 1
    if counts:
        table(
            ("lesson", "prevented", "repaired", "recovered", "shown", "wrong", "what"),
            [
                (
                    lesson,
                    by[Result.PREVENTED],
                    by[Result.REPAIRED],
                    by[Result.RECOVERED],
                    by[Result.SHOWN] + by[Result.SHOWN_GOOD],
                    by[Result.WRONGLY_BLOCKED] + by[Result.WRONGLY_CHANGED],
                    f"{tried[lesson].proposal.kind} for {tried[lesson].proposal.target}",
                )
                for lesson, by in counts.items()
            ],
        )
    say(
        f"Of {plural(totals['failures'], 'failure')} {totals['prevented']:,} would have "
        f"been prevented, {totals['repaired']:,} repaired and {totals['recovered']:,} recovered; "
        f"{totals['shown']:,} would have been met by a sentence."
    )
    say(
        f"Of {plural(totals['good'], 'good call')} {totals['wrongly_blocked']:,} would "
        f"have been blocked and {totals['wrongly_changed']:,} changed."
    )
    say(f"{plural(len(replayed), 'call')} replayed with {plural(len(tried), 'lesson')} {which}.")
