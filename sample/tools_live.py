"""The live tools as a tool box of the recording, with a busy writer and a service that fails."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sample import live
from sample.recorder import Args, Clock
from sample.service import StockService
from sample.steady import steady

LOCK_RATE = 0.07
OUTAGE_RATE = 0.11
CALM = timedelta(seconds=40)
"""After one disturbance the next lets the agent breathe."""


@dataclass(slots=True, kw_only=True)
class LiveBox:
    """Runs the live tools; now and then somebody else writes, or the service restarts.

    The lock is a real one, held by a second connection until its time on the clock is over.
    """

    workspace: live.Workspace
    database: str
    service: StockService
    clock: Clock
    rng: Random
    busy_until: datetime

    def call(self, tool: str, args: Args) -> tuple[str, bool]:
        """Run one tool."""
        now = self.clock.now
        if tool == "fetch" and self._strikes(OUTAGE_RATE, self.service.down_until):
            self.service.down_until = now + timedelta(seconds=self.rng.uniform(1, 5))
        if tool == "query" and self._strikes(LOCK_RATE, self.busy_until):
            self.busy_until = now + timedelta(seconds=self.rng.uniform(0.5, 4))
        if tool == "query" and now < self.busy_until:
            with live.another_writer(self.workspace, self.database):
                return self._run(tool, args)
        return self._run(tool, args)

    def _strikes(self, rate: float, last: datetime) -> bool:
        return self.clock.now > last + CALM and self.rng.random() < rate

    def _run(self, tool: str, args: Args) -> tuple[str, bool]:
        try:
            return steady(live.call(self.workspace, tool, args)), False
        except live.ToolError as error:
            return steady(str(error)), True
