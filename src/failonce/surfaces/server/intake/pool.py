"""The processes that store what comes in, and the queue before them.

    receipt = await intake.take(parcel)      stored and durable, or an error says why not

What waits when a process is free goes to it together and is stored in one transaction, so the
more comes in the cheaper each is. What does not fit in the queue is refused, and told when to
come again: nothing that was taken is dropped.
"""

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Final

from failonce.compose import Configuration
from failonce.errors import FailonceError, StoreError
from failonce.surfaces.server.children import Child, Died
from failonce.surfaces.server.intake import worker
from failonce.surfaces.server.intake.parcel import Format, Parcel, Receipt
from failonce.surfaces.server.problems import Denied

if TYPE_CHECKING:
    from failonce.surfaces.server.metrics import Measures

TOGETHER_BYTES: Final = 1 << 20
"""Most content that is stored in one transaction, but for one larger body."""
TOGETHER: Final = 256
"""Most bodies of one transaction."""
LINGER_S: Final = 0.01
"""How long a process that stored several bodies waits for the next ones: who was answered sends
again just now, and the first of them alone would cost as much as all of them together."""
_OVERHEAD: Final = 1024
"""What a waiting request takes beside its body, in bytes."""
_ENDING_S: Final = 5.0
"""How long what is being stored may take when the server ends."""

_LOG: Final = logging.getLogger("failonce")

Answers = list[Receipt | FailonceError]
Keeps = Child[[Sequence[Parcel]], Answers]


@dataclass(slots=True)
class Counts:
    """What became of what came in, since the start."""

    taken: int = 0
    refused: int = 0
    """Bodies that found no room."""
    failed: int = 0
    """Bodies that could not be stored, and were answered with an error."""
    restarts: int = 0
    """Processes that died and were replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    parcel: Parcel
    answer: "asyncio.Future[Receipt]"

    @property
    def size(self) -> int:
        return len(self.parcel.content) + _OVERHEAD


class Intake:
    """Takes in parcels for one event loop; `stored` is told of each receipt with its tenant."""

    def __init__(
        self,
        config: Configuration,
        *,
        measures: "Measures",
        stored: Callable[[str, Receipt], None] | None = None,
    ) -> None:
        settings = config.settings.server
        self._children: tuple[Keeps, ...] = tuple(
            Child(worker.begin, config) for _ in range(settings.workers)
        )
        self._free = list(self._children)
        self.most = settings.queue_mb << 20
        """Bytes above which what comes is refused."""
        self._measures = measures
        self._stored = stored
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        """What is read, waits, and is being stored."""
        self._bodies = 0
        """Those that wait and are being stored."""
        self._per_second = 0.0
        """Bytes stored in a second, lately."""
        self._runs: set[asyncio.Task[None]] = set()
        self._slot = 0
        self._which = secrets.token_hex(2)
        self._ending: asyncio.Task[None] | None = None
        self.counts = Counts()
        self.came: dict[tuple[str, Format], datetime] = {}
        """When something last came in, by tenant and way."""

    async def read(self, stream: AsyncIterator[bytes]) -> bytes:
        """The whole of a body, refused with 429 as soon as there is no room for more of it."""
        parts: list[bytes] = []
        size = 0
        try:
            async for part in stream:
                self._admit(len(part), beside=self._bytes - size)
                parts.append(part)
                size += len(part)
                self._bytes += len(part)
            return b"".join(parts)
        finally:
            self._bytes -= size

    async def take(self, parcel: Parcel) -> Receipt:
        """Have it stored; durable on return.

        Raises `Denied` with 429 where too much waits, `BadInput` for a body that is none of its
        format, `StoreError` where it cannot be stored: nothing of it is stored then.
        """
        waiting = _Waiting(parcel=parcel, answer=asyncio.get_running_loop().create_future())
        self._admit(waiting.size, beside=self._bytes)
        if self._ending is not None:
            raise _ends()
        self._queue.append(waiting)
        self._bytes += waiting.size
        self._bodies += 1
        self._pump()
        return await waiting.answer

    def name(self) -> str:
        """Sixteen hex digits that no other request has: later ones come later in an index.

        A slot of 65 µs that this process took for itself, and which process it was.
        """
        self._slot = max(self._slot + 1, time.time_ns() >> 16)
        return f"{self._slot & 0xFFFFFFFFFFFF:012x}{self._which}"

    async def stop(self) -> None:
        """Store what waits, or refuse what takes too long, and end. May be called again."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await self._ending

    async def _end(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_ENDING_S):
                while self._runs:
                    await asyncio.wait(self._runs)
        for one in self._queue:
            _refuse(one, _ends())
        self._queue.clear()
        for child in self._children:
            child.end()
        if self._runs:
            await asyncio.wait(self._runs)

    @property
    def waits(self) -> int:
        """Bytes that are not stored yet."""
        return self._bytes

    def warm(self) -> None:
        """Start the processes before the first report comes."""
        for child in self._children:
            child.warm()

    # ------------------------------------------------------------- inside

    def _admit(self, size: int, *, beside: int) -> None:
        """Refuse what has no room; a body larger than all the room goes in alone."""
        if beside and self._bytes + size > self.most:
            self.counts.refused += 1
            raise Denied(
                HTTPStatus.TOO_MANY_REQUESTS,
                "More comes in than can be stored. Nothing of this was taken; send it again.",
                headers={"retry-after": str(self._later())},
            )

    def _later(self) -> int:
        """Seconds until half of what waits is stored, as far as can be told."""
        seconds = self._bytes / 2 / self._per_second if self._per_second else 1.0
        return min(max(1, ceil(seconds)), 60)

    def _pump(self) -> None:
        """Hand what waits to the processes that are free, no more to one than its share."""
        share = min(TOGETHER, ceil(self._bodies / len(self._children)))
        while self._free and self._queue:
            group = [self._queue.popleft()]
            size = group[0].size
            while self._queue and len(group) < share:
                size += self._queue[0].size
                if size > TOGETHER_BYTES:
                    break
                group.append(self._queue.popleft())
            run = asyncio.create_task(self._run(self._free.pop(), group))
            self._runs.add(run)
            run.add_done_callback(self._runs.discard)

    async def _run(self, child: Keeps, group: list[_Waiting]) -> None:
        begin = asyncio.get_running_loop().time()
        size = sum(one.size for one in group)
        try:
            await self._store(child, group)
        finally:
            self._bytes -= size
            self._bodies -= len(group)
            took = max(asyncio.get_running_loop().time() - begin, 1e-3)
            self._measures.stored(took)
            rate = size / took * len(self._children)
            self._per_second = rate if not self._per_second else 0.8 * self._per_second + 0.2 * rate
            if len(group) > 1 and len(self._queue) < len(group):
                await asyncio.sleep(LINGER_S)
            self._free.append(child)
            self._pump()

    async def _store(self, child: Keeps, group: list[_Waiting]) -> None:
        """Store a group; where its process dies each of it is tried alone, once."""
        answers: Answers
        try:
            answers = await self._ask(child, [one.parcel for one in group])
        except Exception:  # whose fault it is shows when each is alone
            answers = [await self._alone(child, one.parcel) for one in group]
        for one, answer in zip(group, answers, strict=True):
            if isinstance(answer, Receipt):
                self.counts.taken += 1
                self._measures.taken(one.parcel.format, answer)
                self.came[one.parcel.tenant, one.parcel.format] = datetime.now(UTC)
                if self._stored is not None:
                    self._stored(one.parcel.tenant, answer)
                _answer(one, answer)
            else:
                self.counts.failed += 1
                _refuse(one, answer)

    async def _alone(self, child: Keeps, parcel: Parcel) -> Receipt | FailonceError:
        try:
            return (await self._ask(child, [parcel]))[0]
        except Died:
            if self._ending is not None:
                return _ends()
            return StoreError(
                "The process that reads reports died twice over this one; it was not stored."
            )
        except Exception as error:  # who sent it must not wait for ever
            _LOG.warning("A report could not be read: %s: %s", type(error).__name__, error)
            return StoreError("This report could not be read, for a mistake of ours; see the log.")

    async def _ask(self, child: Keeps, parcels: Sequence[Parcel]) -> Answers:
        try:
            return await child.ask(parcels)
        except Died:
            self.counts.restarts += 1
            raise


def _ends() -> StoreError:
    return StoreError("The server ends. Nothing of this was stored; send it again.")


def _answer(one: _Waiting, receipt: Receipt) -> None:
    if not one.answer.done():  # whoever asked may have gone
        one.answer.set_result(receipt)


def _refuse(one: _Waiting, error: FailonceError) -> None:
    if not one.answer.done():
        one.answer.set_exception(error)
