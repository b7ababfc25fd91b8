"""The sentences of a card that sum up: what it saves, what taught it, what was checked."""

from collections.abc import Sequence
from typing import Final

from failonce.model import Action, Proposer
from failonce.surfaces.card.values import (
    Card,
    Checked,
    Decided,
    Literal,
    Savings,
    SideEffect,
    Support,
    ToolEffect,
)
from failonce.surfaces.card.wording import done
from failonce.surfaces.words import counted, duration

SURE: Final = "in force the share of failures that it prevents at least, before that its votes"
"""What the number that says how sure we are is."""
_EFFECT: Final = {
    SideEffect.READS: "it only reads",
    SideEffect.WRITES: "it writes",
    SideEffect.UNKNOWN: "it may write",
}


def savings(saved: Savings) -> str:
    """What callers spent on the failures that it answers."""
    mended = saved.failures - saved.never
    such = counted(saved.failures, "such failure")
    if not mended:
        return f"What it would save is unknown: of {such} no caller mended any by itself."
    spent = f"{saved.median_calls:g} call{'s' * (saved.median_calls != 1)}"
    if saved.median_seconds is not None:
        spent += f" and {duration(saved.median_seconds)}"
    of = f"{mended:,} of {such}" if saved.never else such
    median = " each (the median)" if mended > 1 else ""
    each = round(saved.inserted / mended, 1)
    own = f"; it makes {each:g} call{'s' * (each != 1)} of its own each time" if each else ""
    bound = "at most " if saved.at_most else ""
    return f"It would save {bound}what callers spent to mend {of}: {spent}{median}{own}."


def learned(card: Card) -> str:
    """What it was learned from; empty where nothing is recorded."""
    support = card.support
    if card.reports:
        return f"{card.reason}{_days(support)}{_forgotten(support)}"
    if not support.failures:
        return ""
    places = [
        counted(number, noun)
        for number, noun in ((support.tasks, "task"), (support.sessions, "session"))
        if number
    ]
    where = f" in {', '.join(places)}" if places else ""
    return (
        f"Learned from {counted(support.failures, 'failure')}{where}{_days(support)}. Each part of "
        "the history was judged with what the other parts teach: none proves what it taught."
        f"{_forgotten(support)}"
    )


def _forgotten(support: Support) -> str:
    if not support.forgotten:
        return ""
    return (
        f" {support.forgotten:,} of {counted(support.failures, 'event')} that taught it "
        f"{'was' if support.forgotten == 1 else 'were'} forgotten since, at a person's wish; its "
        "figures are those of then."
    )


def _days(support: Support) -> str:
    if support.first is None or support.last is None:
        return ""
    first, last = f"{support.first:%Y-%m-%d}", f"{support.last:%Y-%m-%d}"
    return f", {first}" if first == last else f", {first} to {last}"


def passed(checks: Sequence[Checked]) -> str:
    """How many checks passed; empty where none did."""
    good = sum(check.answer == "passed" for check in checks)
    if not good:
        return ""
    all_of = "All" if good == len(checks) else f"{good} of"
    others = "others ask" if len(checks) - good > 1 else "other asks"
    rest = "" if good == len(checks) else f"; what the {others} is named above"
    return f"{all_of} {counted(len(checks), 'check')} passed{rest}."


def effect(tool: ToolEffect) -> str:
    """What a tool does to the world, and how we know."""
    role = "It would call" if tool.inserted else "It is about"
    return f"{role} `{tool.tool}`: {_EFFECT[tool.effect]} ({tool.because})."


def origin(one: Literal) -> str:
    """Where a constant comes from."""
    if not one.calls:
        return one.origin
    who = counted(one.tasks, "task") if one.tasks else counted(one.sessions, "session")
    return f"{one.origin}: {counted(one.calls, 'call')} in {who}"


def told(card: Card, entry: Decided) -> str:
    """What was decided, by whom and why."""
    why = f": {entry.reason}" if entry.reason and entry.reason != card.reason else ""
    mined = entry.action == Action.PROPOSE and card.proposer == Proposer.MINER
    who = f"by failonce, run by {entry.actor}" if mined else f"by {entry.actor}"
    return f"{done(entry.action)} {who}{why}"
