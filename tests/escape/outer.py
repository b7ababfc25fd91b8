"""A small machine of its own, so that neither an attack nor its control can touch the real one.

Namespaces for users, processes, mounts, network, communication and names; a root directory in
memory that shows the system's programs and this project read-only; a loopback of its own; limits
of its own, and a supervisor outside who ends everything. Needs no privilege. Started by root,
nobody inside is root to the machine: identities are a range that the machine does not use.
"""

import contextlib
import ctypes
import json
import os
import platform
import resource
import secrets
import select
import shutil
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.escape.arena import AS_ROOT, HOME, METADATA, MIB, ROOTS_OWN
from tests.escape.watching import PAGE, processes

PROJECT = Path(__file__).parents[2]
FIRST, COUNT = 1_900_000_000, 50_000_000
"""The range of the machine's identities that stands for all those inside, started by root."""
ORDINARY = 1000
DEADLINE = 20.0
"""Seconds after which the supervisor ends everything."""
MOST_MEMORY = 1536 * MIB
"""Bytes resident in all processes after which it does so too."""

_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x20000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
BIND, _REC, _PRIVATE, _NOSUID, NODEV, _DETACH = 0x1000, 0x4000, 0x40000, 0x2, 0x4, 0x2
READ_ONLY, REMOUNT = 0x1, 0x20
_READ_ONLY_NOSUID = 0x3
_MOUNT_SETATTR, _RECURSIVE, _AT_FDCWD = 442, 0x8000, -100
_PR_SET_DUMPABLE = 4
_KEYCTL = {"x86_64": 250, "aarch64": 219}
_libc = ctypes.CDLL(None, use_errno=True)


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


def why_not(who: Who) -> str:
    """Why this cannot be had on this machine; empty where it can."""
    if who is Who.ROOT and os.getuid() != 0:
        return "an ordinary user has no range of identities to be root over"
    pid = os.fork()
    if pid == 0:
        os._exit(0 if _libc.unshare(_NEWUSER | _NEWNS | _NEWPID) == 0 else 1)
    return "this machine gives no user namespaces" if os.waitpid(pid, 0)[1] else ""


def run(who: Who, work: Callable[[Inside], object], folder: Path) -> dict[str, object]:
    """Do the work as the first process of a new small machine; its answer, or what went wrong.

    `folder` is an empty one of the real machine, to mount the root directory on.
    """
    answers, answer = os.pipe()
    privileged = os.getuid() == 0
    ready, mapped = socket.socketpair()
    me, group = os.getuid(), os.getgid()
    _check(_libc.unshare(_NEWPID if privileged else _NEWUSER | _NEWPID), "unshare")
    if not privileged:
        _map(os.getpid(), f"{ORDINARY} {me} 1", f"{ORDINARY} {group} 1")
    pid = os.fork()
    if pid == 0:
        try:
            inside = _enter(who, folder, mapped, privileged=privileged)
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
    return _supervise(pid, answers)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


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
        if select.select([answers], [], [], 0.02)[0]:
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


# -------------------------------------------------------------------- the way in


def _enter(who: Who, folder: Path, mapped: socket.socket, *, privileged: bool) -> Inside:
    """Become the first process of the small machine. What is still open towards outside: nothing
    but the pipe for the answer, which no program that is started inherits."""
    os.setsid()
    secret = f"r{secrets.token_hex(12)}" if privileged else ""
    _check(_libc.unshare(_NEWNS), "unshare mounts")
    _root(folder, secret, uid=_outside(who) if privileged else os.getuid())
    for what, most in (("NPROC", 600), ("FSIZE", 400 * MIB), ("AS", 4096 * MIB), ("NOFILE", 4096)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
    core = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.RLIM_INFINITY if privileged else core))
    apart = _NEWNET | _NEWIPC | _NEWUTS | _NEWCGROUP
    _check(_libc.unshare(apart | (_NEWUSER | _NEWNS) * privileged), "unshare the rest")
    if privileged:
        mapped.send(b"x")
        assert mapped.recv(1)
        os.setgroups([])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    mapped.close()
    _settings(who)
    if privileged and who is Who.USER:
        os.setresgid(ORDINARY, ORDINARY, ORDINARY)
        os.setresuid(ORDINARY, ORDINARY, ORDINARY)
    if who is Who.USER:
        _no_capabilities()
    _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
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


def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    """Mount as `mount(2)` does."""
    texts = [x.encode() for x in (source, str(target), kind)]
    _check(_libc.mount(*texts, ctypes.c_ulong(flags), data.encode() or None), f"mount {target}")


def _bind(source: Path, root: Path) -> None:
    """Show a file or folder of the machine at the same place, read-only with all beneath it."""
    target = root / source.relative_to("/")
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    mount(str(source), target, "", BIND | _REC)
    if not source.is_char_device():
        rules = struct.pack("=4Q", _READ_ONLY_NOSUID, 0, 0, 0)
        here = ctypes.c_char_p(str(target).encode())
        _check(
            _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, here, _RECURSIVE, rules, len(rules)),
            f"make {target} read-only",
        )


def _root(folder: Path, secret: str, uid: int) -> None:
    """Build the root directory and move into it; nothing of the machine's own stays reachable."""
    mount("none", Path("/"), "", _REC | _PRIVATE)
    mount("tmpfs", folder, "tmpfs", NODEV, "size=640m,nr_inodes=200000,mode=755")
    programs = [Path(p) for p in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")]
    imports = [Path(p).resolve() for p in (*sys.path, sys.prefix, sys.base_prefix)]
    devices = [Path("/dev", n) for n in ("null", "zero", "full", "random", "urandom", "tty")]
    wanted = {p for p in (*programs, *imports, PROJECT, *devices) if p.exists()}
    for path in sorted(wanted, key=lambda p: len(p.parts)):
        if path != Path("/"):
            _bind(path, folder)
    for name in ("dev/shm", "dev/pts", "proc", "tmp", "run", "var", "etc", "opt", "old", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for link, aim in (("dev/fd", "/proc/self/fd"), ("dev/ptmx", "pts/ptmx"), ("var/run", "/run")):
        (folder / link).symlink_to(aim)
    mount("proc", folder / "proc", "proc", _NOSUID | NODEV)
    mount("devpts", folder / "dev/pts", "devpts", _NOSUID, "newinstance,ptmxmode=0666,mode=0620")
    _etc(folder / "etc")
    home = folder / HOME.relative_to("/")
    home.mkdir()
    for name in ("tmp", "dev/shm"):
        (folder / name).chmod(0o1777)
    places = [folder, home, *(folder / n for n in ("dev", "tmp", "run", "var", "etc", "opt"))]
    for place in (*places, folder / "home", *(folder / "etc").iterdir()):
        os.chown(place, uid, uid if secret else os.getgid())
    if secret:
        _of_root(folder, secret)
    os.chdir(folder)
    _check(_libc.pivot_root(b".", b"old"), "pivot_root")
    os.chdir("/")
    _check(_libc.umount2(b"/old", _DETACH), "umount")
    Path("/old").rmdir()


def _etc(etc: Path) -> None:
    for name in ("ld.so.cache", "nsswitch.conf", "protocols", "services"):
        with contextlib.suppress(OSError):
            shutil.copy(f"/etc/{name}", etc / name)
    people = ("root:x:0:0::/root:/bin/sh", f"operator:x:{ORDINARY}:{ORDINARY}::{HOME}:/bin/sh")
    (etc / "passwd").write_text("\n".join(people) + "\nnobody:x:65534:65534::/:/bin/false\n")
    (etc / "group").write_text(f"root:x:0:\noperator:x:{ORDINARY}:\nnogroup:x:65534:\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")


def _of_root(folder: Path, secret: str) -> None:
    """A program that runs as root, and a file that only root may read."""
    program, own = (folder / p.relative_to("/") for p in (AS_ROOT, ROOTS_OWN))
    shutil.copy("/usr/bin/cat", program)
    own.write_text(secret)
    for path in (program, own):
        os.chown(path, FIRST, FIRST)
    program.chmod(0o4755)
    own.chmod(0o600)


def _settings(who: Who) -> None:
    """The loopback, what an ordinary user may do with the network, no key of anybody else."""
    socket.sethostname("outer")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        for name, address in (("lo", "127.0.0.1"), ("lo:1", METADATA)):
            _interface(door, name, address)
    group = ORDINARY if who is Who.USER else 0
    net = Path("/proc/sys/net/ipv4")
    (net / "ping_group_range").write_text(f"{group} {group}")
    (net / "ip_unprivileged_port_start").write_text("0")
    keyctl = _KEYCTL.get(platform.machine())
    assert keyctl, f"the number of keyctl on {platform.machine()} is not known"
    _check(_libc.syscall(keyctl, 1, None), "a session keyring of its own")


def _interface(door: socket.socket, name: str, address: str) -> None:
    import fcntl

    set_address, set_flags, up_running = 0x8916, 0x8914, 0x41
    where = struct.pack("=H2x4s8x", socket.AF_INET, socket.inet_aton(address))
    fcntl.ioctl(door, set_address, struct.pack("16s16s8x", name.encode(), where))
    fcntl.ioctl(door, set_flags, struct.pack("16sH22x", name.encode(), up_running))


def _no_capabilities() -> None:
    """An ordinary user inside has no capability left, not even over the small machine."""
    version, nobody = 0x20080522, 0
    header = struct.pack("=Ii", version, nobody)
    _check(_libc.capset(header, bytes(24)), "capset")
