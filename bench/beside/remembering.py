"""memir: a memory of what failed, asked before a call.

Failures are captured as its README captures failed commands, with its own filter of what is worth
remembering, and it is asked with `check_failure` before each call. It recalls by words: its
default is an embedding model that it downloads, and this runs without a network. It falls
back to words by itself; `MEMIR_EMBED=1` takes the model where it can be had.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from memir import Memir

from .learner import Act, Answer, Learned, main, recorded, spelled


class Remembering:
    """A memory of one project."""

    package = "memir"

    def __init__(self) -> None:
        models = os.environ.get("MEMIR_EMBED", "0") != "0"
        self._memory = Memir("project", "memir.db", auto_embed=models, auto_rerank=models)

    def learn(self, calls: Path) -> Learned:
        """Every failure is captured, if it thinks it worth it."""
        for call in recorded(calls):
            if call.failed:
                self._memory.capture_command(call.text, command=spelled(call))
        kept = self._memory.stats()["active"].get("failure", 0)
        return Learned(
            lessons=kept,
            in_force=kept,
            words=0,
            note=f"the briefing of a session has {len(self._memory.briefing().split()):,} words"
            " where no budget is given",
        )

    def answers(self, calls: Path) -> Iterator[Answer]:
        """Whether it knows that this was tried."""
        for call in recorded(calls):
            hits = self._memory.check_failure(spelled(call))
            yield Answer(act=Act.WARN if hits else Act.NOTHING)


if __name__ == "__main__":
    main(Remembering())
