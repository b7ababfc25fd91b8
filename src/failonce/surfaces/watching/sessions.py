"""Whose calls these are: the session, its project and task, and what it was told.

A context variable, so each task has its own. Threads begin without one in Python; a thread that
has none belongs to the one session that is open in the process, where there is exactly one.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

REASON: Final = "failonce_reason"
"""The argument by which a model says why a call that was blocked is to run all the same."""
AS_ARGUMENT: Final = f"Give the reason as one more argument, `{REASON}`."
"""What such a model is told behind a block."""
HEARD: Final = 50
"""Sentences that wait until somebody asks for them; older ones are let go."""


class Session:
    """One run of an agent. `task` names work that may recur in several sessions."""

    __slots__ = ("_heard", "id", "met", "project", "task", "tenant")

    def __init__(
        self, id: str, project: str | None = None, task: str | None = None, tenant: str = ""
    ) -> None:
        self.id = id
        self.project = project
        self.task = task
        self.tenant = tenant
        self.met = False
        """Whether a lesson concerns a tool that it called: then what it comes to is counted."""
        self._heard: deque[str] = deque(maxlen=HEARD)

    @property
    def unit(self) -> str:
        """What is drawn for and counted as one, as `Call.cluster`."""
        return self.id if self.task is None else self.task

    def tell(self, sentence: str) -> None:
        """Keep a sentence for whoever runs the agent."""
        self._heard.append(sentence)

    def advice(self) -> list[str]:
        """What lessons said since somebody last asked, oldest first, each once."""
        found: dict[str, None] = {}
        while self._heard:
            found[self._heard.popleft()] = None
        return list(found)


NOBODY: Final = Session("")
_CURRENT: ContextVar[Session | None] = ContextVar("failonce_session", default=None)
_REASON: ContextVar[str] = ContextVar("failonce_override", default="")
_OPEN: list[Session] = []


def current() -> Session:
    """The session of this call."""
    found = _CURRENT.get()
    if found is not None:
        return found
    opened = _OPEN[:]
    return opened[0] if len(opened) == 1 else NOBODY


def reason() -> str:
    """Why blocked calls are to run here; empty where they are not."""
    return _REASON.get()


@contextmanager
def session(
    id: str, *, project: str | None = None, task: str | None = None, tenant: str = ""
) -> Iterator[Session]:
    """Calls in here belong to this session; give its id anew for each run of the agent.

    Where it is left the session is over: what lessons did in it is counted then, and not only a
    day later. Kept answers are not shared between tenants.
    """
    with entered(Session(str(id), project, None if task is None else str(task), tenant)) as made:
        yield made


@contextmanager
def entered(made: Session) -> Iterator[Session]:
    """Calls in here belong to this session."""
    token = _CURRENT.set(made)
    _OPEN.append(made)
    try:
        yield made
    finally:
        _OPEN.remove(made)
        _CURRENT.reset(token)
        for leave in LEFT:
            leave(made)


@contextmanager
def within(made: Session) -> Iterator[Session]:
    """Calls in here belong to this session, which goes on behind it."""
    token = _CURRENT.set(made)
    try:
        yield made
    finally:
        _CURRENT.reset(token)


LEFT: Final[list[Callable[[Session], None]]] = []
"""Who is told of a session that was left; they raise nothing."""


@contextmanager
def override(reason: str) -> Iterator[None]:
    """Calls in here run although a lesson blocks them.

    The reason is recorded, and each block that is passed as a suspected wrong one.
    """
    token = _REASON.set(str(reason) or "no reason given")
    try:
        yield
    finally:
        _REASON.reset(token)


def advice() -> list[str]:
    """What lessons said to the calls of this session since it last asked: warnings, rules,
    what was repaired. For the agent to read; each sentence once."""
    return current().advice()
