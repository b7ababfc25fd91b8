"""What language models were paid for: written into the audit, and read from it again.

An entry of the audit is never changed, so the bill is as true as the record of decisions.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from failonce.model import Action, AuditEntry

MODEL: Final = "model "
"""What the actor of an entry begins with where a language model was asked."""
_LINE: Final = re.compile(
    r"([\d,]+) tokens? in, ([\d,]+) out, (?:US\$ ([\d.]+)|no price known), ([\d,]+) ms"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that a day (UTC) may cost; None for any."""

    tokens: int | None = 200_000
    money: float | None = None
    """In US dollars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What one request took, or at most took where it had no answer."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    """In US dollars; None where no price is known."""
    ms: float = 0.0

    def line(self) -> str:
        """As the audit has it."""
        cost = "no price known" if self.cost is None else f"US$ {self.cost:.6f}"
        return f"{self.tokens_in:,} tokens in, {self.tokens_out:,} out, {cost}, {self.ms:,.0f} ms"

    @classmethod
    def read(cls, line: str) -> "Bill | None":
        """The bill that a line of the audit begins with, None where it begins with none."""
        found = _LINE.match(line)
        if found is None:
            return None
        into, out, cost, ms = found.groups()
        return cls(
            tokens_in=_number(into),
            tokens_out=_number(out),
            cost=None if cost is None else float(cost),
            ms=_number(ms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one model took on one day (UTC)."""

    day: date
    model: str
    requests: int = 0
    unanswered: int = 0
    """Requests that had no answer; their tokens are what they took at most."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    """In US dollars, of the requests whose price is known."""
    unpriced: int = 0
    """Requests that took tokens and whose price is not known."""

    @property
    def tokens(self) -> int:
        """Both ways together."""
        return self.tokens_in + self.tokens_out


def days(entries: Iterable[AuditEntry]) -> Sequence[Day]:
    """The bill by day and model, oldest first."""
    found: dict[tuple[date, str], list[tuple[Bill, bool]]] = {}
    for entry in entries:
        event = entry.event
        bill = Bill.read(event.reason) if event.action is Action.GENERATED else None
        if bill is not None:
            key = event.at.date(), event.actor.removeprefix(MODEL)
            found.setdefault(key, []).append((bill, bool(event.digest)))
    return [_day(*key, bills) for key, bills in sorted(found.items())]


def _day(day: date, model: str, bills: Sequence[tuple[Bill, bool]]) -> Day:
    return Day(
        day=day,
        model=model,
        requests=len(bills),
        unanswered=sum(not answered for _, answered in bills),
        tokens_in=sum(b.tokens_in for b, _ in bills),
        tokens_out=sum(b.tokens_out for b, _ in bills),
        cost=sum(b.cost or 0.0 for b, _ in bills),
        unpriced=sum(b.cost is None and b.tokens_in + b.tokens_out > 0 for b, _ in bills),
    )


def _number(text: str) -> int:
    return int(text.replace(",", ""))
