"""GuardianLayer: a layer before each call that learns from how calls end.

As its README uses it: `check` before a call, `report_result` after one that was let through,
`reset` where a conversation begins; all limits are its own. Its clock is the recordings', for
its breaker closes again after a time. It stays one process for all sessions, so that it forgets
nothing; after the first file it goes on learning within a session, as it is made to.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import GuardianLayer
from GuardianLayer import experience_layer, health_monitor

from .learner import Act, Answer, Learned, Recorded, main, recorded

LOW = 80
"""Below this health its own advice speaks of a tool's health."""


class Guarding:
    """One guardian for all calls."""

    package = "GuardianLayer"

    def __init__(self) -> None:
        logging.disable()
        self._now = 0.0
        clock = SimpleNamespace(time=lambda: self._now)
        health_monitor.time = experience_layer.time = clock
        self._guardian = GuardianLayer.GuardianLayer(db_path="experience.db")
        self._session = ""

    def learn(self, calls: Path) -> Learned:
        """Every call is checked and reported."""
        failed = set()
        for call in recorded(calls):
            self._answer(call)
            failed |= {(call.tool, str(call.args))} if call.failed else set()
        return Learned(
            lessons=len(failed),
            in_force=len(failed),
            words=len(self._guardian.get_awareness_context().split()),
            note="calls it knows to have failed, and the health of each tool",
        )

    def answers(self, calls: Path) -> Iterator[Answer]:
        """What it says before each call."""
        return (Answer(act=self._answer(call)) for call in recorded(calls))

    def _answer(self, call: Recorded) -> Act:
        self._now = call.at.timestamp()
        if call.session != self._session:
            self._session = call.session
            self._guardian.reset()
        asked = {"tool": call.tool, "arguments": call.arguments}
        known = self._guardian.experience.get_failure_count(asked)
        said = self._guardian.check(asked)
        if not said["allowed"]:
            return Act.BLOCK
        self._guardian.report_result(asked, success=not call.failed, error=call.text or None)
        if known or said["health_score"] < LOW:
            return Act.WARN
        return Act.TIP if said["advice"] else Act.NOTHING


if __name__ == "__main__":
    main(Guarding())
