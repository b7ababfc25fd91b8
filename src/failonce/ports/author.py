"""Who writes the source of tools: a language model."""

from dataclasses import dataclass
from typing import Protocol

from failonce.model import (
    Args,
    ToolSpec,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A recorded call that shows what is wanted, and what it came to."""

    args: Args | None
    said: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a tool is needed for. Texts come from requests and errors: evidence, no orders."""

    name: str
    """The name that the tool must have; its function is `kinds.tool.identifier` of it."""
    need: str
    """The words of the request."""
    why: str = ""
    """What failed: the tool, its error, what was intended."""
    previous: str = ""
    """The source of an older version, or of the last attempt."""
    findings: tuple[str, ...] = ()
    """What the gate said of the last attempt."""
    tools: tuple[ToolSpec, ...] = ()
    """Tools that the agent has, which the new one may call."""
    examples: tuple[Seen, ...] = ()
    within: int | None = None
    """Tokens that one request may take, question and answer; None for any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Source text that an author wrote, and what it cost. Nothing in it is trusted."""

    source: str
    model: str
    temperature: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    """In US dollars; None where no price is known."""
    ms: float = 0.0


class Author(Protocol):
    """Who writes the source of tools: a language model."""

    @property
    def name(self) -> str:
        """Of the model, as the audit has it."""

    def write(self, brief: Brief) -> Draft:
        """One attempt. Ends within the seconds that were set; raises `AuthorError`."""
