"""What `failonce proxy` adds to a call, beside a direct call and fastmcp's proxy.

    python bench/proxy.py [--quick]

One client, which does nothing but write a line and read the answer, calls one tool of one real
server, `mcp-server-time`, over standard input and output: directly, behind our proxy, behind our
proxy with a hint around every call, and behind fastmcp's proxy, whose connection to the server
stays open. The ways go by turns, a batch of calls each, in one run. What
is added is the difference of the medians. Everything is recorded: at the end it is in the store.

start    from starting the process to the answer of `initialize`, and to that of `tools/list`
at once  so many calls under way at one time; the time is that of all, divided by the calls

Times are in milliseconds, memory is the peak of the proxy's own process. The last line is JSON.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from failonce.adapters.in_force import Publisher, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock
from failonce.identity import body_digest
from failonce.kinds.hint import Hint, Retry
from failonce.model import Action, KindName
from failonce.policy import DEFAULT
from failonce.testing.samples import lesson, moved, proposed
from watched.file import ms

PEERS = Path(__file__).parents[1] / ".peers/bin/python"
SERVER = [str(PEERS), "-m", "mcp_server_time"]
GIVEN = {"source_timezone": "Europe/Brussels", "time": "12:30", "target_timezone": "Asia/Tokyo"}
FASTMCP = """
import asyncio, sys
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.server import create_proxy

async def main():
    async with Client(StdioTransport(sys.argv[1], sys.argv[2:]), mode="legacy") as client:
        proxy = create_proxy(client)
        await proxy.run_stdio_async(show_banner=False)

asyncio.run(main())
"""
PROJECT = "shop"
BATCH = 20
AT_ONCE = 16


@dataclass
class Way:
    """One process that answers calls, and how long it took."""

    name: str
    process: "subprocess.Popen[bytes]"
    began: float
    ids: Any = field(default_factory=lambda: count(1))
    times: list[float] = field(default_factory=list)
    at_once: list[float] = field(default_factory=list)
    opened_ms: float = 0.0
    listed_ms: float = 0.0
    tools: int = 0

    def write(self, method: str, params: Any, *, answered: bool = True) -> int:
        """Send a line."""
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        number = next(self.ids)
        if answered:
            message["id"] = number
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        return number

    def read(self, number: int) -> Any:
        """The answer to that request."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            found = json.loads(line)
            if found.get("id") == number:
                return found["result"]
        raise SystemExit(f"{self.name} ended with {self.process.wait()}")

    def open(self) -> None:
        """Shake hands, and read the list of tools."""
        client = {"name": "bench", "version": "1"}
        given = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        self.read(self.write("initialize", given))
        self.opened_ms = ms(self.began)
        self.write("notifications/initialized", {}, answered=False)
        self.tools = len(self.read(self.write("tools/list", {}))["tools"])
        self.listed_ms = ms(self.began)

    def call(self) -> Any:
        """One call, timed."""
        began = perf_counter()
        found = self.read(self.write("tools/call", {"name": "convert_time", "arguments": GIVEN}))
        self.times.append(ms(began))
        return found

    def together(self) -> None:
        """Calls that are under way at one time."""
        asked = {"name": "convert_time", "arguments": GIVEN}
        began = perf_counter()
        numbers = {self.write("tools/call", asked) for _ in range(AT_ONCE)}
        assert self.process.stdout is not None
        while numbers:
            numbers.discard(json.loads(self.process.stdout.readline()).get("id"))
        self.at_once.append(ms(began) / AT_ONCE)

    def memory_mb(self) -> float:
        """The peak of this process alone."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0.0
        return next(int(x.split()[1]) for x in status.splitlines() if "VmHWM" in x) / 1024


def hinting(folder: Path) -> None:
    """A store with a hint in force that goes around every call."""
    with closing(open_store(store_url(folder / "store.db"))) as store:
        target = "mcp__time__convert_time"
        hint = Hint(component=target, fingerprint="", message_regex="", handler=Retry())
        made = lesson(1, body=hint.render())
        proposal = replace(made.proposal, kind=KindName.HINT, target=target, project=PROJECT)
        digest = body_digest(proposal)
        judged = replace(made.judgement, digest=digest)
        made = replace(made, proposal=proposal, digest=digest, judgement=judged)
        store.commit(proposed(made))
        store.commit(moved(made, Action.APPROVE))
        file = file_beside(folder / "store.db")
        Publisher(store, file, policy=DEFAULT, clock=SystemClock()).publish()


def started(name: str, command: Sequence[str], folder: Path, stack: ExitStack) -> Way:
    """A way, opened."""
    environment = {
        **os.environ,
        "FAILONCE_STORE__URL": store_url(folder / "store.db"),
        "FAILONCE_PROJECT": PROJECT,
    }
    began = perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own programs
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
    )
    stack.callback(process.kill)
    way = Way(name, process, began)
    way.open()
    return way


def commands(root: Path) -> dict[str, list[str]]:
    """How each way is started."""
    script = root / "fast.py"
    script.write_text(FASTMCP)
    ours = [sys.executable, "-m", "failonce", "proxy", "--name", "time", "--", *SERVER]
    return {
        "direct": SERVER,
        "failonce": ours,
        "failonce, with a hint": ours,
        "fastmcp": [str(PEERS), str(script), *SERVER],
    }


def run(rounds: int, starts: int) -> dict[str, float]:
    """All ways, by turns."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        root = Path(place)
        ways: dict[str, Way] = {}
        opened: dict[str, list[tuple[float, float]]] = {}
        for name, command in commands(root).items():
            folder = root / name.replace(" ", "-")
            folder.mkdir()
            if "hint" in name:
                hinting(folder)
            for _ in range(starts):
                ways[name] = started(name, command, folder, stack)
                opened.setdefault(name, []).append((ways[name].opened_ms, ways[name].listed_ms))
        timed(ways, rounds)
        memory = {name: way.memory_mb() for name, way in ways.items()}
        kept(root / "failonce", ways["failonce"], rounds)
    return told(ways, opened, memory)


def timed(ways: dict[str, Way], rounds: int) -> None:
    """The calls, by turns; all answer the same."""
    answers = {json.dumps(way.call()["content"]) for way in ways.values()}
    assert len(answers) == 1, "the ways answer differently"
    for way in ways.values():
        for _ in range(BATCH):
            way.call()
        way.times.clear()
    for _ in range(rounds):
        for way in ways.values():
            for _ in range(BATCH):
                way.call()
    for _ in range(max(rounds // 4, 3)):
        for way in ways.values():
            way.together()


def kept(folder: Path, way: Way, rounds: int) -> None:
    """Nothing was left out."""
    assert way.process.stdin is not None
    way.process.stdin.close()
    way.process.wait(20)
    with closing(open_store(store_url(folder / "store.db"))) as store:
        found = sum(1 for _ in store.calls())
    made = 1 + BATCH * (rounds + 1) + AT_ONCE * len(way.at_once)
    assert found == made, f"{found} of {made} calls were kept"


def told(
    ways: dict[str, Way], opened: dict[str, list[tuple[float, float]]], memory: dict[str, float]
) -> dict[str, float]:
    """Print them; what is added by its name."""
    base = median(ways["direct"].times)
    print(f"{'':26} {'call':>7} {'added':>7} {'p99':>7} {'at once':>8} {'initialize':>11} "
          f"{'tools/list':>11} {'peak MB':>8}")  # fmt: skip
    added: dict[str, float] = {}
    for name, way in ways.items():
        added[name] = median(way.times) - base
        first, listed = (median(o[n] for o in opened[name]) for n in (0, 1))
        print(
            f"{name:26} {median(way.times):7.2f} {added[name]:7.2f} "
            f"{quantiles(way.times, n=100)[-1]:7.2f} {median(way.at_once):8.2f} {first:11,.0f} "
            f"{listed:11,.0f} {memory[name]:8.1f}"
        )
    print(f"fastmcp's proxy adds {added['fastmcp'] / added['failonce']:.1f} times as much.")
    return {
        "direct_ms_median": round(base, 4),
        "added_ms_median": round(added["failonce"], 4),
        "added_with_a_hint_ms_median": round(added["failonce, with a hint"], 4),
        "fastmcp_added_ms_median": round(added["fastmcp"], 4),
    }


def peers() -> str:
    """What stands in their environment."""
    names = ("mcp", "fastmcp", "mcp-server-time")
    asked = f"from importlib.metadata import version as v; print(*map(v, {names}))"
    found = subprocess.run(  # noqa: S603 - the environment's own Python
        [str(PEERS), "-c", asked], capture_output=True, text=True, check=True
    )
    return ", ".join(map(" ".join, zip(names, found.stdout.split(), strict=True)))


def main() -> None:
    """Print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer calls, the same ways")
    quick = parser.parse_args().quick
    if not PEERS.is_file():
        raise SystemExit("The server and fastmcp are missing: make install")
    rounds, starts = (15, 1) if quick else (100, 3)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, load "
        f"{os.getloadavg()[0]:.1f}; {peers()}; {rounds * BATCH:,} calls a way"
    )
    print(json.dumps(run(rounds, starts)))


if __name__ == "__main__":
    main()
