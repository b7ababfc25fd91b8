"""A small machine of its own, so that neither an attack nor its control can touch the real one.

Namespaces for users, processes, mounts, network, communication and names; a root directory in
memory that shows the system's programs and this project read-only; a loopback of its own; limits
of its own, and a supervisor outside who ends everything. Needs no privilege. Started by root,
nobody inside is root to the machine: identities are a range that the machine does not use.
"""

import contextlib
import json
import os
import resource
import secrets
import select
import signal
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from tests.escape.arena import HOME, MIB
from tests.escape.building import (
    ORDINARY,
    checked,
    libc,
    no_capabilities,
    root_directory,
    settings,
)
from tests.escape.watching import PAGE, processes

FIRST, COUNT = 1_900_000_000, 50_000_000
"""The range of the machine's identities that stands for all those inside, started by root."""
DEADLINE = 20.0
"""Seconds after which the supervisor ends everything."""
MOST_MEMORY = 1536 * MIB
"""Bytes resident in all processes after which it does so too."""
_LOOKS = 0.15
"""Seconds between two looks at all processes of the machine: a look takes milliseconds."""

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x20000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4


class Who(StrEnum):
    """As whom an attack runs inside."""

    ROOT = "root"
    USER = "ordinary user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What those inside are told of themselves."""

    who: Who
    roots_secret: str
    """Empty where nobody inside is more than the one who started it."""


@cache
def why_not(who: Who) -> str:
    """Why this cannot be had on this machine; empty where it can."""
    if who is Who.ROOT and os.getuid() != 0:
        return "an ordinary user has no range of identities to be root over"
    pid = os.fork()
    if pid == 0:
        os._exit(0 if libc.unshare(_NEWUSER | _NEWNS | _NEWPID) == 0 else 1)
    return "this machine gives no user namespaces" if os.waitpid(pid, 0)[1] else ""


def run(who: Who, work: Callable[[Inside], object], folder: Path) -> dict[str, object]:
    """Do the work as the first process of a new small machine; its answer, or what went wrong.

    `folder` is an empty one of the real machine, to mount the root directory on.
    """
    _die_with_the_parent()
    answers, answer = os.pipe()
    privileged = os.getuid() == 0
    lent = _memory_group(_outside(who)) if privileged else None
    ready, mapped = socket.socketpair()
    me, group = os.getuid(), os.getgid()
    checked(libc.unshare(_NEWPID if privileged else _NEWUSER | _NEWPID), "unshare")
    if not privileged:
        _map(os.getpid(), f"{ORDINARY} {me} 1", f"{ORDINARY} {group} 1")
    pid = os.fork()
    if pid == 0:
        try:
            inside = _enter(who, folder, mapped, lent, privileged=privileged)
            said = json.dumps(work(inside))
        except BaseException:
            said = json.dumps({"failure": traceback.format_exc()})
        with contextlib.suppress(OSError):
            # on a line of its own, should an attack have found the pipe
            os.write(answer, f"\n{said}".encode())
        os._exit(0)
    os.close(answer)
    mapped.close()
    if privileged and ready.recv(1):
        _map(pid, f"0 {FIRST} {COUNT}", f"0 {FIRST} {COUNT}")
        ready.send(b"x")
    try:
        return _supervise(pid, answers)
    finally:
        if lent is not None:
            _take_back(lent)


def _die_with_the_parent() -> None:
    checked(libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def _map(pid: int, users: str, groups: str) -> None:
    if os.getuid() != 0:
        Path(f"/proc/{pid}/setgroups").write_text("deny")
    Path(f"/proc/{pid}/uid_map").write_text(users)
    Path(f"/proc/{pid}/gid_map").write_text(groups)


# -------------------------------------------------------------------- from outside


def _supervise(pid: int, answers: int) -> dict[str, object]:
    """Wait for the answer; end everything when it is there, is late, or too much is taken."""
    end = time.monotonic() + DEADLINE
    said, why = b"", ""
    while not why:
        if select.select([answers], [], [], _LOOKS)[0]:
            part = os.read(answers, 2**16)
            said += part
            if not part:
                break
        if time.monotonic() > end:
            why = f"no answer within {DEADLINE} s"
        elif (taken := _resident(pid)) > MOST_MEMORY:
            why = f"{taken // MIB} MiB taken inside"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)  # the kernel returns when every process inside is gone
    os.close(answers)
    if why or not said:
        return {"failure": why or "the first process inside died"}
    answer: dict[str, object] = json.loads(said.rpartition(b"\n")[2])
    return answer


def _resident(first: int) -> int:
    """Bytes resident in a process and all its descendants."""
    children: dict[int, list[int]] = {}
    size: dict[int, int] = {}
    for pid, fields in processes().items():
        children.setdefault(int(fields[1]), []).append(pid)
        size[pid] = int(fields[21]) * PAGE
    total, waiting, all_of_them = 0, [first], []
    while waiting:
        pid = waiting.pop()
        all_of_them.append(pid)
        total += size.get(pid, 0)
        waiting += children.get(pid, [])
    # what forked processes share counts for each; the exact sum is dear, so only when in doubt
    return total if total < MOST_MEMORY else sum(map(_share, all_of_them))


def _share(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _memory_group(user: int) -> Path | None:
    """A control group for memory that those inside may divide, below our own; None without one."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own = Path("/sys/fs/cgroup/memory", path.lstrip("/"))
        if "memory" in controllers.split(",") and own.is_dir():
            group = own / f"failonce-outer-{os.getpid()}"
            group.mkdir()
            (group / "memory.limit_in_bytes").write_text(str(MOST_MEMORY + 512 * MIB))
            for place in (group, group / "tasks", group / "cgroup.procs"):
                os.chown(place, user, user)
            return group
    return None


def _take_back(group: Path) -> None:
    for folder in (*sorted(group.glob("**/"), reverse=True), group):
        end = time.monotonic() + 2.0
        while folder.exists() and time.monotonic() < end:  # the dead leave it in their own time
            with contextlib.suppress(OSError):
                folder.rmdir()


# -------------------------------------------------------------------- the way in


def _enter(
    who: Who, folder: Path, mapped: socket.socket, lent: Path | None, *, privileged: bool
) -> Inside:
    """Become the first process of the small machine. What is still open towards outside: nothing
    but the pipe for the answer, which no program that is started inherits."""
    os.setsid()
    secret = f"r{secrets.token_hex(12)}" if privileged else ""
    if lent is not None:
        (lent / "cgroup.procs").write_text("0")
    checked(libc.unshare(_NEWNS), "unshare mounts")
    user = _outside(who) if privileged else os.getuid()
    root_directory(folder, user=user, root=FIRST, secret=secret, group=lent)
    for what, most in (("NPROC", 600), ("FSIZE", 400 * MIB), ("AS", 4096 * MIB), ("NOFILE", 4096)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
    core = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.RLIM_INFINITY if privileged else core))
    apart = _NEWNET | _NEWIPC | _NEWUTS | _NEWCGROUP
    checked(libc.unshare(apart | (_NEWUSER | _NEWNS) * privileged), "unshare the rest")
    if privileged:
        mapped.send(b"x")
        assert mapped.recv(1)
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    mapped.close()
    settings(ORDINARY if who is Who.USER else 0)
    if privileged and who is Who.USER:
        os.setresgid(ORDINARY, ORDINARY, ORDINARY)
        os.setresuid(ORDINARY, ORDINARY, ORDINARY)
    if who is Who.USER:
        no_capabilities()
    checked(libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
    _die_with_the_parent()  # here, because whoever changes identity forgets it
    os.umask(0o022)
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", "HOME": str(HOME), "LANG": "C.UTF-8"})
    os.chdir(HOME)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    return Inside(who=who, roots_secret=secret)


def _outside(who: Who) -> int:
    return FIRST + (ORDINARY if who is Who.USER else 0)
