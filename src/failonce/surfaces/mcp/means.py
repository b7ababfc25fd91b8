"""What the tools of our own server work with: settings, and the store while a call lasts.

The store is opened for each call and closed again, so no call depends on how it was before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from failonce.adapters.sql_store import on_server, store_path
from failonce.compose import Configuration, Parts, opened
from failonce.errors import NotFound, Refused
from failonce.model import Mode
from failonce.surfaces.learning import Learning

AGENT: Final = "agent"
"""Who the audit says it was."""
VIA: Final = "mcp"
PATIENCE_S: Final = 5.0
"""How long a call waits for another process that writes the store."""
SWITCHED_ON: Final = "A person switches it on: failonce config mode manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """For one project."""

    config: Configuration

    @property
    def project(self) -> str:
        """Whose lessons count."""
        return self.config.project

    @property
    def begun(self) -> bool:
        """Whether there is a store."""
        return on_server(self.config.url) or store_path(self.config.url).exists()

    @contextmanager
    def opened(self) -> Iterator[Parts]:
        """The parts over the store, which is made where there is none."""
        with opened(self.config, actor=AGENT, via=VIA, patience_s=PATIENCE_S) as parts:
            yield parts

    @contextmanager
    def writing(self) -> Iterator[Parts]:
        """The same; raises `Refused` where learning is off."""
        with self.opened() as parts:
            if parts.review.mode(self.project) is Mode.OFF:
                raise Refused(
                    f"Learning is off for {self.project}, so nothing was written down. "
                    f"{SWITCHED_ON}"
                )
            yield parts

    @contextmanager
    def reading(self) -> Iterator[Learning]:
        """What was learned; raises `NotFound` where nothing was recorded, and makes no store."""
        if not self.begun:
            raise NotFound(
                "Nothing is recorded here yet. A person imports what an agent recorded (failonce "
                "import); report_failure takes one failure."
            )
        with self.opened() as parts:
            yield Learning(parts)
