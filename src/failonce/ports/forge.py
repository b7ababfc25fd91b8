"""Where pull requests are: what is asked of a forge, and nothing of git itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class PullState(StrEnum):
    """What became of a pull request."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"
    """Closed, and not merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """A pull request from a branch of the repository itself, never from somebody's copy of it."""

    number: int
    url: str
    branch: str
    base: str
    """The branch that it is to be merged into."""
    title: str
    body: str
    state: PullState
    author: str
    """Whose token opened it."""
    at: datetime
    """When it was merged or closed; of an open one, when it was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Who merged or closed a pull request, by the forge's word."""

    name: str
    """Empty where the forge does not say."""
    person: bool
    """False for a program: what it does is no review."""


class Forge(Protocol):
    """The pull requests of one repository. Raises `RemoteError` where it cannot be reached."""

    def pulls(self, prefix: str) -> Sequence[Pull]:
        """The newest ones whose branches begin so, in whatever state, the oldest first."""

    def decider(self, pull: Pull) -> Decider:
        """Who merged or closed it."""

    def open(self, *, branch: str, base: str, title: str, body: str) -> Pull:
        """Open one; where there is one that is open already, that one as it is."""

    def rewrite(self, pull: Pull, *, title: str, body: str) -> None:
        """Give an open one another title and text."""

    def close(self, pull: Pull) -> None:
        """Close one."""
