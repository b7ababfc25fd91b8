"""Stands in for the nouns of `failonce.model` about sandboxes until they are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from failonce.model import Args, Json

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """What a job may have beyond nothing."""

    network: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    subprocess: bool = False
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a job may use up."""

    seconds: float = 10.0
    memory_bytes: int = 512 * MIB
    disk_bytes: int = 64 * MIB
    output_bytes: int = MIB
    log_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Source text, the function to call and its keyword arguments."""

    source: str
    entry: str
    args: Args
    grants: Grants = Grants()
    limits: Limits = Limits()


class Ending(StrEnum):
    """How a job ended."""

    RETURNED = "returned"
    RAISED = "raised"
    TIME = "time"
    MEMORY = "memory"
    OUTPUT = "output"
    DIED = "died"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a job."""

    ending: Ending
    value: Json = None
    error: str = ""
    log: str = ""
    ms: float = 0.0
    peak_bytes: int | None = None
    enforced: Sequence[object] = ()
