"""The file of what is in force: its size, what it takes to publish, load and ask it, its memory."""

import gc
import json
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from failonce.adapters.in_force import InForce, Publisher, file_beside
from failonce.compose import SystemClock
from failonce.surfaces.watching.host import Known
from watched.lessons import BUSIEST, PROJECT, TOOLS, approve

_MB = 1 << 20
_ASKED = 100_000


def ms(began: float) -> float:
    """Milliseconds since then."""
    return (perf_counter() - began) * 1000


def published(publisher: Publisher, folder: Path, *, timed: bool) -> dict[str, float]:
    """Make the file from nothing, and then anew where one lesson was approved."""
    began = perf_counter()
    publisher.publish()
    anew = ms(began) / 1000
    approve(folder)
    began = perf_counter()
    publisher.publish()
    return {"publish_anew_s": anew, "publish_one_more_ms": ms(began)} if timed else {}


def loading(folder: Path) -> dict[str, float]:
    """Bytes; milliseconds to load it, and to make ready what concerns the busiest tool."""
    file = file_beside(folder / "store.db")
    loads, asks, now = [], [], datetime.now(UTC)
    for _ in range(9):
        began = perf_counter()
        known = InForce(file).now()
        loads.append(ms(began))
    for _ in range(3):
        known = InForce(file).now()
        began = perf_counter()
        lessons = known.placed(PROJECT, BUSIEST, now)
        asks.append(ms(began))
    reader = InForce(file)
    reader.now().placed(PROJECT, BUSIEST, now)
    began = perf_counter()
    for _ in range(_ASKED):
        reader.now().placed(PROJECT, BUSIEST, now)
    return {
        "ask_us": ms(began) * 1000 / _ASKED,
        "file_mb": file.stat().st_size / _MB,
        "load_ms": median(loads),
        "busiest_lessons": len(lessons),
        "busiest_first_ask_ms": median(asks),
    }


def memory(folder: Path) -> dict[str, float]:
    """Megabytes that the lessons take, in a process of its own."""
    command = [sys.executable, "-m", "watched.file", str(folder)]
    here = Path(__file__).parents[1]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=here)  # noqa: S603
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def held(folder: Path) -> dict[str, float]:
    """What Python holds once the file is loaded, once every tool was asked, and at most."""
    clock = SystemClock()
    ready = InForce(file_beside(folder / "none.db"))  # what is imported on the way is no lesson
    Known(ready.now(), PROJECT, clock).facts(BUSIEST, clock.now())
    tracemalloc.start()
    reader = InForce(file_beside(folder / "store.db"))
    reader.now()
    loaded, _ = tracemalloc.get_traced_memory()
    known = Known(reader.now(), PROJECT, clock)
    for tool in TOOLS:
        known.facts(tool, clock.now())
    gc.collect()
    every, peak = tracemalloc.get_traced_memory()
    return {"loaded_mb": loaded / _MB, "held_mb": every / _MB, "peak_mb": peak / _MB}


if __name__ == "__main__":
    print(json.dumps(held(Path(sys.argv[1]))))
