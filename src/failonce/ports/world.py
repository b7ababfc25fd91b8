"""The clock, files, and the places where calls and code run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from failonce.model import (
    Answer,
    Call,
    Enforced,
    Evidence,
    Job,
    Lesson,
    Ran,
    Signature,
    ToolSpec,
    Tree,
)


class Clock(Protocol):
    """Now, in UTC. A parameter everywhere, so tests can own it."""

    def now(self) -> datetime:
        """The present moment, timezone-aware."""


class Facts(Protocol):
    """What is known of lessons beside their text, for files that hold them."""

    def signatures(self, lessons: Sequence[Lesson]) -> Mapping[str, Signature]:
        """By id, the first class of failures that a lesson is about; others are left out."""

    def effect(self, lesson: Lesson) -> float:
        """The share of failures that it surely prevents, as measured: 0 until there is evidence."""


class Workspace(Protocol):
    """The files that lessons are projected to; the database stays the truth."""

    def reconcile(self, lessons: Iterable[Lesson]) -> Sequence[str]:
        """Make the managed blocks and files hold exactly the lessons among `lessons` in force.

        Idempotent and atomic per file; returns the names of files that changed. Bytes
        outside a block are never touched; a block with nothing in it disappears.
        """


class World(Protocol):
    """A copy of the world that calls act on, as it was at one moment. It is ours to change."""

    def run(self, call: Call) -> Answer:
        """Run a call in it; an unknown tool or a bad argument is an answer, not an error."""

    def state(self) -> str:
        """A digest of everything that calls can change: equal worlds, equal digests."""

    def copy(self) -> "World":
        """Another world like this one as it is now; neither sees what the other does."""


class Environment(Protocol):
    """Where recorded calls can be executed again: a simulator, a sandbox, a scratch copy.

    Nothing that runs in it reaches the real world.
    """

    def before(self, evidence: Evidence) -> World | None:
        """The world as it was when this call was made, None where it cannot be rebuilt."""

    def tools(self, evidence: Evidence) -> Mapping[str, ToolSpec]:
        """The tools that this call's session could use, by name."""


class Sandbox(Protocol):
    """Where code that nobody has read yet runs without reaching anything."""

    def run(self, job: Job, answer: Callable[[Call], Answer] | None = None) -> Ran:
        """Run it and wait; nothing of it is left when this returns.

        Never raises for what the code does. What cannot be enforced is refused, not run with
        less. `answer` makes the calls of other tools that it asks for, on the caller's thread;
        without it none can be made. May be called from several threads at once.
        """

    def barriers(self) -> Sequence[Enforced]:
        """What holds on this machine, found by trying it once a process."""


class Copies(Protocol):
    """Where code may change the files of a repository: a copy, gone when it is over."""

    def run(self, tree: Tree, job: Job) -> tuple[Ran, Tree]:
        """Run a job in a sandbox, with the argument `repo_dir`: the folder of a copy of `tree`.

        Answers what became of it, and the files that are there afterwards, found from outside
        when nothing of the run is left. Never raises for what the code does.
        """

    @property
    def sandbox(self) -> Sandbox:
        """Where it runs."""
