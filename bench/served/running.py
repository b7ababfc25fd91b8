"""Servers that run, ours and the peer's, and what their processes use."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO

from failonce.adapters.sql_store import store_url

BENCH = Path(__file__).parents[1]
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
NICE, RESIDENT = 16, 21
"""Where these stand in `/proc/PID/stat` behind the name."""


def program(module: str, *args: object) -> list[str]:
    """The command of a module beside the benchmarks; to be run in their folder."""
    return [sys.executable, "-m", module, *map(str, args)]


class Running:
    """A server that runs, and what its processes use."""

    def __init__(
        self, argv: Sequence[str], folder: Path, env: dict[str, str], errors: IO[str] | None = None
    ) -> None:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("FAILONCE", "XDG_"))}
        self._process = subprocess.Popen(  # noqa: S603 - ours
            argv,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
            env=plain | {"PYTHONUNBUFFERED": "1"} | env,
            cwd=folder,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, line
        self.port = int(found[1])

    def used(self) -> dict[str, float]:
        """Seconds of processor time so far of the main process and of its others."""
        spent = {"main": 0.0, "others": 0.0}
        for pid, fields in self._stats():
            which = "main" if pid == self._process.pid else "others"
            spent[which] += (int(fields[11]) + int(fields[12])) / TICKS
        return spent

    def peak_mb(self) -> float:
        """Most memory that each of its processes held, summed up."""
        total = 0.0
        for pid, _ in self._stats():
            with suppress(OSError):
                told = Path(f"/proc/{pid}/status").read_text()
                found = re.search(r"VmHWM:\s+(\d+)", told)
                total += int(found[1]) / 1024 if found else 0
        return total

    def resident_mb(self) -> dict[str, float]:
        """Memory that its processes hold now: the main one, those that store, the miner."""
        held: dict[str, float] = {}
        for pid, fields in self._stats():
            behind = int(fields[NICE]) > 0
            role = "main" if pid == self._process.pid else "miner" if behind else "workers"
            held[role] = held.get(role, 0.0) + int(fields[RESIDENT]) * PAGE / 2**20
        return held

    def end(self) -> None:
        """As a service manager ends it."""
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _stats(self) -> Iterator[tuple[int, list[str]]]:
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = path.read_text().rpartition(")")[2].split()
                if int(fields[3]) == self._process.pid:
                    yield int(path.parent.name), fields


@contextmanager
def ours(folder: Path, *, mine: bool = False, errors: IO[str] | None = None) -> Iterator[Running]:
    """`failonce serve` over the store in a folder; whether it looks for lessons is said."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    env = {
        "FAILONCE_STORE__URL": store_url(folder / "store.db"),
        "FAILONCE_SERVER__MINE": str(mine).lower(),
        "FAILONCE_SERVER__REQUESTS_PER_SECOND": "1000000",
        **{f"XDG_{x}_HOME": str(home) for x in ("DATA", "CONFIG", "CACHE", "STATE")},
        "HOME": str(home),
    }
    running = Running([sys.executable, "-m", "failonce", "serve", "--port", "0"], home, env, errors)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def theirs(folder: Path) -> Iterator[Running]:
    """The peer."""
    running = Running(program("served.peer", folder / "peer.db"), BENCH, {})
    try:
        yield running
    finally:
        running.end()


def asked(port: int, path: str, who: str, body: bytes | None = None) -> tuple[int, float]:
    """Status of one request, and milliseconds until all of its answer was there."""
    header = {"authorization" if who.startswith("Bearer") else "cookie": who}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        begin = time.perf_counter()
        connection.request("GET" if body is None else "POST", path, body, header)
        answer = connection.getresponse()
        answer.read()
        return answer.status, (time.perf_counter() - begin) * 1e3
