"""`failonce import --engine`: logs that are too many for one process."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from failonce.adapters.batch.engines import Engine, EngineName, engine
from failonce.adapters.batch.files import files
from failonce.adapters.batch.parts import File, Settings, Unreadable
from failonce.adapters.batch.run import ROWS, WINDOW, Round, Run
from failonce.compose import Parts
from failonce.errors import BadInput, BadSetting
from failonce.model import Json, Mode, Reject
from failonce.summing import micros, summed
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.output import plural, say, show_json, warn
from failonce.surfaces.cli.progress import Meter
from failonce.surfaces.cli.rejects import Rejects
from failonce.taking import AHEAD

FORMATS = ("logs", "parquet")
"""The words for `--format` that go with an engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The engine that an import names."""

    name: EngineName
    workers: int | None
    scheduler: str | None

    def opened(self) -> Engine:
        """The engine; raises `BadSetting` where what is asked for does not go together."""
        if self.scheduler is not None and self.name is not EngineName.DASK:
            raise BadSetting("--scheduler goes with --engine dask")
        if self.scheduler is not None and self.workers is not None:
            raise BadSetting("--workers are those of this machine; a --scheduler has its own")
        workers = self.workers or os.cpu_count() or 1
        return engine(self.name, workers=workers, scheduler=self.scheduler)


class Scaled:
    """One import by an engine."""

    def __init__(self, parts: Parts, project: str, chosen: Chosen) -> None:
        self._parts = parts
        self._project = project
        self._chosen = chosen
        self._rejects = Rejects(parts.config.rejects, parts.redactor)
        self._rejected = 0
        self._failed = 0
        self._passed_over = 0
        self._events = self._flagged = self._failures = self._known = self._new = 0
        self._elsewhere = self._left_out = self._gone = 0

    def go(self, paths: Sequence[str], format_name: str | None, as_json: bool) -> int:
        """Read everything; the exit code."""
        if format_name is not None and format_name not in FORMATS:
            raise BadInput(
                f"--engine reads {' and '.join(FORMATS)}, not {format_name}; import that without"
            )
        if self._parts.review.mode(self._project) is Mode.OFF:
            warn(f"failonce: learning is off for {self._project}, so nothing was read")
            if as_json:
                show_json(self._record())
            return ExitCode.OK
        start = perf_counter()
        stopped = False
        try:
            self._read(paths, is_log=format_name == "logs")
        except KeyboardInterrupt:
            stopped = True
        finally:
            kept = self._rejects.close()
        if kept is not None:
            warn(f"failonce: what could not be read is kept in {kept}")
        if stopped:
            warn(
                f"failonce: stopped. {plural(self._events, 'line')} of this run "
                f"{'is' if self._events == 1 else 'are'} counted; the same command again goes on."
            )
            return ExitCode.STOPPED
        if as_json:
            show_json(self._record())
        else:
            self._summary(perf_counter() - start)
        nothing = self._rejected > 0 and not self._events and not self._known
        return ExitCode.INPUT if self._failed or nothing else ExitCode.OK

    def _read(self, paths: Sequence[str], *, is_log: bool) -> None:
        found = self._found(paths)
        if not found:
            return
        settings = Settings(
            project=self._parts.redactor.name(self._project),
            latest=micros(self._parts.clock.now() + AHEAD),
            window=WINDOW,
            rows=ROWS,
            is_log=is_log,
        )
        workers = self._chosen.opened()
        try:
            with Meter() as meter:
                run = Run(
                    engine=workers,
                    settings=settings,
                    recognise=self._parts.store.taken,
                    step=meter.step,
                )
                for each in run.rounds(found):
                    self._keep(each)
        finally:
            workers.close()
        self._known += run.known
        for unreadable in run.unreadable:
            self._leave(unreadable)
        if self._passed_over:
            warn(f"failonce: {plural(self._passed_over, 'file')} of no known format passed over")
        if self._left_out:
            warn(f"failonce: learning is off, so {plural(self._left_out, 'failure')} left out")
        if self._elsewhere:
            warn(
                f"failonce: {plural(self._elsewhere, 'failure')} not stored, because another "
                "import counted some of the same files meanwhile. Run it again: it counts the rest."
            )

    def _found(self, paths: Sequence[str]) -> list[File]:
        found: dict[str, File] = {}
        for path in paths:
            try:
                for item in files(path, self._parts.clock):
                    if isinstance(item, File):
                        found.setdefault(item.url, item)
                    else:
                        self._reject(item)
            except BadInput as error:
                warn(f"failonce: {error}")
                self._failed += 1
        return list(found.values())

    def _keep(self, each: Round) -> None:
        classes = [
            s
            for s in summed(each.partial, own=self._parts.config.policy.categories)
            if self._parts.review.mode(s.project) is not Mode.OFF
        ]
        wanted = sum(day.hits for s in classes for day in s.days)
        added = self._parts.store.add_summed(classes, each.taken, at=self._parts.clock.now())
        self._left_out += each.partial.failures - wanted
        self._events += each.partial.events
        self._flagged += each.partial.flagged
        self._failures += each.partial.failures
        self._new += added.new
        self._elsewhere += added.duplicates
        self._gone += added.gone
        self._known += each.known
        for reject in each.rejects:
            self._reject(reject)
        self._rejected += each.partial.rejected - len(each.rejects)

    def _reject(self, reject: Reject) -> None:
        self._rejects.add(reject)
        self._rejected += 1

    def _leave(self, unreadable: Unreadable) -> None:
        """A file, or the rest of one, that cannot be read."""
        file = unreadable.file
        if unreadable.other and not file.given:
            self._passed_over += 1
            return
        self._reject(Reject(source=file.name, line=0, reason=unreadable.reason, raw=""))
        self._failed += file.given

    def _summary(self, seconds: float) -> None:
        rate = self._events / seconds if seconds else 0.0
        say(
            f"Counted {plural(self._events, 'line')} in {seconds:.1f} s, {rate:,.0f} a second "
            f"({self._chosen.name})."
        )
        say(
            f"  {self._new:,} failures new, {plural(self._known, 'line')} counted before, "
            f"{self._rejected:,} unreadable"
        )
        if self._gone:
            say(f"  {self._gone:,} not taken in: older than is kept (retention.events)")
        if self._new:
            say("Next: failonce mine")

    def _record(self) -> dict[str, Json]:
        return {
            "calls": self._events,
            "flagged": self._flagged,
            "failures": self._failures,
            "hidden": 0,
            "ignored": {},
            "good": self._events - self._failures,
            "new": self._new,
            "duplicates": self._known,
            "gone": self._gone,
            "rejected": self._rejected,
            "tools": 0,
        }
