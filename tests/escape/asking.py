"""Asks for attacks from outside, several outer namespaces at once."""

import json
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from tests.escape.attack import Attack, Family
from tests.escape.building import PROJECT
from tests.escape.inside import ATTACKS, Report
from tests.escape.outer import Who

AT_ONCE = 3
"""Most attacks spend their time waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An attack, as whom, and what runs it."""

    who: Who
    attack: str
    runner: str

    def wrong(self, report: Report) -> str:
        """Why what became of it is not as it should be; empty where it is."""
        attack: Attack = ATTACKS[self.attack]
        if report.failure:
            return report.failure
        if self.runner == "bare" and attack.family is not Family.NONE:
            there = report.reached or report.hindered
            return "" if there else f"the control reached nothing: {report.ending} {report.said}"
        left = f"left alive: {', '.join(report.left)}" if report.left else ""
        return "; ".join(filter(None, (report.reached, left)))


class _Server:
    """A process that makes one outer namespace after another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.escape", "serve", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )

    def ask(self, asked: Asked) -> Report:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(asked)) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Report(**{**answer, "left": tuple(answer.get("left", ()))})

    def end(self) -> None:
        self._process.communicate()


class Asking:
    """Everything that was asked for is tried in the background; `folder` is an empty one."""

    def __init__(self, folder: Path) -> None:
        self._servers = [_Server(folder / str(n)) for n in range(AT_ONCE)]
        self._free: SimpleQueue[_Server] = SimpleQueue()
        for server in self._servers:
            self._free.put(server)
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._reports: dict[Asked, Future[Report]] = {}

    def __enter__(self) -> "Asking":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        for server in self._servers:
            server.end()

    def begin(self, asked: Iterable[Asked]) -> None:
        """Have these tried, in this order."""
        for ask in asked:
            if ask not in self._reports:
                self._reports[ask] = self._pool.submit(self._try, ask)

    def report(self, asked: Asked) -> Report:
        """What became of one."""
        self.begin([asked])
        return self._reports[asked].result()

    def _try(self, asked: Asked) -> Report:
        server = self._free.get()
        try:
            return server.ask(asked)
        finally:
            self._free.put(server)
