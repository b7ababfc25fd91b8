"""What watched calls pay, and keep, at a thousand a second in good times and in bad ones.

    python bench/host.py [--quick] [--only CONDITION]

there    the store is there
busy     the store is there, and 9,000 reports wait before the first call: the writer has no rest
away     it cannot be opened
slow     another program writes it, for five seconds at a time
full     its disk is full, and that of the spool (a tmpfs in a mount namespace of its own)
queue    neither store nor spool takes anything, and the queue is full from the start

Three processes make the same call at the same thousandth of a second, in an order drawn anew each
time: one as it is, one as it is again, one through `failonce.watch`. They share the machine's
troubles and nothing else, so the writer's thread holds up the third alone. *Added* is the third
against the first, *noise* the second against the first: what one would measure of nothing. Each
call reads a file, waits 0.1 ms and computes, so it lets go of the interpreter and has to get it
back; one in ten fails. Then what was in the way goes, and what was taken is counted in the store.

The sixth condition, `killed`, reports 10,000 calls at once, ends by kill -9, and tells what the
next start says of it. The last line is JSON: times in microseconds.
"""

import argparse
import json
import os
import platform
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import failonce
from failonce.adapters.spool import folder_beside, status
from failonce.adapters.spool.counts import settle
from failonce.adapters.sql_store import open_store, store_url
from failonce.surfaces.watching.host import Host, host

TICK_S = 0.001
"""A thousand calls a second."""
WARM = 500
"""Ticks that are not counted."""
BLOCK = 1_000
"""Ticks of which one p99 is taken."""
IN_FLIGHT = 10_000
BEFORE = {"busy": 9_000, "queue": 11_000}
"""Calls made at once before the first tick; one anywhere else."""
CONDITIONS = ("there", "busy", "away", "slow", "full", "queue")
TWINS = ("alone", "again", "watched")
STORE = "store.db"
SEED = 20_261_121


# ------------------------------------------------------------- one of three


def twin(name: str, ticks: str, folder: str, condition: str) -> None:
    """Make the calls and print what they took; what is watched also prints its counts."""
    tool = failonce.watch(_tool) if name == "watched" else _tool
    with failonce.session(f"bench-{name}", project="bench"):
        if name == "watched":
            _call(tool, -1, -1)
        _say({})
        start = float(sys.stdin.readline())
        if name == "watched":
            for n in range(1, BEFORE.get(condition, 1)):
                _call(tool, -1, -1 - n)
        with Path("/dev/zero").open("rb", buffering=0) as zero:
            call = partial(_call, tool, zero.fileno())
            times, late = _timed(call, TWINS.index(name), int(ticks), start)
    found: dict[str, Any] = {"times": times, "late": late, "succeeded": len(_RIGHT)}
    if name != "watched":
        _say(found)
        return
    _say(found | _counts())
    sys.stdin.readline()
    _say({"recovered": _recovered(Path(folder))} | _counts())
    failonce.close()


def _timed(
    call: Callable[[int], None], place: int, ticks: int, start: float
) -> tuple[list[float], int]:
    rng, took, late = random.Random(SEED), [], 0
    lanes = list(range(len(TWINS)))
    for n in range(ticks + WARM):
        rng.shuffle(lanes)
        due = start + TICK_S * (n + lanes[place] / len(TWINS))
        left = due - time.monotonic()
        if left > 0:
            time.sleep(left)
        late += left < -TICK_S
        begun = time.perf_counter()
        call(n)
        took.append((time.perf_counter() - begun) * 1e6)
    return took[WARM:], late


def _call(tool: Callable[..., str], zero: int, n: int) -> None:
    """A call, and whether it came to what it comes to without anybody watching."""
    try:
        right = tool("x" * 200, "some words " * 18, "/a/b/c" * 33, n, zero) == DONE
    except KeyError as error:
        right = error.args == (f"item {n}",)
    if right:
        _RIGHT.append(n)


_RIGHT: list[int] = []
DONE = "done " * 40


def _tool(a: str, b: str, c: str, number: int, zero: int) -> str:  # noqa: ARG001 - for the record
    if zero >= 0:
        os.read(zero, 4096)
        time.sleep(0.0001)
        sum(i * i % 7 for i in range(300))
    if number % 10 == 0:
        raise KeyError(f"item {number}")
    return DONE


def _counts() -> dict[str, Any]:
    here = host()
    assert isinstance(here, Host)
    health = here.status()
    return {**asdict(here.writer.counts), "lost": health.lost, "last": health.last}


def _recovered(folder: Path) -> bool:
    """Whether all that was taken has found its way into the store by now."""
    here, end = host(), time.monotonic() + 120
    assert isinstance(here, Host)
    while time.monotonic() < end:
        if here.writer.flush(1) and not status(folder_beside(folder / STORE)).spool_bytes:
            return True
        time.sleep(0.05)
    return False


def _say(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


# ---------------------------------------------------------------- one world


def world(condition: str, ticks: str, name: str) -> None:
    """The three of them in one condition, and then without what was in the way."""
    folder = Path(name)
    with _condition(condition, folder) as lift:
        running = [_part(folder, "twin", x, ticks, name, condition) for x in TWINS]
        for each in running:
            _heard(each)
        start = time.monotonic() + 0.5
        for each in running:
            _tell(each, str(start))
        heard = dict(zip(TWINS, map(_heard, running), strict=True))
        lift()
    _tell(running[-1], "go on")
    after = _heard(running[-1])
    codes = [each.wait(60) for each in running]
    assert codes == [0, 0, 0], codes
    _say(_figures(condition, int(ticks), heard, after, _in_store(folder)))


def _figures(
    condition: str, ticks: int, heard: dict[str, Any], after: dict[str, Any], there: int
) -> dict[str, Any]:
    times = {name: heard[name].pop("times") for name in TWINS}
    during = heard["watched"]
    return {
        **{f"{name}_p{p}": _share(times[name], p / 100) for name in TWINS for p in (50, 99)},
        **{
            f"{what}_p{p}": _added(times[other], times["alone"], p / 100)
            for what, other in (("added", "watched"), ("noise", "again"))
            for p in (50, 99)
        },
        "added_p99_middle": _by_block(times["watched"], times["alone"], 0.99),
        "noise_p99_middle": _by_block(times["again"], times["alone"], 0.99),
        "calls": ticks + WARM + BEFORE.get(condition, 1),
        "succeeded": during["succeeded"],
        "late": during["late"],
        "failed_within": after["lost"],
        "taken": during["taken"],
        "stored": during["stored"],
        "spooled": during["spooled"],
        "waiting": during["taken"] - during["done"],
        "dropped": during["overflowed"] + during["failed"],
        "recovered": after["recovered"],
        "taken_and_not_there": during["taken"] - there,
    }


def _part(folder: Path, *command: str) -> "subprocess.Popen[str]":
    """Another process of this very file, whose store is in the folder."""
    return subprocess.Popen(  # noqa: S603 - see above
        [sys.executable, __file__, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(folder),
    )


def _environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FAILONCE")}
    return kept | {"FAILONCE_STORE__URL": store_url(folder / STORE)}


def _tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _heard(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"it ended with {process.wait(60)}"
    found: dict[str, Any] = json.loads(line)
    return found


def _in_store(folder: Path) -> int:
    """Calls of the bench that are there, each once."""
    store = open_store(store_url(folder / STORE))
    try:
        return len({(e.call.args or {})["number"] for e in store.calls(project="bench")})
    finally:
        store.close()


# -------------------------------------------------------------- in the way


@contextmanager
def _condition(name: str, folder: Path) -> Iterator[Callable[[], None]]:
    """What is in the way while this runs; gives what takes it away."""
    store = folder / STORE
    if name not in ("away", "queue"):
        open_store(store_url(store)).close()
    if name in ("away", "queue"):
        store.mkdir()
    if name == "queue":
        folder_beside(store).write_text("no folder")
    if name == "full":
        _fill(folder / "filler")
    holder = _part(folder, "hold", str(store)) if name == "slow" else None
    if holder is not None:
        _heard(holder)

    def lift() -> None:
        if store.is_dir():
            store.rmdir()
        if name == "queue":
            folder_beside(store).unlink()
        if holder is not None:
            holder.kill()
            holder.wait()
        (folder / "filler").unlink(missing_ok=True)

    yield lift


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))


def hold(path: str) -> None:
    """Another program that writes for five seconds at a time, until it is killed."""
    store = sqlite3.connect(path, isolation_level=None, timeout=60)
    while True:
        store.execute("BEGIN IMMEDIATE")
        _say({})
        time.sleep(5)
        store.execute("COMMIT")
        time.sleep(0.01)


# ------------------------------------------------------------------ killed


def burst() -> None:
    """Report so many calls at once, and wait to be killed."""
    tool = failonce.watch(_tool)
    with failonce.session("bench-burst", project="bench"):
        for n in range(2_000):
            _call(tool, -1, n)
        assert host().writer.flush(60)
        for n in range(2_000, 2_000 + IN_FLIGHT):
            _call(tool, -1, n)
        _say(_counts())
    time.sleep(60)


def killed(folder: Path) -> dict[str, Any]:
    """What is left of 10,000 calls, and what the next start says of them."""
    victim = _part(folder, "burst")
    said = _heard(victim)
    victim.send_signal(signal.SIGKILL)
    victim.wait(60)
    told = status(folder_beside(folder / STORE)).dead
    missing = told.taken - _in_store(folder)
    told_next = settle(folder_beside(folder / STORE))
    assert told_next.lost == told.lost
    return {
        "killed_taken": told.taken,
        "killed_acknowledged_then": said["done"],
        "killed_lost": missing,
        "killed_lost_told": told.lost,
    }


# ---------------------------------------------------------------- figures


def _share(times: Sequence[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


def _added(times: Sequence[float], base: Sequence[float], share: float) -> float:
    return _share(times, share) - _share(base, share)


def _by_block(times: Sequence[float], base: Sequence[float], share: float) -> float:
    """The middle one of the blocks, so that a storm on the machine is one block's."""
    starts = range(0, len(times) - BLOCK + 1, BLOCK)
    return statistics.median(
        _added(times[s : s + BLOCK], base[s : s + BLOCK], share) for s in starts
    )


def _run(condition: str, ticks: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        argv = [sys.executable, __file__, "world", condition, str(ticks), name]
        if condition == "full":
            rights = [] if os.geteuid() == 0 else ["--map-root-user"]
            mount = 'mount -t tmpfs -o size=96m none "$0" || exit 99; exec "$@"'
            argv = ["unshare", *rights, "--mount", "sh", "-c", mount, name, *argv]
            if shutil.which("unshare") is None:
                return {"skipped": "needs unshare"}
        done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if done.returncode == 99:
            return {"skipped": "needs the right to make a mount namespace"}
        assert done.returncode == 0, done.returncode
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


_PARTS: dict[str, Callable[..., None]] = {
    "twin": twin, "world": world, "hold": hold, "burst": burst,
}  # fmt: skip


def main() -> None:
    """Measure, and print; or be a part of it."""
    if sys.argv[1:] and sys.argv[1] in _PARTS:
        _PARTS[sys.argv[1]](*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=[*CONDITIONS, "killed"])
    given = parser.parse_args()
    _report(4_000 if given.quick else 20_000, given.only)


def _report(ticks: int, only: str | None) -> None:
    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cpus, "
        f"load {load:.1f}; {ticks:,} ticks of {TICK_S * 1000:g} ms"
    )
    figures: dict[str, Any] = {}
    for condition in [c for c in CONDITIONS if only in (None, c)]:
        found = _run(condition, ticks)
        print(f"{condition:6}", _line(found))
        figures |= {f"{condition}_{name}": value for name, value in found.items()}
    if only in (None, "killed"):
        with tempfile.TemporaryDirectory() as name:
            found = killed(Path(name))
        print("killed", json.dumps(found))
        figures |= found
    rounded = {n: round(v, 1) if isinstance(v, float) else v for n, v in figures.items()}
    print(json.dumps(rounded))


def _line(f: dict[str, Any]) -> str:
    if "skipped" in f:
        return f"skipped: {f['skipped']}"
    return (
        f"alone p50 {f['alone_p50']:.0f} p99 {f['alone_p99']:.0f}, watched p50 "
        f"{f['watched_p50']:.0f} p99 {f['watched_p99']:.0f}; added at p99 {f['added_p99']:.0f} "
        f"(noise {f['noise_p99']:.0f}), in the middle block {f['added_p99_middle']:.0f} "
        f"({f['noise_p99_middle']:.0f}) us\n       {f['succeeded']:,} of {f['calls']:,} calls "
        f"succeeded, {f['late']:,} began late; {f['taken']:,} taken: {f['stored']:,} stored, "
        f"{f['spooled']:,} spooled, {f['waiting']:,} waiting; {f['dropped']:,} dropped and "
        f"counted\n       afterwards {f['taken_and_not_there']:,} of those taken are not in the "
        f"store; failed within: {f['failed_within']}"
    )


if __name__ == "__main__":
    main()
