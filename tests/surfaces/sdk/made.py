"""An advisor over a store with a history and approved lessons."""

from collections.abc import Iterator
from pathlib import Path

from failonce.adapters.workspace import FileWorkspace
from failonce.model import Args, Effect, Recording
from failonce.policy import Policy
from failonce.ports import Store
from failonce.surfaces.sdk import Advisor
from tests import looped
from tests.looped import call

BLOCKED = {"entity": "light.9", "detailed": True}

NOTHING_WITHHELD = Policy(holdout_canary=0.0, holdout_approved=0.0)
"""So that every lesson acts in every session of a test."""


class World(looped.World):
    """An advisor over a store with a history and approved lessons."""

    def __init__(
        self, folder: Path, store: Store | None = None, policy: Policy = NOTHING_WITHHELD
    ) -> None:
        super().__init__(store, policy=policy, workspace=FileWorkspace(folder, project="p"))
        self.advisor = Advisor(self.loop, self.clock)

    def learn_from(self, *recordings: Recording) -> None:
        self.take(recordings)
        for new in self.loop.mine("p").new:
            self.review.approve(new.id)

    def effects(self) -> list[Effect]:
        return [x.effect for x in self.store.exposures()]


def stopped(sessions: int) -> Iterator[Recording]:
    """Calls that fail for their arguments and are never mended."""
    for s in range(sessions):
        args: Args = {"entity": f"light.{s}", "detailed": True}
        yield call("get_entity", args, "Error: unexpected argument 'detailed'", session=f"e{s}")
        for n in range(9):
            yield call("get_entity", {"entity": f"x{n}"}, session=f"e{s}", n=n + 1)


def locked(sessions: int) -> Iterator[Recording]:
    """Calls that fail and work unchanged a second later."""
    for s in range(sessions):
        yield call("query", {"sql": f"select {s}"}, "database is locked", session=f"q{s}")
        yield call("query", {"sql": f"select {s}"}, session=f"q{s}", n=1)
