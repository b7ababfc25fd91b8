"""The scripted agent: ten days of tasks with real tools, every call reported to failonce.

    python -m sample.agent --node DIR --python DIR --sqlite DIR --out sample

See `README.md` beside this file for what is real here and what is simulated.
"""

import argparse
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from sample import desk, live, tasks_live, tasks_servers, worlds
from sample.harness import Session
from sample.mistakes import LIVE_SLIPS, SERVER_SLIPS
from sample.oddities import stumble
from sample.recorder import (
    Clock,
    Label,
    Recorder,
    Reporting,
    exported,
    write_calls,
    write_labels,
)
from sample.service import StockService, serving
from sample.tools_live import LiveBox
from sample.tools_mcp import Installed, ServerBox, started

ROOT = Path("/tmp/agent")  # noqa: S108 - as long as /workspace, see steady.py
FIRST_DAY = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)
DAYS = 10
SEED = 20261020
HABITS = (0.5, 0.9, 1.1, 1.5)
REPEATED = 12
"""Every so many tasks one is done again on another day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A task to be done on a day; the second run of a task is another session."""

    project: str
    family: str
    number: int
    run: int

    @property
    def task(self) -> str:
        """The task's name, the same for every run of it."""
        return f"{self.project}/{self.family}-{self.number:02d}"

    @property
    def session(self) -> str:
        """The session's name."""
        return f"{self.project}-{self.family}-{self.number:02d}-{'ab'[self.run]}"

    def rng(self) -> Random:
        """The job's own generator: what other jobs do changes nothing here."""
        return Random(SEED + zlib.crc32(self.session.encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What all sessions share."""

    recorder: Recorder
    labels: list[Label]
    clock: Clock
    service: StockService
    origin: str
    turns: Iterator[int] = field(default_factory=count)


def schedule() -> list[list[Job]]:
    """Return the jobs of each day, in their order."""
    families = [
        (firm.project, name, size)
        for firm, tasks in tasks_live.PROJECTS
        for name, (_, size) in tasks.items()
    ]
    families += [("atlas", name, size) for name, (_, size) in tasks_servers.NOTES_TASKS.items()]
    jobs = [
        Job(project=project, family=family, number=number, run=0)
        for project, family, size in families
        for number in range(1, size + 1)
    ]
    Random(SEED).shuffle(jobs)
    again = [
        Job(project=job.project, family=job.family, number=job.number, run=1)
        for job in jobs[::REPEATED]
    ]
    days = [jobs[day::DAYS] for day in range(DAYS)]
    for place, job in enumerate(again):
        days[(place * REPEATED + 3) % DAYS].append(job)
    return days


def work(installed: Installed, recorder: Recorder, root: Path = ROOT) -> list[Label]:
    """Do all jobs and return a label for each recorded call, in order."""
    root.mkdir()
    memory = root.with_name(f"{root.name}-memory.json")
    clock = Clock(FIRST_DAY)
    service = StockService(now=lambda: clock.now)
    labels: list[Label] = []
    with serving(service) as origin:
        office = Office(
            recorder=recorder, labels=labels, clock=clock, service=service, origin=origin
        )
        for day, jobs in enumerate(schedule()):
            clock.now = FIRST_DAY + timedelta(days=day)
            with ExitStack() as stack:
                box = stack.enter_context(
                    started(installed, root=root, memory=memory, now=clock.now)
                )
                for place, job in enumerate(jobs):
                    worlds.clear(root)
                    memory.unlink(missing_ok=True)
                    clock.advance(Random(SEED + place).uniform(60, 600))
                    do(job, root, office, box)
    worlds.clear(root)
    root.rmdir()
    memory.unlink(missing_ok=True)
    return labels


def do(job: Job, root: Path, office: Office, servers: ServerBox | None = None) -> None:
    """Do one job in an empty folder; only the notes project needs the servers."""
    if servers and job.project == "atlas":
        worlds.build_notes(root)
        task, _ = tasks_servers.NOTES_TASKS[job.family]
        session = _session(job, office, servers)
        task(tasks_servers.NotesDesk(session=session, number=job.number))
        return
    firm, tasks = next(pair for pair in tasks_live.PROJECTS if pair[0].project == job.project)
    function = firm.functions[job.number % len(firm.functions)]
    broken = function if job.family == "fix-bug" else None
    worlds.build_firm(root, firm, broken=broken, identity=job.number % 9 != 2)
    workspace = live.Workspace(
        root=root, hosts={"http://stock.internal": office.origin}, now=lambda: office.clock.now
    )
    box = LiveBox(
        workspace=workspace,
        database=firm.database,
        service=office.service,
        clock=office.clock,
        rng=Random(job.session),
        busy_until=office.clock.now,
    )
    at = desk.Desk(
        session=_session(job, office, box), firm=firm, function=function, number=job.number
    )
    tasks[job.family][0](at)
    if firm is worlds.SHOP:
        stumble(at, next(office.turns))


def _session(job: Job, office: Office, box: LiveBox | ServerBox) -> Session:
    rng = job.rng()
    servers = isinstance(box, ServerBox)
    return Session(
        project=job.project,
        name=job.session,
        task=job.task,
        box=box,
        recorder=office.recorder,
        clock=office.clock,
        rng=rng,
        habit=rng.choice(HABITS),
        slips=SERVER_SLIPS if servers else LIVE_SLIPS,
        look=tasks_servers.look if servers else desk.look,
        otherwise=tasks_servers.otherwise if servers else desk.otherwise,
        risky=tasks_servers.risky if servers else desk.risky,
        labels=office.labels,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Record everything and write `calls.jsonl.gz` and `truth.csv`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--node", type=Path, required=True, help="folder with node_modules")
    parser.add_argument("--python", type=Path, required=True, help="virtual environment: git, time")
    parser.add_argument("--sqlite", type=Path, required=True, help="virtual environment: sqlite")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    chosen = parser.parse_args(arguments)
    os.environ["PATH"] = os.defpath  # the same programs for everybody
    installed = Installed(node=chosen.node, python=chosen.python, sqlite=chosen.sqlite)
    with TemporaryDirectory() as scratch:
        os.environ |= {
            "FAILONCE_STORE__URL": f"sqlite:///{scratch}/store.db",
            "XDG_CONFIG_HOME": scratch,  # nobody's own settings
        }
        labels = work(installed, Reporting())
        calls = exported()
    write_calls(chosen.out / "calls.jsonl.gz", calls)
    write_labels(chosen.out / "truth.csv", calls, labels)
    print(f"{len(calls)} calls in {DAYS} days")


if __name__ == "__main__":
    main()
