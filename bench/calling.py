"""What a host pays at call time for knowing what is in force.

    python bench/calling.py [--quick]

The file of what is in force: bytes, milliseconds to publish and to load, microseconds to ask. What
watched calls pay while they report is in `bench/host.py`. The last line is JSON.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from failonce.adapters.in_force import InForce, Publisher, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock
from failonce.identity import body_digest
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.predicate import Condition, Predicate, Test
from failonce.model import Action, Change, Lesson
from failonce.policy import DEFAULT
from failonce.testing.samples import lesson, moved, proposed


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


def _ms(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def main(quick: bool) -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as name:
        found = snapshot(Path(name), 1_000 if quick else 10_000)
    print(json.dumps({k: round(v, 2) for k, v in found.items()}))


if __name__ == "__main__":
    main("--quick" in sys.argv)
