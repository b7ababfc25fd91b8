"""A loop over a real store, and histories in which something is missing."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from failonce.adapters.sql_store import open_store, store_url
from failonce.developing import Developing
from failonce.developing.suggesting import Suggestion, Suggestions, suggest
from failonce.making import Making
from failonce.model import Args, Call, Recording
from failonce.signature.masks import SCHEME_VERSION
from tests.looped import World
from tests.made import START
from tests.sandboxed import the_sandbox


class Desk(World):
    """A loop over a store on disk, and what is suggested of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(open_store(store_url(folder / "s.db"), scheme=SCHEME_VERSION))

    def suggested(self, *, limit: int | None = None) -> Suggestions:
        return suggest(self.store, ["p"], here="p", limit=limit)

    def told(self) -> dict[str, Suggestion]:
        """What is suggested, by subject."""
        return {s.subject: s for s in self.suggested().told}

    def developing(self) -> Developing:
        """What asks for tools, without a model."""
        return Developing(
            making=Making(review=self.review, sandbox=the_sandbox()),
            review=self.review,
            taking=self.loop.taking,
            clock=self.clock,
        )


def call(
    tool: str, error: str = "", *, session: str, n: int = 0, args: Args | None = None, day: int = 0
) -> Recording:
    """One call; with `error` it failed."""
    return Recording(
        call=Call(tool=tool, args={"n": n} if args is None else args, session=session, project="p"),
        text=error or "fine",
        flagged=bool(error),
        at=START + timedelta(days=day, seconds=n, microseconds=sum(session.encode())),
    )


def unknown(tool: str, sessions: Iterable[int], *, n: int = 0) -> list[Recording]:
    """Sessions that call a tool which nobody offers."""
    return [call(tool, f"Error: unknown tool: {tool}", session=f"s{s}", n=n) for s in sessions]


def used(
    tool: str, *, good: int, bad: int, sessions: int, error: str = "the printer is on fire"
) -> list[Recording]:
    """A tool that works and fails so often, dealt out to so many sessions."""
    return [
        call(tool, error if i < bad else "", session=f"s{i % sessions}", n=i)
        for i in range(good + bad)
    ]
