"""More processes than were granted, and those that stay."""

from collections.abc import Callable
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.attack import (
    SHORT,
    Arena,
    Attack,
    Family,
    Grants,
    Limits,
    Ran,
    overstayed,
    survived,
)
from tests.escape.blind.preludes import CALLS, other_machine

PROGRAMS = Grants(subprocess=True)
BRIEF = Limits(
    seconds=0.4,
    memory_bytes=SHORT.memory_bytes,
    disk_bytes=SHORT.disk_bytes,
    output_bytes=SHORT.output_bytes,
    log_bytes=SHORT.log_bytes,
)

PATIENT = Limits(
    seconds=6.0,
    memory_bytes=SHORT.memory_bytes,
    disk_bytes=SHORT.disk_bytes,
    output_bytes=SHORT.output_bytes,
    log_bytes=SHORT.log_bytes,
)
"""For what ends by itself, and takes a busy machine a while to start that many processes."""

MANY = 128
"""So many processes or threads at once are a bomb, whatever was granted."""


def _mark(arena: Arena) -> Args:
    """A name that processes of the job take on."""
    arena.watch()
    return {"mark": arena.secret[:15]}


def _multiplied(most: int) -> Callable[[Arena, Ran], str]:
    def reached(arena: Arena, _: Ran) -> str:
        titles = arena.seen.peak.titles.values()
        marked = sum(any(arena.secret[:15] in t for t in names) for names in titles)
        return f"{marked} processes of the job ran on the host" if marked > most else ""

    return reached


def _threads(arena: Arena, _: Ran) -> str:
    threads = arena.seen.peak.threads
    return f"{threads} threads ran at once" if threads > MANY else ""


_NAMED = f"""{CALLS}
import signal, sys, time

def named(mark, seconds=0.3):
    libc.prctl(15, mark.encode(), 0, 0, 0)
    time.sleep(seconds)
    os._exit(0)

def quiet():
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.closerange(3, 4096)
"""


def _child(name: str, does: str, **more: Any) -> Attack:
    facts = {"family": Family.PROCESSES, "bait": _mark, "reached": _multiplied(0), **more}
    body = indent(dedent(does).strip(), "    ")
    return Attack(name=name, source=f"{_NAMED}\ndef attack(mark):\n{body}\n", **facts)


_CHILDREN = (
    _child(
        "forks without being granted programs",
        """
        if os.fork() == 0:
            named(mark)
        os.wait()
        """,
    ),
    _child(
        "starts a shell without being granted programs",
        """
        import subprocess
        subprocess.run(["/bin/sh", "-c", "sleep 0.3; : " + mark])
        """,
    ),
    _child(
        "starts a program by posix_spawn",
        """
        os.posix_spawn("/bin/sh", ["sh", "-c", "sleep 0.3; : " + mark], {})
        os.wait()
        """,
    ),
    _child(
        "becomes a shell that forks",
        'os.execv("/bin/sh", ["sh", "-c", "(sleep 0.3; : " + mark + ") & wait; wait"])',
        reached=_multiplied(1),
    ),
    _child(
        "forks by clone3",
        """
        facts = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17)
        if call(435, facts, 88) == 0:
            named(mark)
        os.wait()
        """,
    ),
    _child(
        "forks by the number of the old call",
        """
        if call(57) == 0:
            named(mark)
        os.wait()
        """,
        hindered=other_machine,
    ),
    _child(
        "forks by the door for 32-bit programs",
        """
        if by_int_80(2, 0, 0) == 0:
            named(mark)
        os.wait()
        """,
        family=Family.SYSCALLS,
        hindered=other_machine,
    ),
)

_BOMB = """for _ in range(300):
    try:
        if os.fork() == 0:
            named(mark, 0.4)
    except OSError:
        pass
time.sleep(0.4)
"""

_BOMBS = (
    _child(
        "forks in a loop", _BOMB, family=Family.FORK_BOMBS, reached=_multiplied(8), limits=BRIEF
    ),
    _child(
        "forks in a loop although granted programs",
        _BOMB,
        family=Family.FORK_BOMBS,
        grants=PROGRAMS,
        reached=_multiplied(MANY),
        limits=PATIENT,
    ),
    _child(
        "doubles with every fork",
        """
        for _ in range(8):
            os.fork()
        named(mark, 0.4)
        """,
        family=Family.FORK_BOMBS,
        reached=_multiplied(8),
        limits=BRIEF,
    ),
    _child(
        "a shell starts programs in a loop",
        """
        import subprocess
        loop = "for x in " + "1 " * 200 + "; do sleep 3 & done; wait"
        subprocess.run(["/bin/sh", "-c", loop])
        """,
        family=Family.FORK_BOMBS,
        grants=PROGRAMS,
        reached=lambda arena, _: (
            f"{n} processes at once" if (n := arena.seen.peak.processes) > MANY else ""
        ),
        limits=PATIENT,
    ),
    _child(
        "starts threads in a loop",
        """
        import threading
        for _ in range(300):
            threading.Thread(target=time.sleep, args=(0.4,)).start()
        """,
        family=Family.FORK_BOMBS,
        reached=_threads,
        limits=BRIEF,
    ),
)

_TWICE = """if os.fork():
    return "done"
os.setsid()
if os.fork():
    os._exit(0)
quiet()
named(mark, 30)
"""


def _daemon(name: str, does: str, **more: Any) -> Attack:
    facts = {"family": Family.DAEMONS, "reached": survived, "limits": BRIEF, **more}
    return _child(name, does, **facts)


_DAEMONS = (
    _daemon("goes into the background by two forks", _TWICE),
    _daemon("goes into the background although granted programs", _TWICE, grants=PROGRAMS),
    _daemon(
        "goes into the background deaf to every signal",
        """
        if os.fork():
            return 1
        libc.prctl(1, 0, 0, 0, 0)
        libc.prctl(36, 1, 0, 0, 0)
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        os.setsid()
        quiet()
        named(mark, 30)
        """,
        grants=PROGRAMS,
    ),
    _daemon(
        "leaves a grandchild and is killed at the limit",
        """
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                quiet()
                named(mark, 30)
            os._exit(0)
        time.sleep(30)
        """,
        grants=PROGRAMS,
    ),
    _daemon(
        "leaves a program that nohup and setsid protect",
        """
        import subprocess
        subprocess.Popen("nohup setsid sleep 30 >/dev/null 2>&1 &", shell=True)
        time.sleep(0.2)
        """,
        grants=PROGRAMS,
    ),
    _daemon(
        "a child holds everything open that the host reads",
        """
        if os.fork():
            return 1
        time.sleep(30)
        """,
        grants=PROGRAMS,
        reached=overstayed,
    ),
)

ATTACKS = (*_CHILDREN, *_BOMBS, *_DAEMONS)
