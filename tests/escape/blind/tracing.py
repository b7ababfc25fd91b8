"""Other processes' memory, signals to them, and their standing with the kernel."""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.attack import Arena, Attack, Family, Ran, killed, told
from tests.escape.blind.preludes import CALLS, other_machine

# ---------------------------------------------------------------- memory

_SEARCH = f"""{CALLS}
import re

def areas(pid):
    for line in open(f"/proc/{{pid}}/maps"):
        span, rights = line.split()[:2]
        if rights.startswith("rw"):
            begin, end = (int(x, 16) for x in span.split("-"))
            yield begin, min(end - begin, 2**24)

def memory(pid, begin, size):
    fd = os.open(f"/proc/{{pid}}/mem", os.O_RDWR)
    return os.pread(fd, size, begin), fd

SECRET = re.compile(rb"s[0-9a-f]{{24}}")
"""


def _holder(arena: Arena) -> Args:
    arena.holder(arena.secret)
    return {}


def _bystander(arena: Arena) -> Args:
    arena.victim()
    return {}


def _forgot(arena: Arena, _: Ran) -> str:
    says = arena.says(arena.baits[0])
    return f"a process of the host now holds {says!r}" if says != arena.secret else ""


_MEMORY = (
    Attack(
        name="reads the memory of every other process",
        family=Family.PTRACE,
        source=f"""{_SEARCH}
def attack():
    found = []
    class Span(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
    for pid in everybody():
        try:
            for begin, size in areas(pid):
                room = ctypes.create_string_buffer(size)
                mine, theirs = Span(ctypes.addressof(room), size), Span(begin, size)
                spans = ctypes.byref(mine), 1, ctypes.byref(theirs), 1
                if libc.process_vm_readv(pid, *spans, 0) > 0:
                    found += [x.decode() for x in SECRET.findall(room.raw)]
        except OSError:
            pass
    return found
""",
        bait=_holder,
        reached=told,
    ),
    Attack(
        name="reads the memory of every other process as a file",
        family=Family.PTRACE,
        source=f"""{_SEARCH}
def attack():
    found = []
    for pid in everybody():
        try:
            for begin, size in areas(pid):
                found += [x.decode() for x in SECRET.findall(memory(pid, begin, size)[0])]
        except OSError:
            pass
    return found
""",
        bait=_holder,
        reached=told,
    ),
    Attack(
        name="changes the memory of every other process",
        family=Family.PTRACE,
        source=f"""{_SEARCH}
def attack():
    for pid in everybody():
        try:
            if b"sys.stdin.readline" not in open(f"/proc/{{pid}}/cmdline", "rb").read():
                continue
            for begin, size in areas(pid):
                text, fd = memory(pid, begin, size)
                for found in SECRET.finditer(text):
                    os.pwrite(fd, b"spoilt", begin + found.start())
        except OSError:
            pass
""",
        bait=_holder,
        reached=_forgot,
    ),
    Attack(
        name="seizes every other process so that it ends with it",
        family=Family.PTRACE,
        source=f"""{CALLS}
def attack():
    for pid in everybody():
        if pid != 1:
            libc.ptrace(0x4206, pid, 0, ctypes.c_void_p(0x100000))
""",
        bait=_bystander,
        reached=killed,
    ),
)

# ---------------------------------------------------------------- signals


def _victim(arena: Arena) -> Args:
    return {"victim": arena.victim()}


def _signals(name: str, does: str, **more: Any) -> Attack:
    facts = {"family": Family.SIGNALS, "bait": _victim, "reached": killed, **more}
    body = indent(dedent(does).strip(), "    ")
    source = f"{CALLS}\ndef attack(victim):\n    import fcntl, resource, signal, time\n{body}\n"
    return Attack(name=name, source=source, **facts)


_SIGNALS = (
    _signals("kills a process of the host by its number", "os.kill(victim, 9)"),
    _signals("stops a process of the host", "os.kill(victim, signal.SIGSTOP)"),
    _signals("kills everybody it may", "os.kill(-1, 9)"),
    _signals(
        "kills its own process group",
        """
        signal.signal(15, signal.SIG_IGN)
        os.kill(0, 15)
        """,
    ),
    _signals("kills the group of its parent", "os.killpg(os.getpgid(os.getppid()), 15)"),
    _signals(
        "kills by a handle of the process", "signal.pidfd_send_signal(os.pidfd_open(victim), 9)"
    ),
    _signals(
        "kills by the call for threads", "call(234, victim, victim, 9)", hindered=other_machine
    ),
    _signals(
        "kills by a queued signal",
        """
        facts = (ctypes.c_int * 32)(9, 0, -1)
        call(129, victim, 9, facts)
        """,
        hindered=other_machine,
    ),
    _signals(
        "has the kernel signal the host when a pipe is readable",
        """
        out, into = os.pipe()
        fcntl.fcntl(out, fcntl.F_SETOWN, victim)
        fcntl.fcntl(out, 10, 9)
        fcntl.fcntl(out, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.write(into, b'x')
        time.sleep(0.05)
        """,
    ),
    _signals(
        "kills by the door for 32-bit programs",
        "by_int_80(37, victim, 9)",
        family=Family.SYSCALLS,
        hindered=other_machine,
    ),
    _signals(
        "kills by the number of the other 64-bit interface",
        "call(0x40000000 | 62, victim, 9)",
        family=Family.SYSCALLS,
        hindered=lambda _: "this kernel has no x32" if _no_x32() else "",
    ),
)


def _no_x32() -> bool:
    import ctypes

    return ctypes.CDLL(None).syscall(0x40000000 | 39) < 0


# ---------------------------------------------------------------- standing with the kernel


def _differs(what: Callable[[int], object], wanted: object) -> Callable[[Arena, Ran], str]:
    def reached(arena: Arena, _: Ran) -> str:
        now = what(arena.baits[0].pid)
        return f"a process of the host now has {now}" if now == wanted else ""

    return reached


def _standing(name: str, does: str, what: Callable[[int], object], wanted: object) -> Attack:
    return _signals(name, does, family=Family.SYSTEM, reached=_differs(what, wanted))


_STANDING = (
    _standing(
        "lowers the priority of a process of the host",
        "os.setpriority(os.PRIO_PROCESS, victim, 19)",
        lambda pid: os.getpriority(os.PRIO_PROCESS, pid),
        19,
    ),
    _standing(
        "lowers the priority of all that the user runs",
        """
        os.setpriority(os.PRIO_USER, os.getuid(), 18)
        os.setpriority(os.PRIO_USER, 0, 18)
        """,
        lambda pid: os.getpriority(os.PRIO_PROCESS, pid),
        18,
    ),
    _standing(
        "takes open files away from a process of the host",
        "resource.prlimit(victim, resource.RLIMIT_NOFILE, (3, 3))",
        lambda pid: resource.prlimit(pid, resource.RLIMIT_NOFILE),
        (3, 3),
    ),
    _standing(
        "gives a process of the host only idle time",
        "os.sched_setscheduler(victim, os.SCHED_IDLE, os.sched_param(0))",
        os.sched_getscheduler,
        os.SCHED_IDLE,
    ),
    _standing(
        "names a process of the host as the first to be killed",
        'open(f"/proc/{victim}/oom_score_adj", "w").write("999")',
        lambda pid: Path(f"/proc/{pid}/oom_score_adj").read_text().strip(),
        "999",
    ),
)

ATTACKS = (*_MEMORY, *_SIGNALS, *_STANDING)
