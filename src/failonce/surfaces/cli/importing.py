"""`failonce import`."""

import shlex
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from failonce.adapters.batch.engines import EngineName
from failonce.adapters.importers.registry import formats
from failonce.adapters.packs import is_pack
from failonce.compose import Parts, configure, opened
from failonce.compose.calling import drain
from failonce.errors import BadInput, BadSetting
from failonce.loop import Observed
from failonce.model import Json, Mode, Offer, Recording, ToolSpec, Verdict
from failonce.ports import Added
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, OwnProject, StoreUrl, one_of
from failonce.surfaces.cli.output import plural, say, show_json, warn
from failonce.surfaces.cli.progress import Bar
from failonce.surfaces.cli.reading import Reader, find
from failonce.surfaces.cli.rejects import Rejects
from failonce.surfaces.cli.scaling import Chosen, Scaled

app = typer.Typer(rich_markup_mode=None)

_TOLD = {
    Verdict.FAILURE: "learned from",
    Verdict.INFORMATIVE: "red tests, lint and builds: news, not failures",
    Verdict.REJECTION: "a person said no",
    Verdict.CASCADE: "called off because another call failed, or by a lesson",
}


@app.command("import")
def import_(  # noqa: PLR0917 - Typer hands everything in by name
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files, folders, or - for standard input."),
    ],
    format_name: Annotated[str | None, one_of(formats())] = None,
    project: OwnProject = None,
    engine: Annotated[
        EngineName | None,
        typer.Option(
            help="Count logs and Parquet in parts, here or on many machines, and keep rollups "
            "and samples alone. See docs/many-machines.md.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Processes of this machine for --engine pool and dask. Default: its cores.",
            show_default=False,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Dask's scheduler for --engine dask, such as tcp://10.0.0.5:8786.",
            show_default=False,
        ),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Read recorded calls, transcripts or logs.

    Tools that describe themselves are read too: lists as MCP, OpenAI and Anthropic write
    them, alone or beside the messages of a conversation.

    Secrets are taken out before anything is stored. What was imported before is not stored
    twice, so a grown file can be imported again. A line that cannot be read is named, kept
    in a file of rejects, and the rest goes on. With --json the last line of the output is
    one object: calls, flagged (by the source), failures (found by looking closely), new,
    duplicates, rejected, tools.

    Exits with 2 where a path that was given could not be read, or nothing could; the others
    are imported all the same.
    """
    _no_packs(paths)
    if engine is None and (workers is not None or scheduler is not None):
        raise BadSetting("--workers and --scheduler go with --engine")
    config = configure(store=store)
    if config.off:
        warn("failonce: FAILONCE=off rests failonce here, so nothing was read or stored.")
        if as_json:
            show_json(_record(Observed(), Added(), 0))
        return
    with opened(config) as parts:
        drain(config, parts.clock)
        own = project if project not in (None, ".") else config.project
        if engine is None:
            code = _Run(parts, own).go(paths, format_name, as_json)
        else:
            chosen = Chosen(name=engine, workers=workers, scheduler=scheduler)
            code = Scaled(parts, own, chosen).go(paths, format_name, as_json)
    raise typer.Exit(code)


def _no_packs(paths: Sequence[str]) -> None:
    """Raise `BadInput` where a path is a lesson pack: those are tried, not read."""
    for path in paths:
        with suppress(OSError):
            if Path(path).is_file() and is_pack(Path(path)):
                raise BadInput(
                    f"{path} holds lessons, not calls. Take it in: failonce pack take "
                    f"{shlex.quote(path)}"
                )


class _Run:
    """One import."""

    def __init__(self, parts: Parts, project: str) -> None:
        self._parts = parts
        self._project = project
        self._rejects = Rejects(parts.config.rejects, parts.redactor)
        self._modes: dict[str, Mode] = {}
        """The mode for each project as recordings name it."""
        self._left_out = 0
        self._total = Observed()
        self._tools = Added()

    def go(self, paths: list[str], format_name: str | None, as_json: bool) -> int:
        """Read everything; the exit code."""
        start = perf_counter()
        try:
            reader = self._read(paths, format_name)
        except KeyboardInterrupt:
            warn(
                f"failonce: stopped. {plural(self._total.new, 'call')} of this run "
                f"{'is' if self._total.new == 1 else 'are'} stored; the same command again "
                "reads the rest."
            )
            return ExitCode.STOPPED
        finally:
            kept = self._rejects.close()
        if kept is not None:
            warn(f"failonce: what could not be read is kept in {kept}")
        if as_json:
            show_json(_record(self._total, self._tools, self._rejects.count))
        else:
            self._summary(reader, perf_counter() - start)
        read = self._total.calls or self._tools.new or self._tools.duplicates
        nothing = self._rejects.count > 0 and not read
        return ExitCode.INPUT if reader.failed or nothing else ExitCode.OK

    def _read(self, paths: list[str], format_name: str | None) -> Reader:
        found = find(paths, self._parts.clock, self._rejects)
        reader = Reader(found, self._rejects, format_name)
        reader.failed = found.missing
        with Bar(found.inputs) as bar:
            for source, recordings in reader.each(bar, self._wanted):
                for observed in self._parts.loop.observe(
                    recordings, modified=source.modified, project=self._project
                ):
                    self._total += observed
                self._keep_tools(reader.offers, source.modified)
        if reader.skipped:
            warn(f"failonce: {plural(reader.skipped, 'file')} of no known format passed over")
        if reader.python:
            warn("failonce: some are Python; failonce tools import reads the tools in such files")
        if self._left_out:
            warn(f"failonce: learning is off, so {plural(self._left_out, 'call')} left out")
        return reader

    def _wanted(self, recording: Recording) -> bool:
        """Whether learning is on for the recording's project."""
        wanted = self._learns(recording.call.project)
        self._left_out += not wanted
        return wanted

    def _learns(self, named: str) -> bool:
        if named not in self._modes:
            self._modes[named] = self._parts.review.mode(self._stored(named))
        return self._modes[named] is not Mode.OFF

    def _stored(self, named: str) -> str:
        """A project as the store has it."""
        return self._parts.redactor.name(named) or self._project

    def _keep_tools(self, offers: Sequence[Offer], modified: datetime) -> None:
        """Keep what tools say of themselves; what says no time is as old as its file."""
        newest: dict[tuple[str, str], tuple[datetime, ToolSpec]] = {}
        for offer in offers:
            key, at = (offer.project, offer.spec.name), offer.at or modified
            if self._learns(offer.project) and (key not in newest or newest[key][0] <= at):
                newest[key] = (at, offer.spec)
        batches: dict[tuple[str, datetime], list[ToolSpec]] = {}
        for (named, _), (at, spec) in newest.items():
            batch = batches.setdefault((self._stored(named), at), [])
            batch.append(self._parts.redactor.tool(spec))
        for (project, at), specs in batches.items():
            added = self._parts.loop.offer(specs, project=project, at=at)
            self._tools = Added(
                new=self._tools.new + added.new,
                duplicates=self._tools.duplicates + added.duplicates,
            )

    def _summary(self, reader: Reader, seconds: float) -> None:
        total, redaction = self._total, self._parts.redactor.seconds
        share = redaction / seconds if seconds else 0.0
        say(
            f"Read {plural(total.calls, 'call')} from {plural(reader.sources, 'file')} in "
            f"{seconds:.1f} s; taking out secrets took {share:.0%} of it."
        )
        good = total.calls - total.new - total.duplicates - total.gone
        lines = f"{plural(good, 'good line')} of logs not kept, " if good else ""
        say(
            f"  {total.new:,} new, {total.duplicates:,} known already, {lines}"
            f"{self._rejects.count:,} unreadable"
        )
        if total.gone:
            say(
                f"  {total.gone:,} not taken in: older than is kept (retention.events), or "
                "forgotten at a person's wish"
            )
        if tools := self._tools.new + self._tools.duplicates:
            say(f"  {plural(tools, 'tool')} described, {self._tools.new:,} new or changed")
        if total.calls:
            bad = sum(n for verdict, n in total.verdicts.items() if verdict is not Verdict.GOOD)
            beside = f", {bad - total.flagged:,} more without a flag" if bad > total.flagged else ""
            say(f"  {total.flagged:,} flagged as errors by the source{beside}; looked at closely:")
        for verdict, meaning in _TOLD.items():
            count = total.verdicts[verdict]
            if count or (verdict is Verdict.FAILURE and total.calls):
                say(f"  {count:>8,} {verdict:<12} {meaning}")
        if total.failures:
            say("Next: failonce mine")
        elif not total.calls and (self._tools.new or self._tools.duplicates):
            say(f"Next: failonce tools --project {shlex.quote(self._project)}")


def _record(total: Observed, tools: Added, rejected: int) -> dict[str, Json]:
    return {
        "calls": total.calls,
        "flagged": total.flagged,
        "failures": total.failures,
        "hidden": total.hidden,
        "ignored": {str(verdict): count for verdict, count in total.ignored.items()},
        "good": total.verdicts[Verdict.GOOD],
        "new": total.new,
        "duplicates": total.duplicates,
        "gone": total.gone,
        "rejected": rejected,
        "tools": tools.new + tools.duplicates,
    }
