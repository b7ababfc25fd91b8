"""What a host pays at call time for knowing what is in force, and for reporting.

    python bench/calling.py [--quick]

The file of what is in force: bytes, milliseconds to publish and to load, microseconds to ask.
The writer: microseconds to put, and what the host's calls take more at a thousand a second, while
the store is there, away, and held by others for five seconds; calls with and without reports by
turns. Each call reads a file, waits 0.1 ms and computes: it lets go of the interpreter as a
tool does, and has to get it back. On a machine that is busy otherwise the p99 is that of
its scheduler; `chrt -f 10 python bench/calling.py` keeps the others out.
"""

import json
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from failonce.adapters.in_force import InForce, Publisher, file_beside
from failonce.adapters.spool import Record, Sink, StoreSink, Work, Writer, folder_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock, assemble, configure
from failonce.errors import StoreUnreadable
from failonce.identity import body_digest
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.predicate import Condition, Predicate, Test
from failonce.loop import Loop
from failonce.model import Action, Call, Change, Lesson, Recording
from failonce.policy import DEFAULT
from failonce.testing.samples import lesson, moved, proposed

PAUSE_S = 0.001
"""A thousand calls a second."""


def snapshot(folder: Path, lessons: int) -> dict[str, float]:
    """The file of so many lessons in force, a fifth of them on the busiest tool."""
    rng = random.Random(1)
    store = open_store(store_url(folder / "lessons.db"))
    for first in range(0, lessons, 500):
        made = [_guardrail(n, rng) for n in range(first, min(lessons, first + 500))]
        for changes in ([proposed(x) for x in made], [moved(x, Action.APPROVE) for x in made]):
            store.commit(
                Change(
                    lessons=tuple(x for c in changes for x in c.lessons),
                    events=tuple(e for c in changes for e in c.events),
                )
            )
    file, now = file_beside(store.path), datetime.now(UTC)
    publisher = Publisher(store, file, policy=DEFAULT, clock=SystemClock())
    anew = _ms(publisher.publish)
    store.commit(proposed(_guardrail(lessons, rng)))
    one_more = _ms(publisher.publish)
    store.close()
    load = sorted(_ms(InForce(file).now) for _ in range(9))[4]
    known = InForce(file).now()
    first_ask = _ms(lambda: known.placed("p", "tool0", now))
    reader, times = InForce(file), 100_000
    reader.now().placed("p", "tool0", now)
    asked = _ms(lambda: [reader.now().placed("p", "tool0", now) for _ in range(times)])
    return {
        "bytes": file.stat().st_size,
        "publish_anew_ms": anew,
        "publish_one_more_ms": one_more,
        "load_ms": load,
        "busiest_lessons": len(known.placed("p", "tool0", now)),
        "busiest_first_ask_ms": first_ask,
        "ask_us": asked * 1000 / times,
    }


def _guardrail(n: int, rng: random.Random) -> Lesson:
    tool = f"tool{min(int(rng.paretovariate(0.35)) - 1, 500)}"
    body = Guardrail(
        component=tool,
        when=Predicate(conditions=(Condition(path=("path",), test=Test.PRESENT),)),
        fingerprint=f"{n:032x}",
        message_regex="",
        strength=Strength.BLOCK,
        message=f"Give another path than this one ({n}).",
    ).render()
    x = lesson(n)
    proposal = replace(x.proposal, target=tool, body=body, project="p", key=f"k{n}")
    return replace(x, proposal=proposal, digest=body_digest(proposal))


def host(folder: Path, calls: int, sink: Callable[[Callable[[], None]], Sink], loop: Loop) -> str:
    """The p50 and p99 of a host's calls, alone and with reports, by turns."""
    writer = Writer(folder, sink)
    for n in range(200):
        writer.put(_work(n, loop))
    writer.flush(30)
    alone, reporting, put = [], [], []
    with Path("/dev/zero").open("rb", buffering=0) as zero:
        for _ in range(4):
            alone += _calls(zero.fileno(), calls // 4, None, loop, put)
            reporting += _calls(zero.fileno(), calls // 4, writer, loop, put)
            writer.flush(30)
    kept = writer.close(30)
    added = _share(reporting, 0.99) - _share(alone, 0.99)
    return (
        f"alone p50 {_share(alone, 0.5):.0f} p99 {_share(alone, 0.99):.0f}, reporting p50 "
        f"{_share(reporting, 0.5):.0f} p99 {_share(reporting, 0.99):.0f}: added at p99 "
        f"{added:.0f} us; put p50 {_share(put, 0.5):.1f} p99 {_share(put, 0.99):.1f} us; of "
        f"{kept.taken} stored {kept.stored}, spooled {kept.spooled}, dropped {kept.dropped}"
    )


def _calls(
    zero: int, count: int, writer: Writer | None, loop: Loop, put: list[float]
) -> list[float]:
    took, due = [], time.perf_counter()
    for n in range(count):
        due += PAUSE_S
        time.sleep(max(due - time.perf_counter(), 0))
        work = _work(n, loop)
        start = time.perf_counter()
        os.read(zero, 4096)
        time.sleep(0.0001)
        sum(i * i % 7 for i in range(300))
        if writer is not None:
            before = time.perf_counter()
            writer.put(work)
            put.append((time.perf_counter() - before) * 1e6)
        took.append((time.perf_counter() - start) * 1e6)
    return took


def _work(n: int, loop: Loop) -> Work:
    """A report as the SDK makes it: three arguments of 200 characters, one in ten failed."""
    failed = n % 10 == 0
    recording = Recording(
        call=Call(
            tool="read",
            args={"a": "x" * 200, "b": "some words " * 18, "c": "/a/b/c" * 33},
            session=f"s{n % 9}",
            project="p",
        ),
        text=f"KeyError: 'item {n}'" if failed else "done " * 40,
        flagged=failed,
        id=f"{time.time_ns()}-{n}",
        source="sdk",
    )

    def work() -> list[Record]:
        return list(loop.evidence([recording], modified=datetime.now(UTC), project="p"))

    return work


def _away(_: Callable[[], None]) -> Sink:
    raise StoreUnreadable("away")


def _hold(path: Path, stop: threading.Event) -> None:
    """Another program that writes for five seconds at a time."""
    with sqlite3.connect(path, isolation_level=None) as store:
        while not stop.is_set():
            store.execute("BEGIN IMMEDIATE")
            stop.wait(5)
            store.execute("COMMIT")
            time.sleep(0.01)
    store.close()


def _share(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


def _ms(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def main(quick: bool) -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = snapshot(folder, 1_000 if quick else 10_000)
        print(json.dumps({k: round(v, 2) for k, v in found.items()}))
        config = configure(store=store_url(folder / "store.db"), environ={}, directory=folder)
        store = open_store(config.url)
        loop, calls = assemble(config, store).loop, 2_000 if quick else 16_000

        def there(pause: Callable[[], None]) -> Sink:
            return StoreSink.open(config.url, scheme=1, pause=pause)

        print("store there: ", host(folder_beside(folder / "store.db"), calls, there, loop))
        print("store away:  ", host(folder / "away", calls, _away, loop))
        stop = threading.Event()
        holding = threading.Thread(target=_hold, args=(folder / "store.db", stop))
        holding.start()
        print("store held:  ", host(folder / "held", calls, there, loop))
        stop.set()
        holding.join()
        store.close()


if __name__ == "__main__":
    main("--quick" in sys.argv)
