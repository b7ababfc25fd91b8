"""Work that reads much of a store for a short answer: where much is recorded, in another process.

    found = house.beside.ask(parts, work, lesson)     what `work(parts, lesson)` finds
    made = house.beside.once(parts, work, lesson)     the same, in a process for this alone

It would be time of the one that answers everybody, and memory that it never gives back: what is
read is spread over the heaps of all its threads. `work` is a function of a module, which other
processes can import, and what it is given and finds can be sent.
"""

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple, cast

from failonce.compose import Configuration, Parts, opened
from failonce.surfaces.server.children import Child
from failonce.surfaces.server.heaps import give_back

T = TypeVar("T")
Given = TypeVarTuple("Given")

FEW: Final = 2_000
"""Recorded calls up to which it is quicker to work here than to ask another process."""

_Process = Child[[Callable[..., object], Configuration, str, str, tuple[object, ...]], object]


class Beside:
    """A process that works beside a server's requests, one thing at a time. Threads share it."""

    def __init__(self) -> None:
        self._child: _Process = Child(_begin)
        self._alone: set[_Process] = set()
        self._ended = False

    @property
    def pid(self) -> int | None:
        """Of the process, None while there is none."""
        return self._child.pid

    def ask(self, parts: Parts, work: Callable[[Parts, *Given], T], *given: *Given) -> T:
        """What it finds; raises what it raises, and `Died` where its process was killed."""
        return self._in(self._child, parts, work, given)

    def once(self, parts: Parts, work: Callable[[Parts, *Given], T], *given: *Given) -> T:
        """The same for what takes long: nobody else waits, and its memory is free afterwards."""
        child: _Process = Child(_begin)
        self._alone.add(child)
        if self._ended:  # it was not among those that were ended
            child.end()
        try:
            return self._in(child, parts, work, given)
        finally:
            child.end()
            self._alone.discard(child)

    def end(self) -> None:
        """Work at nothing more; whoever waits gets `Died`."""
        self._ended = True
        for child in (self._child, *tuple(self._alone)):
            child.end()

    def _in(
        self,
        child: _Process,
        parts: Parts,
        work: Callable[[Parts, *Given], T],
        given: tuple[*Given],
    ) -> T:
        if sum(parts.store.projects().values()) <= FEW:
            return work(parts, *given)
        review = parts.review
        return cast("T", child.wait(work, parts.config, review.actor, review.via, given))


def _begin() -> Callable[..., object]:
    """In the process."""

    def worked(
        work: Callable[..., object],
        config: Configuration,
        actor: str,
        via: str,
        given: tuple[object, ...],
    ) -> object:
        try:
            with opened(config, actor=actor, via=via) as parts:
                return work(parts, *given)
        finally:
            give_back()

    return worked
