"""Code that is run where it cannot reach anything: what it may, what it gets, what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from failonce.model.call import Args, Json

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What a person allowed the code to reach; nothing unless told (requirement H33)."""

    network: tuple[str, ...] = ()
    """Hosts as `name` (ports 80 and 443) or `name:port`; an address only where it is named."""
    reads: tuple[str, ...] = ()
    """Absolute paths of files and folders of this machine that it may read."""
    writes: tuple[str, ...] = ()
    """The same that it may read and change."""
    subprocess: bool = False
    """Whether it may start programs."""
    packages: tuple[str, ...] = ()
    """Packages that the operator installed for generated code, by name."""


class Safety(StrEnum):
    """How far code may be allowed to reach, each level with those before it (H22, H24)."""

    NOTHING = "nothing"
    """Its arguments, and installed packages."""
    READING = "reading"
    """Files and folders to read."""
    NETWORK = "network"
    """Hosts."""
    CHANGING = "changing"
    """Files and folders to change, and programs to start."""

    @classmethod
    def of(cls, grants: Grants) -> "Safety":
        """The level that these grants need."""
        if grants.writes or grants.subprocess:
            return cls.CHANGING
        if grants.network:
            return cls.NETWORK
        return cls.READING if grants.reads else cls.NOTHING

    def allows(self, grants: Grants) -> bool:
        """Whether these grants need no more than this level."""
        order = list(Safety)
        return order.index(Safety.of(grants)) <= order.index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the code may take. The defaults are those of the seeds (requirement H33)."""

    seconds: float = 10.0
    """From the moment that the code is handed over; starting is not counted."""
    memory_bytes: int = 512 * _MIB
    disk_bytes: int = 64 * _MIB
    """Of its scratch folder, and of each file that it writes elsewhere."""
    output_bytes: int = _MIB
    """Of the answer as JSON."""
    log_bytes: int = 64 * 1024
    """Of what it printed; the rest is thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A function in Python source text, and its arguments by name."""

    source: str
    entry: str
    args: Args = field(default_factory=dict)
    grants: Grants = Grants()
    limits: Limits = Limits()


class Ending(StrEnum):
    """How a run ended."""

    RETURNED = "returned"
    RAISED = "raised"
    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    """It answered more than it may."""
    DISK = "disk"
    """It took more of a granted folder than it may; a full scratch folder raises within."""
    DIED = "died"
    """It ended by itself, or by a signal, without an answer that can be read."""
    REFUSED = "refused"
    """It never ran: what it needs cannot be enforced or found, or it does not compile."""


class Barrier(StrEnum):
    """What code in the sandbox is held back from."""

    TIME = "time"
    MEMORY = "memory"
    PROCESSES = "processes"
    NETWORK = "network"
    FILES = "files"
    """Reading what is not granted."""
    WRITES = "writes"
    """Changing anything but its scratch folder."""
    DISK = "disk"
    """Bytes and number of files of the scratch folder."""
    OUTPUT = "output"
    DEVICES = "devices"
    SIGNALS = "signals"
    IDENTITY = "identity"
    """Being root, or having any of root's rights."""
    ENVIRONMENT = "environment"
    SYSCALLS = "syscalls"


class Strength(StrEnum):
    """How well a barrier holds on this machine."""

    ENFORCED = "enforced"
    PARTIAL = "partial"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enforced:
    """One barrier as it was found by trying: how well it holds, why, and what would help."""

    what: Barrier
    how: Strength
    why: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of a job, as seen from outside.

    `value`, `error` and `log` are what the code says: data to be judged, never a verdict.
    """

    ending: Ending
    value: Json = None
    error: str = ""
    log: str = ""
    """What it printed, on both streams; characters that cannot be seen stand as escapes."""
    ms: float = 0.0
    """Milliseconds from the call of `run` to its end."""
    peak_bytes: int | None = None
    """Most memory that was in use at once, None where nobody could measure."""
    enforced: tuple[Enforced, ...] = ()
