"""The sandbox over bubblewrap (`bwrap`), hardened; where it cannot be, every run is refused.

look up grants → memory group → start (as nobody where we are root) → greeting: the grants are
what was looked up → hand the code over → one answer, or a limit → all of it is killed
"""

import marshal
import os
import resource
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any, Final

from failonce.adapters.sandbox import grants as granting
from failonce.adapters.sandbox import interpreter, stage
from failonce.adapters.sandbox.answering import Answers, Counter, Reply, reply
from failonce.adapters.sandbox.conversation import BOOT, INFO, Conversation, Log, Said, Start
from failonce.adapters.sandbox.framing import framed
from failonce.adapters.sandbox.growth import Growth
from failonce.adapters.sandbox.layout import DEVICES, INODES, PACKAGES, SCRATCH, Layout, arguments
from failonce.adapters.sandbox.memory_group import CURE, MemoryGroup, memory_group
from failonce.adapters.sandbox.policy import allowed, machine
from failonce.adapters.sandbox.reading import Unreadable, printed, read_value, read_words, visible
from failonce.adapters.sandbox.syscalls import numbers
from failonce.errors import Refused
from failonce.model import Ending, Enforced, Job, Json, Ran, Strength

THREADS: Final = 64
"""Threads and processes of a run together."""
DESCRIPTORS: Final = 256
_MOST: Final = 1 << 50
_START_S: Final = 30.0
_INTERPRETER_BYTES: Final = 32 * 1024 * 1024
"""What Python itself takes of the memory of all processes together."""
_STACK_BYTES: Final = 8 * 1024 * 1024
Look = Callable[[Conversation], None]
"""What canaries see of a process while it is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A job with all that was looked up for it."""

    job: Job
    granted: Sequence[granting.Granted]
    hosts: Sequence[tuple[str, tuple[int, ...]]]
    user: int | None
    bwrap: str
    group: MemoryGroup | None


class Bubblewrap:
    """A `ports.Sandbox` over bubblewrap.

    `protected` are folders that are never lent: where failonce keeps its store. `packages` is
    the operator's folder of allowed packages, each in a folder of its own name.
    """

    def __init__(
        self,
        *,
        protected: Sequence[Path] = (),
        packages: Path | None = None,
        program: str = "bwrap",
    ) -> None:
        self._protected = tuple(p.resolve() for p in protected)
        self._packages = packages
        self._program = program
        self._lock = Lock()
        self._found: tuple[Enforced, ...] | None = None

    def barriers(self) -> Sequence[Enforced]:
        """What canaries found, run once."""
        from failonce.adapters.sandbox import canaries  # noqa: PLC0415 - they run jobs of ours

        with self._lock:
            if self._found is None:
                self._found = canaries.tried(self.run_unasked)
            return self._found

    def run(self, job: Job, answer: Answers | None = None) -> Ran:
        """Run it, where all that was tried holds; `answer` makes the calls that it wants."""
        begun = time.perf_counter()
        held = tuple(self.barriers())
        absent = [b for b in held if b.how is Strength.ABSENT]
        if absent:
            error = "; ".join(dict.fromkeys(f"{b.why}{b.cure and ' ' + b.cure}" for b in absent))
            ran = Ran(ending=Ending.REFUSED, error=error)
        else:
            ran = self.run_unasked(job, answer=answer)
        return replace(ran, enforced=held, ms=(time.perf_counter() - begun) * 1000)

    def run_unasked(self, job: Job, look: Look | None = None, answer: Answers | None = None) -> Ran:
        """Run it without trying the barriers first, as canaries do."""
        try:
            user = stage.nobody()
            if user is None:
                own = None if answer is None else partial(reply, answer)
                return self._attempt(job, user, look, own)
            counter = None if answer is None else Counter(answer)
            asked = None if counter is None else counter.ask
            return stage.apart(lambda: self._attempt(job, user, look, asked), counter)
        except Refused as no:
            return Ran(ending=Ending.REFUSED, error=str(no))
        except OSError as error:
            return Ran(ending=Ending.REFUSED, error=f"The sandbox cannot be set up: {error}.")

    def _attempt(self, job: Job, user: int | None, look: Look | None, answers: Reply | None) -> Ran:
        with ExitStack() as stack:
            return _converse(self._prepared(job, user, stack), look, answers)

    def _prepared(self, job: Job, user: int | None, stack: ExitStack) -> _Prepared:
        limits = job.limits
        if not all(0 < getattr(limits, f.name) < _MOST for f in fields(limits)):
            raise Refused("A limit of nothing leaves nothing to run, and one without end is none.")
        bwrap = self._bwrap()
        granted = granting.looked_up(
            job.grants, stack, protected=self._protected, packages=self._packages
        )
        hosts = granting.hosts(job.grants)
        group = memory_group(limits.memory_bytes + limits.disk_bytes + _INTERPRETER_BYTES)
        if group is not None:
            stack.callback(group.close)
        elif job.grants.subprocess:
            raise Refused(f"Programs cannot be held to a limit of memory together here: {CURE}.")
        return _Prepared(job=job, granted=granted, hosts=hosts, user=user, bwrap=bwrap, group=group)

    def _bwrap(self) -> str:
        if not sys.platform.startswith("linux"):
            raise Refused("There is no sandbox for this system: bubblewrap needs Linux.")
        machine()
        found = shutil.which(self._program)
        if found is None:
            raise Refused(
                "bubblewrap is not installed, and without it nothing is run: install the package "
                "bubblewrap (`apt-get install bubblewrap`, `dnf install bubblewrap`)."
            )
        return found


def _converse(ready: _Prepared, look: Look | None, answers: Reply | None) -> Ran:
    """Start, greet, hand over, listen; nothing of it is left afterwards."""
    job = ready.job
    with ExitStack() as stack:
        start, door = _starts(ready)
        proxy = stack.enter_context(Conversation(*door, most_log=0)) if door else None
        code = marshal.dumps((_inside("inside"), _config(ready)))
        counted = _entered(ready, stack)
        talk = stack.enter_context(
            Conversation(start, code, most_log=job.limits.log_bytes, growth=_growth(ready))
        )
        if not counted:
            _count(ready, talk)
        found = talk.greeting(_START_S)
        if found is None:
            raise Refused(_why_not(talk))
        if found[1:] != [g.identity for g in ready.granted]:
            raise Refused("What was granted was changed for something else while it was looked at.")
        if proxy is not None:
            talk.hand_on(proxy)
        nonce, calls = secrets.token_hex(16), answers is not None
        most = (talk.size("VmSize") or 0) + job.limits.memory_bytes
        talk.tell(framed((job.source, job.entry, _plain(job.args), nonce, most, calls)))
        said = talk.answer(nonce, job.limits.seconds, job.limits.output_bytes, answers)
        if look is not None:
            look(talk)
    return _told(said, talk.log, ready)


def _growth(ready: _Prepared) -> Growth | None:
    """What looks at the folders that may be written, where there are any."""
    written = [g.descriptor for g in ready.granted if g.bind.writable]
    return Growth(written, ready.job.limits.disk_bytes) if written else None


def _starts(ready: _Prepared) -> tuple[Start, tuple[Start, bytes] | None]:
    """How the job is started, and its proxy where it has hosts."""
    job = ready.job
    inner = interpreter.layout(programs=job.grants.subprocess, proxied=bool(ready.hosts))
    inner = replace(
        inner,
        binds=[*inner.binds, *(g.bind for g in ready.granted)],
        links=_links(inner, job),
    )
    outer = interpreter.proxy_layout() if ready.hosts else None
    if ready.user is not None:
        opened = {g.bind: g.descriptor for g in ready.granted}
        wanted = dict.fromkeys([*inner.binds, *(outer.binds if outer else ())])
        placed = stage.staged(wanted, opened, ready.user, ready.bwrap)
        inner = replace(inner, binds=[placed[b] for b in inner.binds])
        outer = outer and replace(outer, binds=[placed[b] for b in outer.binds])
    start = _start(ready, inner)
    if outer is None:
        return start, None
    return start, (_start(ready, outer), marshal.dumps((_inside("proxy"), list(ready.hosts))))


def _links(layout: Layout, job: Job) -> dict[str, str]:
    """`/tmp` is the scratch folder, unless something below it was granted."""
    given = (*job.grants.reads, *job.grants.writes)
    taken = any(Path(p).is_relative_to("/tmp") for p in given)  # noqa: S108 - compared only
    return dict(layout.links) if taken else {**layout.links, "/tmp": SCRATCH}  # noqa: S108


def _start(ready: _Prepared, layout: Layout) -> Start:
    command = (interpreter.EXECUTABLE, *interpreter.FLAGS, "-c", BOOT)
    given = arguments(layout, command, info=INFO)
    return Start(bwrap=ready.bwrap, arguments=given, user=ready.user)


def _config(ready: _Prepared) -> dict[str, object]:
    """What the inside needs to know before it reads the job."""
    job, kind = ready.job, machine()
    known = numbers(kind)
    program = _filter(job.grants.subprocess, bool(ready.hosts), bool(job.grants.writes))
    return {
        "calls": {n: known[n] for n in ("mount", "capset", "prlimit64", "seccomp")},
        "scratch": SCRATCH.encode(),
        "programs": job.grants.subprocess,
        "disk": job.limits.disk_bytes,
        "inodes": INODES,
        "limits": _limits(job),
        "landlock": [known["landlock_create_ruleset"] + n for n in (0, 1, 2)],
        "writable": [(SCRATCH, "own"), *_devices(), *_written(ready)],
        "granted": [g.bind.target for g in ready.granted],
        "proxy": interpreter.PROXY_PORT if ready.hosts else 0,
        "packages": [f"{PACKAGES}/{name}" for name in job.grants.packages],
        "filter": program,
    }


def _devices() -> list[tuple[str, str]]:
    return [(f"/dev/{name}", "file") for name in DEVICES]


def _written(ready: _Prepared) -> list[tuple[str, str]]:
    """Granted places to write, and whether each is a folder or a file."""
    found = [g for g in ready.granted if g.bind.writable]
    kinds = ("granted" if stat.S_ISDIR(os.fstat(g.descriptor).st_mode) else "file" for g in found)
    return [(g.bind.target, kind) for g, kind in zip(found, kinds, strict=True)]


@cache
def _filter(subprocess: bool, network: bool, writes: bool) -> bytes:
    return allowed(machine(), subprocess=subprocess, network=network, writes=writes).program()


def _limits(job: Job) -> list[tuple[int, int]]:
    """Limits of each process, none above what we have ourselves."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: ceil(job.limits.seconds * (os.cpu_count() or 1)) + 1,
        resource.RLIMIT_FSIZE: job.limits.disk_bytes,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: DESCRIPTORS,
        resource.RLIMIT_SIGPENDING: THREADS,
        resource.RLIMIT_STACK: _STACK_BYTES,
    }
    if _counts_by_namespace():
        wanted[resource.RLIMIT_NPROC] = THREADS
    own = {r: resource.getrlimit(r)[1] for r in wanted}
    return [
        (r, most if own[r] == resource.RLIM_INFINITY else min(most, own[r]))
        for r, most in wanted.items()
    ]


@cache
def _counts_by_namespace() -> bool:
    """Whether the kernel (since 5.14) counts processes of the sandbox apart from the user's own."""
    major, minor, *_ = os.uname().release.split(".")
    return (int(major), int(minor.split("-")[0])) >= (5, 14)


@cache
def _inside(name: str) -> Any:
    """One of the programs that run inside, compiled."""
    path = Path(__file__).with_name(f"{name}.py")
    return compile(path.read_text(encoding="utf-8"), f"{name}.py", "exec", dont_inherit=True)


def _entered(ready: _Prepared, stack: ExitStack) -> bool:
    """Whether what is started now is in the group from the first; only where the thread is ours."""
    if ready.group is None or ready.user is None:
        return False
    stack.callback(ready.group.leave)
    with suppress(OSError):
        return ready.group.enter()
    return False


def _count(ready: _Prepared, talk: Conversation) -> None:
    """Put process 1 into the group, long before it has the code."""
    if ready.group is None or not talk.pid:
        return
    try:
        ready.group.add(talk.pid)
    except OSError as error:
        if ready.job.grants.subprocess:
            why = f"The limit of memory cannot be set ({error.strerror}): {CURE}."
            raise Refused(why) from None


def _told(said: Said, log: Log, ready: _Prepared) -> Ran:
    """What was heard, as the result of the run."""
    group = ready.group
    peaks = [p for p in (group and group.peak(), said.peak_bytes) if p]
    ending, value, error = _judged(said, group is not None and group.overrun())
    return Ran(
        ending=ending,
        value=value,
        error=error,
        log=printed(bytes(log.kept), log.all),
        peak_bytes=max(peaks, default=None),
    )


def _judged(said: Said, overrun: bool) -> tuple[Ending, Json, str]:
    try:
        match said.kind:
            case "V":
                return Ending.RETURNED, read_value(said.body), ""
            case "E":
                return Ending.RAISED, None, read_words(said.body)
            case "R":
                return Ending.REFUSED, None, read_words(said.body)
            case "M":
                return Ending.MEMORY, None, "It asked for more memory than it may have."
    except Unreadable as error:
        return Ending.DIED, None, f"Its answer cannot be read: {error}."
    for held, ending, what in (
        (said.too_much, Ending.OUTPUT, "It answered more than it may."),
        (said.too_full, Ending.DISK, "It took more of a granted folder than it may."),
        (overrun, Ending.MEMORY, "It took more memory than it may have."),
        (said.late, Ending.TIME, "It took longer than it may."),
    ):
        if held:
            return ending, None, what
    if said.status is None:
        return Ending.DIED, None, "What it wrote in place of an answer is none."
    return Ending.DIED, None, f"It ended with status {said.status} and without an answer."


def _why_not(talk: Conversation) -> str:
    said = visible(talk.log.kept.decode("utf-8", "replace")).strip().splitlines()
    return f"The sandbox did not start: {said[-1] if said else 'no word of why'}."


def _plain(value: Json) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v) for v in value]
    return value
