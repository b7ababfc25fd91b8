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
         seen. Only the latter needs one. Beside them `/metrics`, as a monitoring system scrapes it.

Processor time is that of all processes: the server's main one, those that store, the sender. The
last line is JSON; times are in milliseconds, medians of several requests after the first.
"""

import argparse
import json
import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock
from failonce.model import Scope
from failonce.surfaces.access import Door, Granting
from intake import BODY, SHAPES
from served.browsing import looked
from served.running import Running, asked, ours, theirs
from served.sender import CLIENTS, sent

ROOT = Path(__file__).parents[1]
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


def token(folder: Path, scope: Scope) -> str:
    """A program's token for the store in a folder."""
    with closing(open_store(store_url(folder / "store.db"))) as store:
        return Granting(store=store, clock=SystemClock(), actor="bench").grant_token(
            f"{scope}", [scope]
        )[1]


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
    assert asked(running.port, "/api/errors", f"Bearer {secret}", b'{"error": "Up: yes"}')[0] == 202


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
    assert asked(running.port, "/api/errors", f"Bearer {secret}", body)[0] == 202
    assert not any(SECRET.encode() in p.read_bytes() for p in folder.glob("store.db*"))
    print(f"  all {accepted:,} events are in the store, in {SHAPES:,} classes, and no secret is")


def _count(path: Path, what: str) -> int:
    with closing(sqlite3.connect(path)) as database:
        found: int = database.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608
        return found


def pages(folder: Path, classes: int) -> dict[str, float]:
    """Every page and its twin over a store with so many classes, and then in a browser."""
    argv = [sys.executable, "-c", FILL, folder / "store.db", str(classes)]
    subprocess.run(argv, cwd=ROOT, check=True)  # noqa: S603 - ours
    with closing(open_store(store_url(folder / "store.db"))) as store:
        granting = Granting(store=store, clock=SystemClock(), actor="bench")
        granting.make_account("anna", list(Scope), password=PASSWORD)
        cookie = Door(store=store, clock=SystemClock(), via="bench").by_password("anna", PASSWORD)
    slowest, first, scrape, there = 0.0, 0.0, 0.0, []
    with ours(folder) as running:
        who = f"failonce_session={cookie.cookie}"
        for path in (*(x for page in PAGES for x in (page, f"{page}.json")), "/metrics"):
            got = [asked(running.port, path, who)]
            before = running.used()["main"]
            got += [asked(running.port, path, who) for _ in range(ASKED - 1)]
            cpu = (running.used()["main"] - before) / (ASKED - 1) * 1e3
            if {status for status, _ in got} == {404}:
                print(f"  {path} is not there")
                continue
            assert {status for status, _ in got} == {200}, (path, got)
            middle = statistics.median(ms for _, ms in got[1:])
            print(
                f"  {path:20} {middle:7.1f} ms, {cpu:5.0f} of processor time; "
                f"the first time {got[0][1]:7.1f}",
                flush=True,
            )
            if path == "/metrics":
                scrape = middle
                continue
            there += [path] if path in PAGES else []
            slowest, first = max(slowest, middle), max(first, got[0][1])
        seen = looked(running.port, cookie.cookie, there)
    print(
        f"{classes:,} classes: pages {slowest:.0f} ms at most, the first time {first:.0f}; "
        + (f"first row {max(seen.values()):.0f} ms at most" if seen else "no browser here")
    )
    return {"page_ms_max": slowest, "page_cold_ms_max": first, "scrape_ms": scrape} | (
        {"first_row_ms_max": max(seen.values())} if seen else {}
    )


def main() -> None:
    """Measure, and print."""
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
