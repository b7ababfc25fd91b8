"""A run leaves nothing: no process, thread, descriptor, mount, group or file."""

import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Ending, Grants, Job, Limits

SECOND = Limits(seconds=0.1)


def jobs(folder: Path) -> list[Job]:
    """One for each way to end."""
    inner = folder / "granted"
    inner.mkdir(exist_ok=True)
    ends = [
        ("return 1", {}),
        ("raise ValueError", {}),
        ("os._exit(0)", {}),
        ("os.kill(os.getpid(), 11); os.abort()", {}),
        ("threading.Thread(target=time.sleep, args=(9,)).start()", {}),
        ("while True: pass", {"limits": SECOND}),
        ("return 'x' * 2_000_000", {}),
        ("x = bytearray(1 << 40)", {}),
        ("os.mkdir('a'); open('a/b', 'w').write('x' * 100_000)", {}),
        ("return os.listdir(FOLDER)", {"grants": Grants(writes=(str(inner),))}),
        (
            "import subprocess; subprocess.Popen(['sleep', '60'])",
            {"grants": Grants(subprocess=True)},
        ),
        ("time.sleep(0.01)", {"grants": Grants(network=("example.com",))}),
        ("return (", {}),
    ]
    head = f"import os, threading, time\nFOLDER = {str(inner)!r}\ndef f():\n    "
    return [Job(source=head + end, entry="f", **more) for end, more in ends]  # type: ignore[arg-type]


def processes() -> set[str]:
    """Those of a sandbox, whoever started them."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith((b"bwrap", b"/python/bin/python" + sys.version[:4].encode())):
            found.add(folder.name)
    return found


def groups() -> set[str]:
    """Control groups of this process's sandboxes."""
    mark = f"failonce-{os.getpid()}-"
    return {str(p) for p in Path("/sys/fs/cgroup").rglob(f"{mark}*")}


def state() -> dict[str, object]:
    """What a run could leave, as far as this process can tell."""
    mine = {p for p in processes() if _descends(p)}
    return {
        "processes": mine,
        "threads": threading.active_count(),
        "tasks": len(list(Path("/proc/self/task").iterdir())),
        "mounts": Path("/proc/self/mountinfo").read_text(),
        "groups": groups(),
        "files": {p.name for p in Path(tempfile.gettempdir()).glob("failonce-canary-*")},
    }


def descriptors() -> set[str]:
    """What is open, by number and by what it is; other tests' rubbish is not a run's."""
    gc.collect()
    found = set()
    for place in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(f"{place.name} {place.readlink()}")
    return {f for f in found if not f.endswith("/fd")}


def settled() -> dict[str, object]:
    """The same when it no longer changes: the kernel buries threads in its own time."""
    now = state()
    while now != (later := _later()):
        now = later
    return now


def _later() -> dict[str, object]:
    time.sleep(0.3)
    return state()


def _descends(pid: str, ancestor: int | None = None) -> bool:
    """Whether a process has this one, or another, among its ancestors."""
    while pid not in ("0", "1"):
        if int(pid) == (ancestor or os.getpid()):
            return True
        try:
            pid = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1]
        except OSError:
            return False
    return False


def rounds(sandbox: Bubblewrap, count: int, folder: Path) -> None:
    """So many runs, on two threads, of all kinds."""
    all_of_them = jobs(folder)
    for job in all_of_them:
        sandbox.run(job)
    before, opened = settled(), descriptors()
    turns = [all_of_them[n % len(all_of_them)] for n in range(count)]
    with ThreadPoolExecutor(2) as pool:
        ended = {ran.ending for ran in pool.map(sandbox.run, turns)}
    assert {Ending.RETURNED, Ending.RAISED, Ending.DIED, Ending.TIME, Ending.REFUSED} <= ended
    assert settled() == before
    assert not descriptors() - opened


def test_a_hundred_runs_leave_nothing(sandbox: Bubblewrap, tmp_path: Path) -> None:
    """However they end."""
    rounds(sandbox, 100, tmp_path)


@pytest.mark.torture
def test_a_thousand_runs_leave_nothing(sandbox: Bubblewrap, tmp_path: Path) -> None:
    """The same, ten times as often."""
    rounds(sandbox, 1000, tmp_path)


def test_who_is_killed_leaves_no_sandbox_behind(sandbox: Bubblewrap) -> None:
    """The host dies in the middle of a run; so does all that it started."""
    assert sandbox.barriers()
    source = "import time\ndef f():\n    time.sleep(300)"
    program = (
        "from failonce.adapters.sandbox import Bubblewrap\n"
        "from failonce.model import Job, Limits\n"
        f"job = Job(source={source!r}, entry='f', limits=Limits(seconds=300))\n"
        "Bubblewrap().run_unasked(job)\n"
    )
    host = subprocess.Popen([sys.executable, "-c", program])
    end = time.monotonic() + 30
    started: set[str] = set()
    while len(started) < 2 and time.monotonic() < end:
        time.sleep(0.05)
        started = {p for p in processes() if _descends(p, host.pid)}
    time.sleep(0.2)
    assert len(started & processes()) == 2
    host.send_signal(signal.SIGKILL)
    host.wait()
    while started & processes() and time.monotonic() < end:
        time.sleep(0.01)
    assert not started & processes()
    left = list(Path("/sys/fs/cgroup").rglob(f"failonce-{host.pid}-*"))
    time.sleep(2.5)  # what was just made is nobody's to take away
    again = [sys.executable, "-c", program.replace("300", "0.1")]
    subprocess.run(again, check=True)  # the next process takes away the group that was left
    assert not [group for group in left if group.exists()]


def test_what_canaries_lay_out_ends_with_whoever_tried_them() -> None:
    """Also where that was killed in the middle."""
    script = (
        "import time\n"
        "from failonce.adapters.sandbox.canaries import _sleeping\n"
        "with _sleeping() as bait:\n"
        "    print(bait.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        bait = Path("/proc") / process.stdout.readline().decode().strip()
        assert bait.exists()
        process.kill()
    end = time.monotonic() + 10
    while bait.exists() and "Z" not in (bait / "stat").read_text().split()[2]:
        assert time.monotonic() < end
        time.sleep(0.01)
