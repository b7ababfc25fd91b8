"""An attack: code, what is laid out for it outside, and how to see what it reached there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from failonce.model import Args, Ending, Grants, Job, Limits, Ran
from tests.escape.arena import MIB, Arena

__all__ = ["MIB", "SHORT", "Arena", "Attack", "Ending", "Family", "Grants", "Limits", "Ran", "Runs"]

ENTRY = "attack"
SHORT = Limits(
    seconds=2.0,
    memory_bytes=256 * MIB,
    disk_bytes=16 * MIB,
    output_bytes=64 * 1024,
    log_bytes=16 * 1024,
)


class Family(StrEnum):
    """The ways out that are tried."""

    ENVIRONMENT = "environment"
    FILES = "files"
    LINKS = "links"
    DEVICES = "devices"
    MOUNTS = "mounts"
    NAMESPACES = "namespaces"
    PROCESSES = "processes"
    FORK_BOMBS = "fork bombs"
    DAEMONS = "daemons"
    MEMORY = "memory"
    DISK = "disk"
    INODES = "inodes"
    DESCRIPTORS = "descriptors"
    NETWORK = "network"
    UNIX_SOCKETS = "unix sockets"
    ABSTRACT_SOCKETS = "abstract sockets"
    IPC = "System V and POSIX communication"
    KEYRINGS = "keyrings"
    IO_URING = "io_uring"
    PTRACE = "ptrace"
    SIGNALS = "signals"
    SYSCALLS = "other doors to system calls"
    SYSTEM = "settings of the system"
    RESULT = "result channel"
    EXIT = "early exit"
    OUTPUT = "huge output"
    LOGS = "escapes in logs"
    STATIC = "static-check bypasses"
    TIME = "time"
    NONE = "no attack"


def _nothing(_: Arena) -> Args:
    return {}


def _unhindered(_: Arena) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One way out."""

    name: str
    family: Family
    source: str
    """Python with a function `attack`; it gets what the bait returned."""
    bait: Callable[[Arena], Args] = _nothing
    """Lays out, outside of the sandbox, what is to be reached."""
    reached: Callable[[Arena, Ran], str]
    """What of the host was reached, in words; empty where nothing. It looks at the host."""
    grants: Grants = Grants()
    limits: Limits = SHORT
    hindered: Callable[[Arena], str] = _unhindered
    """Why even a bare run cannot do this here (a privilege, the kernel); else empty."""

    def job(self, args: Args) -> Job:
        """What a runner is asked to run."""
        return Job(
            source=self.source, entry=ENTRY, args=args, grants=self.grants, limits=self.limits
        )


class Runs(Protocol):
    """Anything that runs a job: the sandbox, or the bare runner of the controls."""

    def run(self, job: Job) -> Ran: ...


# ---------------------------------------------------------------- what many attacks look for


def told(arena: Arena, ran: Ran) -> str:
    """Whether the secret, which was in no argument, came out in any part of the answer."""
    parts = {"answer": json.dumps(ran.value), "error": ran.error, "log": ran.log}
    return ", ".join(
        f"the secret is in the {p}" for p, text in parts.items() if arena.secret in text
    )


def heard(arena: Arena, _: Ran) -> str:
    """Whether somebody who listens on the host was told the secret."""
    return "a listener of the host heard the secret" if arena.heard() else ""


def changed(arena: Arena, _: Ran) -> str:
    """Which of the files laid out are no longer what they were."""
    return ", ".join(f"{name} was changed" for name in arena.changed())


def killed(arena: Arena, _: Ran) -> str:
    """Which of the processes laid out no longer run."""
    return ", ".join(f"process {pid} of the host: {state}" for pid, state in arena.hurt().items())


def overstayed(arena: Arena, _: Ran) -> str:
    """Whether the host had to wait well beyond the limit of time."""
    late = arena.took > arena.limit + arena.slack
    return f"the host waited {arena.took:.1f} s instead of {arena.limit:.1f}" if late else ""


def broke(_: Arena, __: Ran) -> str:
    """Nothing but whether the runner raised, which whoever tries the attack sees."""
    return ""


def survived(arena: Arena, _: Ran) -> str:
    """Which processes the job left alive."""
    return ", ".join(f"{name[:60]!r} is still alive" for name in arena.left())


# ---------------------------------------------------------------- why a control may be hindered


def needs_root(arena: Arena) -> str:
    """Only root can do this, so an ordinary user has no barrier to lose."""
    return "" if arena.root else "only root may do this bare"
