"""The server: what it takes in a second, durable and grouped; how soon its pages are there.

    python bench/server.py [--quick] [--only {take,pages}]

take     events of about 200 bytes in 1,000 shapes, 100 in a body, sent by a process of its own on
         the same cores, over 32 connections that are kept, from bodies that were made before. An
         answer of 202 counts as 100 events. Afterwards all of them must be in the store, in as
         many classes as there are shapes. `one by one` sends bodies of one event.
peer     what anybody would write in ten minutes, in the same run, in turns with ours: a Starlette
         app that puts each event as JSON into SQLite with `executemany`, a transaction a body,
         and neither redacts nor groups
pages    every page of the navigation and its `.json` twin, at 10 and at 10,000 classes of
         failures with 5 million events in the rollups; and in a browser, until the first row is
         seen. Only the latter needs one.

Processor time is that of all processes: the server's main one, those that store, the sender. The
last line is JSON; times are in milliseconds, medians of several requests after the first.
"""

import argparse
import asyncio
import http.client
import json
import os
import platform
import re
import resource
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock
from failonce.model import Scope
from failonce.surfaces.access import Door, Granting
from intake import BODY, SHAPES, bodies

ROOT = Path(__file__).parents[1]
CLIENTS = 32
MADE_PER_S = 250
"""Bodies that are made for a second of sending: more than are taken, so none is sent twice."""
PAGES = (
    "/review", "/failures", "/lessons", "/integrations", "/gaps", "/overview", "/settings",
    "/audit",
)  # fmt: skip
FILL = """
import sys; from pathlib import Path; from tests.surfaces.server.filled import fill
fill(Path(sys.argv[1]), signatures=int(sys.argv[2]))
"""
ASKED = 7
"""Requests for each page; the first is told apart."""
SECRET = "AKIAIOSFODNN7EXAMPLE"  # noqa: S105 - the documented example
PASSWORD = "a long enough password"  # noqa: S105 - of an account that lives for one run
TICKS = os.sysconf("SC_CLK_TCK")


# ---------------------------------------------------------------- the sender


def send(port: str, token: str, seed: str, size: str) -> None:
    """Make bodies; on a word send them for so many seconds, and print what came back."""
    one = int(size) == 1
    most, (seconds,) = 60, (float(sys.argv[-1]),)
    source = bodies(int(seed))
    count = int(seconds * MADE_PER_S)
    if one:
        wanted = int(seconds * 4_000)
        events = (e for body in source for e in json.loads(body))
        made = [json.dumps([e]).encode() for e in islice(events, wanted)]
    else:
        made = list(islice(source, count))
    requests = [_request(token, body) for body in made]
    print("ready", flush=True)
    sys.stdin.readline()
    before = time.process_time()
    statuses, took = asyncio.run(_sent(int(port), requests, seconds, most))
    cpu = time.process_time() - before
    print(json.dumps({"statuses": statuses, "seconds": took, "cpu": cpu, "made": len(requests)}))


def _request(token: str, body: bytes) -> bytes:
    head = (
        f"POST /api/errors HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _sent(
    port: int, requests: Sequence[bytes], seconds: float, most: float
) -> tuple[dict[str, int], float]:
    statuses: Counter[str] = Counter()
    rest, end = cycle(requests), time.monotonic() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < end:
            writer.write(next(rest))
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(found[1]) if found else 0)
            statuses[head[9:12].decode()] += 1
        writer.close()

    begin = time.monotonic()
    async with asyncio.timeout(seconds + most):
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return statuses, time.monotonic() - begin


def sent(port: int, token: str, seed: int, size: int, seconds: float) -> dict[str, Any]:
    """What the sender, in a process of its own, tells of it."""
    argv = [sys.executable, __file__, "send", str(port), token, str(seed), str(size), str(seconds)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:  # noqa: S603
        assert one.stdin is not None
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
        one.stdin.write("go\n")
        one.stdin.flush()
        found: dict[str, Any] = json.loads(one.stdout.readline())
    return found


# ------------------------------------------------------------------ the peer


def peer(path: str) -> None:
    """The app of ten minutes, on any port, which it prints."""
    import socket  # noqa: PLC0415
    import threading  # noqa: PLC0415

    import uvicorn  # noqa: PLC0415 - only this part needs it
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.concurrency import run_in_threadpool  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import JSONResponse  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE event (n INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    lock = threading.Lock()

    def insert(body: bytes) -> int:
        rows = [(json.dumps(event),) for event in json.loads(body)]
        with lock, database:
            database.executemany("INSERT INTO event (body) VALUES (?)", rows)
        return len(rows)

    async def errors(request: Request) -> JSONResponse:
        return JSONResponse(
            {"stored": await run_in_threadpool(insert, await request.body())}, status_code=202
        )

    app = Starlette(routes=[Route("/api/errors", errors, methods=["POST"])])
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"serves http://127.0.0.1:{listening.getsockname()[1]} ", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


# --------------------------------------------------------------- its processes


class Running:
    """A server that runs, and what its processes use."""

    def __init__(self, argv: Sequence[str | Path], folder: Path, env: dict[str, str]) -> None:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("FAILONCE", "XDG_"))}
        self._process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, *argv],
            stdout=subprocess.PIPE,
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
def ours(folder: Path) -> Iterator[Running]:
    """`failonce serve` over the store in a folder."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    env = {
        "FAILONCE_STORE__URL": store_url(folder / "store.db"),
        "FAILONCE_SERVER__MINE": "false",
        "FAILONCE_SERVER__REQUESTS_PER_SECOND": "1000000",
        **{f"XDG_{x}_HOME": str(home) for x in ("DATA", "CONFIG", "CACHE", "STATE")},
        "HOME": str(home),
    }
    running = Running(["-m", "failonce", "serve", "--port", "0"], home, env)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def theirs(folder: Path) -> Iterator[Running]:
    """The peer."""
    running = Running([Path(__file__).resolve(), "peer", str(folder / "peer.db")], folder, {})
    try:
        yield running
    finally:
        running.end()


def token(folder: Path, scope: Scope) -> str:
    """A program's token for the store in a folder."""
    with closing(open_store(store_url(folder / "store.db"))) as store:
        return Granting(store=store, clock=SystemClock(), actor="bench").grant_token(
            f"{scope}", [scope]
        )[1]


# -------------------------------------------------------------------- take in


def measured(running: Running, secret: str, *, seed: int, size: int, seconds: float) -> Any:
    """Events a second, and µs of processor time for each, of one round."""
    before = running.used()
    told = sent(running.port, secret, seed, size, seconds)
    after = running.used()
    good = told["statuses"].get("202", 0)
    events = good * size
    assert set(told["statuses"]) == {"202"}, told
    if good > told["made"]:
        print(f"  {good:,} bodies were sent of {told['made']:,}: some came twice")
    return {
        "events": events,
        "per_s": events / told["seconds"],
        "sender_us": told["cpu"] / events * 1e6,
        **{f"{k}_us": (after[k] - before[k]) / events * 1e6 for k in before},
    }


def take(folder: Path, rounds: int, seconds: float) -> dict[str, float]:
    """Ours and the peer in turns."""
    found: dict[str, list[Any]] = {"ours": [], "peer": [], "one": []}
    secret = token(folder, Scope.INGEST)
    with ours(folder) as mine, theirs(folder) as other:
        _answers(mine, secret)
        measured(mine, secret, seed=1, size=BODY, seconds=1.5)  # warm
        warm = _count(folder / "store.db", "evidence")
        for n in range(rounds):
            for name, running in (("ours", mine), ("peer", other)):
                got = measured(running, secret, seed=10 + n, size=BODY, seconds=seconds)
                found[name].append(got)
                print(_line(name, got), flush=True)
        got = measured(mine, secret, seed=99, size=1, seconds=min(seconds, 4))
        found["one"].append(got)
        print(_line("one by one", got), flush=True)
        _checked(mine, folder, secret, warm, found)
        peak = mine.peak_mb()
    middle = {k: statistics.median(x["per_s"] for x in v) for k, v in found.items()}
    cpu = {
        name: statistics.median(x["main_us"] + x["others_us"] for x in found[name])
        for name in ("ours", "peer")
    }
    sender = statistics.median(x["sender_us"] for x in found["ours"])
    print(
        f"take in: {middle['ours']:,.0f} events/s, the peer {middle['peer']:,.0f} "
        f"({middle['ours'] / middle['peer']:.2f} x); {cpu['ours']:.0f} µs of processor time an "
        f"event beside {cpu['peer']:.0f} ({cpu['ours'] / cpu['peer']:.1f} x) and {sender:.0f} of "
        f"the sender; peak memory {peak:.0f} MB"
    )
    return {
        "bulk_events_per_s": middle["ours"],
        "peer_events_per_s": middle["peer"],
        "one_by_one_per_s": middle["one"],
        "cpu_us_per_event": cpu["ours"],
        "peer_cpu_us_per_event": cpu["peer"],
        "sender_us_per_event": sender,
        "peak_mb": peak,
    }


def _line(name: str, got: Any) -> str:
    return (
        f"  {name:10} {got['per_s']:>8,.0f} events/s   µs an event: main {got['main_us']:.1f}, "
        f"others {got['others_us']:.1f}, sender {got['sender_us']:.1f}"
    )


def _answers(running: Running, secret: str) -> None:
    """Until its processes are up."""
    assert (
        _asked(running.port, "/api/errors", f"Bearer {secret}", b'{"error": "Up: yes"}')[0] == 202
    )


def _checked(
    running: Running, folder: Path, secret: str, warm: int, found: dict[str, list[Any]]
) -> None:
    """All that was answered is there, in the right classes, and nothing that is secret."""
    path = folder / "store.db"
    accepted = sum(x["events"] for name in ("ours", "one") for x in found[name])
    there = _count(path, "evidence") - warm
    assert there == accepted, f"{accepted:,} accepted, {there:,} there"
    classes = _count(path, "signature")
    assert classes == SHAPES + 1, f"{classes:,} classes of {SHAPES:,} shapes"  # and `Up: yes`
    assert _count(path, "evidence WHERE signature IS NULL") == 0
    assert _count(folder / "peer.db", "event") == sum(x["events"] for x in found["peer"])
    body = json.dumps({"error": f"Denied: {SECRET}"}).encode()
    assert _asked(running.port, "/api/errors", f"Bearer {secret}", body)[0] == 202
    assert not any(SECRET.encode() in p.read_bytes() for p in folder.glob("store.db*"))
    print(f"  all {accepted:,} events are in the store, in {SHAPES:,} classes, and no secret is")


def _count(path: Path, what: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        found: int = database.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608
        return found


def _asked(port: int, path: str, who: str, body: bytes | None = None) -> tuple[int, float]:
    """Status of one request, and milliseconds until all of its answer was there."""
    header = {"authorization" if who.startswith("Bearer") else "cookie": who}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        begin = time.perf_counter()
        connection.request("GET" if body is None else "POST", path, body, header)
        answer = connection.getresponse()
        answer.read()
        return answer.status, (time.perf_counter() - begin) * 1e3


# ---------------------------------------------------------------------- pages


def pages(folder: Path, classes: int) -> dict[str, float]:
    """Every page and its twin over a store with so many classes, and then in a browser."""
    argv = [sys.executable, "-c", FILL, folder / "store.db", str(classes)]
    subprocess.run(argv, cwd=ROOT, check=True)  # noqa: S603 - ours
    with closing(open_store(store_url(folder / "store.db"))) as store:
        granting = Granting(store=store, clock=SystemClock(), actor="bench")
        granting.make_account("anna", list(Scope), password=PASSWORD)
        cookie = Door(store=store, clock=SystemClock(), via="bench").by_password("anna", PASSWORD)
    slowest, first, there = 0.0, 0.0, []
    with ours(folder) as running:
        for page in PAGES:
            for path in (page, f"{page}.json"):
                who = f"failonce_session={cookie.cookie}"
                got = [_asked(running.port, path, who)]
                before = running.used()["main"]
                got += [_asked(running.port, path, who) for _ in range(ASKED - 1)]
                cpu = (running.used()["main"] - before) / (ASKED - 1) * 1e3
                if {status for status, _ in got} == {404}:
                    print(f"  {path} is not there")
                    continue
                assert {status for status, _ in got} == {200}, (path, got)
                there += [page] if path == page else []
                middle = statistics.median(ms for _, ms in got[1:])
                print(
                    f"  {path:20} {middle:7.1f} ms, {cpu:5.0f} of processor time; "
                    f"the first time {got[0][1]:7.1f}",
                    flush=True,
                )
                slowest, first = max(slowest, middle), max(first, got[0][1])
        seen = looked(running.port, cookie.cookie, there)
    print(
        f"{classes:,} classes: pages {slowest:.0f} ms at most, the first time {first:.0f}; "
        + (f"first row {max(seen.values()):.0f} ms at most" if seen else "no browser here")
    )
    return {"page_ms_max": slowest, "page_cold_ms_max": first} | (
        {"first_row_ms_max": max(seen.values())} if seen else {}
    )


def looked(port: int, cookie: str, paths: Sequence[str]) -> dict[str, float]:
    """Milliseconds until the first row of each page is seen; nothing without a browser."""
    argv = [sys.executable, str(Path(__file__).resolve()), "look", str(port), cookie, *paths]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        print(f"  no browser: {done.stderr.strip().splitlines()[-1:]}")
        return {}
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print("  first row:", ", ".join(f"{k} {v:.0f} ms" for k, v in found.items()))
    return found


def look(port: str, cookie: str, *paths: str) -> None:
    """In a browser: the median of three for each page, from the click on."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this part needs it

    sys.path.insert(0, str(ROOT))
    from tests.browser.looking import chromium  # noqa: PLC0415

    base = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_context().new_page()
        page.context.add_cookies([{"name": "failonce_session", "value": cookie, "url": base}])
        page.goto(base + "/gaps")  # styles and scripts are there then, as after a click
        found = {}
        for path in paths:
            times = []
            for _ in range(3):
                begin = time.perf_counter()
                page.goto(base + path, wait_until="commit")
                page.locator(ROWS).first.wait_for(state="visible", timeout=30_000)
                times.append((time.perf_counter() - begin) * 1e3)
            found[path] = statistics.median(times)
        browser.close()
    print(json.dumps(found))


ROWS = "main :is(tbody tr, article, li, form, p)"
"""The first thing below the heading of a page: a row, or what stands where there is none."""


# ----------------------------------------------------------------------- main

_PARTS = {"send": lambda *a: send(*a[:4]), "peer": peer, "look": look}


def main() -> None:
    """Measure, and print; or be a part of it."""
    if sys.argv[1:] and sys.argv[1] in _PARTS:
        _PARTS[sys.argv[1]](*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter rounds")
    parser.add_argument("--only", choices=("take", "pages"))
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, load "
        f"{os.getloadavg()[0]:.1f}, SQLite {sqlite3.sqlite_version}, {CLIENTS} connections"
    )
    figures: dict[str, float] = {}
    if given.only in (None, "take"):
        with tempfile.TemporaryDirectory() as name:
            rounds, seconds = (2, 4.0) if given.quick else (3, 15.0)
            figures |= take(Path(name), rounds, seconds)
    if given.only in (None, "pages"):
        for classes in (10, 10_000):
            with tempfile.TemporaryDirectory() as name:
                for key, value in pages(Path(name), classes).items():
                    figures[key] = max(value, figures.get(key, 0))
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    figures["largest_process_mb"] = used
    print(json.dumps({name: round(value, 1) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
