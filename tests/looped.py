"""A loop over a store in memory, and recordings in as few words as a test needs."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from failonce.adapters.wording import TemplateWording
from failonce.evidence.redact import Redactor
from failonce.loop import Loop
from failonce.model import Args, Call, Lesson, Origin, Recording
from failonce.policy import DEFAULT, Policy
from failonce.ports import Environment, Store, Workspace
from failonce.review import Review
from failonce.testing import FixedClock, MemoryStore
from tests.made import START


class Desk:
    """A workspace that remembers what it was told to hold."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:
        self.held = sorted(x.id for x in lessons)
        return self.held


class World:
    """A loop with everything around it."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        policy: Policy = DEFAULT,
        environment: Environment | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.clock = FixedClock(START)
        self.store = store or MemoryStore()
        self.desk = Desk()
        self.review = Review(
            store=self.store,
            clock=self.clock,
            workspace=workspace or self.desk,
            policy=policy,
            actor="ann",
        )
        self.loop = Loop(
            review=self.review,
            clock=self.clock,
            wording=TemplateWording(None),
            cleaner=Redactor(),
            policy=policy,
            environment=environment,
        )

    def take(self, recordings: Iterable[Recording]) -> int:
        return sum(o.new for o in self.loop.observe(recordings, modified=START, project="p"))


def call(tool: str, args: Args, error: str = "", *, session: str = "s", n: int = 0) -> Recording:
    return Recording(
        call=Call(tool=tool, args=args, session=session, project="p"),
        text=error or "fine",
        flagged=bool(error),
        at=START + timedelta(seconds=n),
    )


def report(
    component: str,
    error: str,
    *,
    session: str = "",
    request: str | None = None,
    n: float = 0,
    **fields: Any,
) -> Recording:
    """An error that a service reports `n` seconds after the start, and nothing of the call."""
    return Recording(
        call=Call(tool=component, session=session, trace=request, project="p"),
        text=error,
        flagged=True,
        at=START + timedelta(seconds=n),
        origin=Origin.LOG,
        source="event",
        **fields,
    )


def reports(component: str, error: str, requests: int = 3, **fields: Any) -> list[Recording]:
    """The same error in so many requests, a second apart."""
    return [
        report(component, error, request=f"{component}-{r}", n=r, **fields) for r in range(requests)
    ]


def detailed(sessions: int) -> list[Recording]:
    """Sessions in which `get_entity` is called with an argument that it does not have."""
    out: list[Recording] = []
    for s in range(sessions):
        args: Args = {"entity": f"light.{s}", "detailed": True}
        right: Args = {"entity": f"light.{s}"}
        out += [
            call("get_entity", args, "Error: unexpected argument 'detailed'", session=f"s{s}"),
            call("get_entity", right, session=f"s{s}", n=1),
            *(call("get_entity", {"entity": f"x{i}"}, session=f"s{s}", n=2 + i) for i in range(4)),
        ]
    return out


def renamed(sessions: int) -> list[Recording]:
    """Sessions in which `read` is called with `path` and then with `file`."""
    out: list[Recording] = []
    for s in range(sessions):
        name = f"notes-{s}.txt"
        out += [
            call("read", {"path": name}, "Error: unexpected argument 'path'", session=f"s{s}"),
            call("read", {"file": name}, session=f"s{s}", n=1),
            *(call("read", {"file": f"{i}.txt"}, session=f"s{s}", n=2 + i) for i in range(20)),
        ]
    return out


def locked(*, wait: int, start: int = 0) -> list[Recording]:
    """Sessions in which a query fails and works `wait` seconds later."""
    out: list[Recording] = []
    for s in range(start, start + 40):
        args: Args = {"sql": f"select {s}"}
        out += [
            call("query", args, "Error: database is locked", session=f"s{s}"),
            call("query", args, session=f"s{s}", n=wait),
        ]
    return out
