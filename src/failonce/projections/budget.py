"""What files cost whoever reads them, and which rules stay out where that is too much.

A token is what a model counts by. Which model reads a file is unknown, so tokens are estimated:
`CHARACTERS` of text are taken for one. English prose comes near it; other scripts cost more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from failonce.projections.rule_lines import Item

BUDGET: Final = 2000
"""Most tokens of the rules of one file, where nobody says otherwise."""
CHARACTERS: Final = 4
"""Characters that are taken for one token."""


def tokens(text: str) -> int:
    """The tokens of a text, estimated."""
    return -(-len(text) // CHARACTERS)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Worth:
    """Why one rule is kept rather than another: what it was measured to do, then how often the
    failures come that it is about."""

    effect: float = 0.0
    """The share of failures that it surely prevents."""
    recurrence: int = 0
    """Failures of its classes in the longer window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The rules that fit, in their order, and those that stay out, the least worth first."""

    items: tuple[Item, ...]
    out: tuple[Item, ...] = ()


def fitted(items: Sequence[Item], most: int, worth: Callable[[str], Worth]) -> Fitted:
    """The rules that cost at most so many tokens together; the least worth stay out.

    `worth` is asked by lesson, and only where not all of them fit. Of equal worth the oldest stay.
    """
    cost = sum(tokens(item.line) for item in items)
    if cost <= most:
        return Fitted(items=tuple(items))
    worths = {item.lesson: worth(item.lesson) for item in items}
    out: list[Item] = []
    best_first = sorted(items, key=lambda x: worths[x.lesson], reverse=True)
    for item in reversed(best_first):
        if cost <= most:
            break
        out.append(item)
        cost -= tokens(item.line)
    gone = {item.lesson for item in out}
    return Fitted(items=tuple(x for x in items if x.lesson not in gone), out=tuple(out))
