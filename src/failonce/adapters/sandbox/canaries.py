"""What holds on this machine: tried by jobs that try to get out, judged from outside."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from failonce.adapters.sandbox import interpreter
from failonce.adapters.sandbox.conversation import Conversation
from failonce.adapters.sandbox.layout import DEVICES, INODES, SCRATCH
from failonce.adapters.sandbox.memory_group import CURE, memory_group
from failonce.adapters.sandbox.policy import machine
from failonce.adapters.sandbox.syscalls import numbers
from failonce.errors import Refused
from failonce.model import Barrier, Ending, Enforced, Grants, Job, Limits, Ran, Strength

_MIB: Final = 1 << 20
_FILES: Final = INODES + 1
_FORBIDDEN: Final = (
    "ptrace process_vm_readv keyctl add_key io_uring_setup bpf perf_event_open userfaultfd mount "
    "open_tree unshare setns kexec_load personality seccomp memfd_create shmget pidfd_getfd prctl"
)
_SMALL: Final = Limits(seconds=20, memory_bytes=256 * _MIB, disk_bytes=4 * _MIB)


class Run(Protocol):
    """A run without a look at the barriers first."""

    def __call__(self, job: Job, look: Callable[[Conversation], None] | None = None) -> Ran:
        """See `Bubblewrap.run_unasked`."""


@dataclass(slots=True)
class _Seen:
    """What the kernel said of process 1, and what became of the baits."""

    facts: dict[str, str] = field(default_factory=dict)
    knocked: bool = False
    shot: bool = False
    piped: bool = False

    def look(self, talk: Conversation) -> None:
        """While it is still there."""
        for name in ("Uid", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp"):
            self.facts[name] = talk.fact(name)


def tried(run: Run) -> tuple[Enforced, ...]:
    """Every barrier, as the canaries found it."""
    seen = _Seen()
    secret = secrets.token_hex(16)
    ran = _probed(run, seen, secret)
    if ran.ending is Ending.REFUSED:
        return tuple(Enforced(what=b, how=Strength.ABSENT, why=ran.error) for b in Barrier)
    if not isinstance(ran.value, Mapping):
        why = f"The canary did not come back: {ran.ending}, {ran.error}"
        return tuple(Enforced(what=b, how=Strength.ABSENT, why=why) for b in Barrier)
    held = {**dict(_of_probe(ran.value, seen, secret)), **dict(_of_limits(run))}
    return tuple(held[barrier] for barrier in Barrier)


def _probed(run: Run, seen: _Seen, secret: str) -> Ran:
    """One job that tries all that needs no limit to be reached."""
    source = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
    try:
        known = numbers(machine())
    except Refused as no:
        return Ran(ending=Ending.REFUSED, error=str(no))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="failonce-canary-")))
        folder.chmod(0o755)
        file = folder / "secret"
        file.write_text(secret)
        file.chmod(0o644)
        bait = stack.enter_context(_sleeping())
        pipe = _pipe(folder / "granted", stack)
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = door.getsockname()[1]
        door.settimeout(0)
        args = {
            "secret": str(file),
            "bait": bait.pid,
            "pipe": str(folder / "granted/pipe"),
            "port": port,
            "calls": {n: known[n] for n in _FORBIDDEN.split()},
            "blocks": 8,
            "files": _FILES,
        }
        grants = Grants(reads=(str(folder / "granted"),))
        job = Job(source=source, entry="probe", args=args, grants=grants, limits=_SMALL)
        ran = run(job, seen.look)
        with suppress(BlockingIOError):
            door.accept()[0].close()
            seen.knocked = True
        with suppress(BlockingIOError):
            seen.piped = bool(os.read(pipe, 1))
        seen.shot = bait.poll() is not None
    return ran


def _pipe(folder: Path, stack: ExitStack) -> int:
    """The reading end of a named pipe in a folder that is granted for reading."""
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    opened = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    stack.callback(os.close, opened)
    return opened


@contextmanager
def _sleeping() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the host that is there to be killed; it ends with whoever laid it out."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "import os; os.read(0, 1)"],
        env={},
        stdin=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _of_probe(
    value: Mapping[str, Any], seen: _Seen, secret: str
) -> Iterator[tuple[Barrier, Enforced]]:
    facts = seen.facts
    calls = {n: a for n, a in value["calls"].items() if a not in ("EPERM", "ENOSYS")}
    strange = {k for k in value["environment"] if k not in _environment()}
    outside = set(facts["Uid"].split())
    yield _found(
        Barrier.PROCESSES,
        value["forked"] == "EPERM",
        "a process could be started",
        _with_programs(),
    )
    yield _found(Barrier.NETWORK, not value["connected"] and not seen.knocked, "sockets open")
    yield _found(
        Barrier.FILES,
        value["secret"] != secret and not value["seen"],
        f"files of the host can be read: {value['seen']}",
    )
    yield _writes(set(value["written"]) == {SCRATCH}, value["written"], seen)
    yield _found(
        Barrier.DISK,
        value["filled"] <= 4 and value["files"] < _FILES,
        f"{value['filled']} of 4 MiB and {value['files']} files found room",
    )
    yield _found(
        Barrier.DEVICES,
        set(value["devices"]) <= set(DEVICES) and value["made"] == "EPERM",
        f"devices: {value['devices']}",
    )
    yield _found(Barrier.SIGNALS, not seen.shot, "a process of the host was killed")
    yield _found(
        Barrier.IDENTITY,
        "0" not in outside
        and 0 not in value["ids"]
        and int(facts["CapEff"] or "1", 16) == 0
        and facts["NoNewPrivs"] == "1",
        f"user {sorted(outside)}, capabilities {facts['CapEff']}",
    )
    yield _found(Barrier.ENVIRONMENT, not strange, f"variables came along: {sorted(strange)}")
    yield _found(
        Barrier.SYSCALLS,
        not calls and facts["Seccomp"] == "2",
        f"calls that should not be: {calls}",
    )


def _writes(holds: bool, written: list[str], seen: _Seen) -> tuple[Barrier, Enforced]:
    what = Barrier.WRITES
    if holds and seen.piped:
        why = "named pipes in folders that are granted for reading can be written to"
        cure = "a kernel from 5.13 on with Landlock among its `lsm`"
        return what, Enforced(what=what, how=Strength.PARTIAL, why=why, cure=cure)
    return _found(what, holds, f"files can be made in {written}")


def _environment() -> set[str]:
    known = interpreter.layout(programs=False, proxied=False).environment
    return {*known, "PWD", "LC_CTYPE"}


def _with_programs() -> str:
    if _group():
        return "none but where programs are granted"
    return f"none, and none can be granted: their memory cannot be limited together; {CURE}"


def _group() -> bool:
    """Whether the memory of several processes can be limited together."""
    group = memory_group(64 * _MIB)
    if group is None:
        return False
    group.close()
    return True


def _of_limits(run: Run) -> Iterator[tuple[Barrier, Enforced]]:
    """Jobs that run into each limit."""
    spinning = Job(source="def f():\n    while True: pass", entry="f", limits=Limits(seconds=0.1))
    yield _ended(Barrier.TIME, run(spinning), Ending.TIME, "a loop went on")
    hungry = Job(
        source="def f():\n    x = bytearray(96 << 20)\n    return len(x)",
        entry="f",
        limits=Limits(memory_bytes=64 * _MIB),
    )
    note = "of all processes together" if _group() else "of the one process that there is"
    yield _ended(Barrier.MEMORY, run(hungry), Ending.MEMORY, "it had more than it may", note)
    talking = Job(
        source="def f():\n    print('x' * 100000)\n    return 'x' * 100000",
        entry="f",
        limits=Limits(output_bytes=10_000, log_bytes=10_000),
    )
    ran = run(talking)
    if len(ran.log) > 11_000:
        yield Barrier.OUTPUT, _not(Barrier.OUTPUT, "all that it printed was kept")
    else:
        yield _ended(Barrier.OUTPUT, ran, Ending.OUTPUT, "its whole answer was read")


_HOLDS: Final[Mapping[Barrier, str]] = {
    Barrier.TIME: "all of it is ended at the limit",
    Barrier.NETWORK: "none but hosts that are granted, through a proxy",
    Barrier.FILES: "none but Python, libraries of the system and what is granted",
    Barrier.WRITES: "none but its scratch folder and what is granted",
    Barrier.DISK: "bytes and number of files are limited",
    Barrier.OUTPUT: "answers and logs are cut at their limits",
    Barrier.DEVICES: f"none but {', '.join(DEVICES)}",
    Barrier.SIGNALS: "it sees no process but its own",
    Barrier.IDENTITY: "it is not root, and has no capability",
    Barrier.ENVIRONMENT: "no variable of the host comes along",
    Barrier.SYSCALLS: "none but those on a list",
}


def _ended(
    what: Barrier, ran: Ran, wanted: Ending, why: str, note: str = ""
) -> tuple[Barrier, Enforced]:
    return _found(what, ran.ending is wanted, f"{why} ({ran.ending}: {ran.error})", note)


def _found(what: Barrier, holds: bool, why: str, note: str = "") -> tuple[Barrier, Enforced]:
    if not holds:
        return what, _not(what, why)
    return what, Enforced(what=what, how=Strength.ENFORCED, why=note or _HOLDS[what])


def _not(what: Barrier, why: str) -> Enforced:
    return Enforced(what=what, how=Strength.ABSENT, why=f"The canary for {what} got out: {why}.")
