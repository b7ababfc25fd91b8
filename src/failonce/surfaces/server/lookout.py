"""What the server does by itself: it looks for lessons when something new came in, and says so.

Mining runs in a process of its own, and rests twenty times as long as it took, so it never has
more than a twentieth of a core. Whoever waits to be told gets one post when a lesson begins to
wait.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from failonce.compose import Configuration, opened
from failonce.errors import FailonceError, StoreBusy, StoreError
from failonce.model import Mode, State
from failonce.surfaces.mined import mined
from failonce.surfaces.server.children import Child, Died
from failonce.surfaces.server.intake.parcel import Receipt
from failonce.surfaces.server.metrics.measures import Looked
from failonce.surfaces.server.notice import post
from failonce.weighing import OURSELVES

if TYPE_CHECKING:
    from failonce.surfaces.server.house import House

QUIET_S: Final = 1.0
"""How long new reports may go on coming in before it looks."""
RESTS: Final = 20
"""How many times as long as it took it rests."""
AGAIN_S: Final = 30.0
"""How long it rests at least where a look failed: the store was busy, or its process killed."""
_LOG: Final = logging.getLogger("failonce")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look at one project came to."""

    project: str
    outcome: str
    new: tuple[str, ...]
    """The first line of each lesson that began to wait."""


class Lookout:
    """Runs beside the server, from `async with` on."""

    def __init__(self, house: "House") -> None:
        self._house = house
        self._due: set[tuple[str, str]] = set()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._child = Child(_begin)
        self.looks = 0
        self.busy = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._child.end()

    def stored(self, tenant: str, receipt: Receipt) -> None:
        """Something came in; failures are worth a look."""
        if receipt.new and receipt.failures and self._house.config.settings.server.mine:
            self.ask(tenant, receipt.projects)

    def ask(self, tenant: str, projects: tuple[str, ...]) -> None:
        """Look at these projects, soon."""
        self._due |= {(tenant, project) for project in projects}
        self._wake.set()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        for tenant, projects in await loop.run_in_executor(None, self._everything):
            self.ask(tenant, projects)
        while True:
            await self._wake.wait()
            await asyncio.sleep(QUIET_S)
            self._wake.clear()
            due, self._due = self._due, set()
            begin = loop.time()
            self.busy = True
            failed = [each for each in sorted(due) if not await self._looked(*each)]
            await self._child.renew()
            self.busy = False
            self.looks += 1
            rest = RESTS * (loop.time() - begin)
            await asyncio.sleep(max(rest, AGAIN_S) if failed else rest)
            for tenant, project in failed:
                self.ask(tenant, (project,))

    def _everything(self) -> list[tuple[str, tuple[str, ...]]]:
        """All projects: what came in last may not have been looked at when the server ended."""
        found = []
        if self._house.config.settings.server.mine:
            with suppress(FailonceError):  # what comes in next is looked at with all before it
                for tenant in self._house.tenants():
                    with suppress(FailonceError):  # it will be told to whoever asks for it
                        found.append((tenant, tuple(self._house.store(tenant).projects())))
        return found

    async def _looked(self, tenant: str, project: str) -> bool:
        """Look at a project; False where that must be done again."""
        config, measures = self._house.settings(tenant), self._house.measures
        begin = time.monotonic()
        try:
            found = await self._child.ask(config, project)
        except StoreBusy:
            measures.looked(Looked.BUSY)
            return False
        except (Died, StoreError) as error:
            measures.looked(Looked.FAILED)
            _LOG.warning("Looking for lessons in %s is done again later: %s", project, error)
            return False
        except Exception as error:  # nothing of this may end the server
            measures.looked(Looked.FAILED)
            _LOG.warning("Looking for lessons in %s failed: %s", project, error)
            return True
        measures.looked(Looked.DONE, time.monotonic() - begin, len(found.new))
        if found.new and config.settings.server.notify_url:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, post, self._house.config, found.project, found.new)
        return True


def _begin() -> Callable[[Configuration, str], Found]:
    """In the process that mines: behind all others."""
    if hasattr(os, "nice"):
        os.nice(10)
    return look


def look(config: Configuration, project: str) -> Found:
    """Mine a project and carry out what outcomes ask for; nothing where learning is off."""
    with opened(config, actor=OURSELVES, via="server") as parts:
        if parts.review.mode(project) is Mode.OFF:
            return Found(project=project, outcome="learning is off", new=())
        with suppress(FailonceError):
            parts.catch_up()
        run = mined(parts, project)
        parts.review.weigh(project)
        waiting = tuple(x.judgement.proof.line for x in run.new if x.state is State.PROPOSED)
        return Found(project=project, outcome=run.outcome, new=waiting)
