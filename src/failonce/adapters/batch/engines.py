"""Who does the work: this process, a pool of processes, or the workers of Dask.

All three run the same functions on the same parts and tell the results as they come, in any
order; nothing else may depend on which one it is.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class EngineName(StrEnum):
    """The words for `--engine`."""

    INLINE = "inline"
    POOL = "pool"
    DASK = "dask"


class Engine(Protocol):
    """Runs a function on many values. `work` and the values can be pickled."""

    @property
    def workers(self) -> int:
        """How many values it can be at in the same moment."""

    def run(self, work: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """The results, in any order.

        A worker that dies is replaced, and what it did is done again. Raises `BadInput` where
        the same happens again and again, and whatever `work` raises.
        """

    def close(self) -> None:
        """Let go of the workers; what they are at is not waited for."""


class Inline:
    """Engine that runs everything here, one after the other."""

    workers: Final = 1

    def run(self, work: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """The results, in order."""
        return map(work, values)

    def close(self) -> None:
        """Nothing is held."""


def engine(name: EngineName, *, workers: int, scheduler: str | None = None) -> Engine:
    """The engine of that name, with so many workers; `scheduler` is the address of Dask's.

    Raises `BadSetting` where a library is missing, `BadInput` where no scheduler answers.
    """
    match name:
        case EngineName.INLINE:
            return Inline()
        case EngineName.POOL:
            from failonce.adapters.batch.pool import Pool  # noqa: PLC0415 - loaded where it is used

            return Pool(workers)
        case EngineName.DASK:
            from failonce.adapters.batch.cluster import Cluster  # noqa: PLC0415 - an extra

            return Cluster(workers, scheduler)
