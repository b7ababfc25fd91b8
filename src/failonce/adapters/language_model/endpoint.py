"""A model, and how it is asked."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Dialect(StrEnum):
    """How an endpoint is spoken to."""

    OPENAI = "openai"
    """Chat completions, which most servers offer."""
    ANTHROPIC = "anthropic"


OWN: Final = {
    Dialect.OPENAI: "https://api.openai.com/v1",
    Dialect.ANTHROPIC: "https://api.anthropic.com",
}
"""Whose prices are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars for a million tokens."""

    into: float
    out: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model, and how it is asked."""

    model: str
    dialect: Dialect = Dialect.OPENAI
    url: str | None = None
    """None for the protocol's own."""
    key: str = field(default="", repr=False)
    temperature: float = 0.3
    max_tokens: int = 2000
    seconds: float = 60.0
    """A request, from the first byte to the last."""
    prices: Prices | None = None
    """None for the published ones, where the endpoint is the protocol's own."""
