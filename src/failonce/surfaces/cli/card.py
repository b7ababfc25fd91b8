"""The proposal card as people read it on a terminal.

On one screen: the proof, what the lesson does, whether it is safe, what one can do, what it
would have done; all else where it is asked for. Everything recorded is hostile text: it is
escaped before it is measured, and cut with a mark.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from failonce.model import Action, Proposer
from failonce.surfaces.card import Card
from failonce.surfaces.card.values import Doing, Literal, Savings, SideEffect, Support
from failonce.surfaces.card.wording import author, done
from failonce.surfaces.cli.cases import cases, sums, table
from failonce.surfaces.cli.folding import WIDEST, Line, Style, cut, width, wrapped
from failonce.surfaces.cli.output import console
from failonce.surfaces.words import counted, duration

_DOING: Final = 13
"""Columns of the words before the parts of what it does."""
_VALUE: Final = 60
"""Most characters of one constant."""
_LITERALS: Final = 12


def show_card(card: Card, *, everything: bool = False) -> None:
    """Print a card, in colours where the terminal has them."""
    from rich.text import Text  # noqa: PLC0415 - 40 ms that JSON need not pay

    screen = console()
    screen.width = max(screen.width, WIDEST)
    for line in lines(card, width(), everything=everything):
        screen.print(Text(line.text, style=line.style.value), soft_wrap=True)


def lines(card: Card, width: int, *, everything: bool = False) -> Iterator[Line]:
    """The card in lines of at most `width` columns, words that are longer broken.

    What somebody needs to decide, on about one screen; with `everything` all that is known.
    """
    yield from _head(card, width)
    yield from _doing(card.does, width)
    yield from _safety(card, width)
    yield from _part("What you can do", [], width)
    for choice in card.choices:
        said = f"{choice.command}: {choice.what}"
        yield from wrapped(said, width, first="  ", rest="      ")
    if card.hits.calls:
        saved = [_savings(card.savings)] if card.savings.failures and not card.reports else []
        told = [*sums(card), *saved]
        yield from _part("What it would have done, on what is recorded", told, width)
        yield from cases(card, width, everything=everything)
    if everything and card.hits.recent:
        yield from _part(f"The newest {len(card.hits.recent)} calls that it touches", [], width)
        yield from table(card.hits.recent, width)
    yield from _support(card, width, everything=everything)
    if everything:
        yield from _literals(card.literals, width)
    if everything or card.compared_with:
        yield from _body(card, width)
    if everything:
        yield from _checks(card, width)
    if everything or len(card.record) > 1:
        yield from _record(card, width)
    if not everything:
        yield Line()
        more = f"failonce show {card.id} --all: more cases, its text and values, every check"
        yield from wrapped(more, width, rest="    ", style=Style.FAINT)


def _part(title: str, sentences: Iterable[str], width: int) -> Iterator[Line]:
    yield Line()
    yield from wrapped(title, width, style=Style.HEAD)
    for sentence in sentences:
        yield from wrapped(sentence, width, first="  ", rest="  ")


# ------------------------------------------------------------------- to decide


def _head(card: Card, width: int) -> Iterator[Line]:
    force = ", in force" if card.in_force else ""
    whose = "any tool" if card.target == "*" else f"`{card.target}`"
    state = "waiting for your decision" if card.state == "waiting" else card.state
    for sentence in card.proof:
        yield from wrapped(sentence, width, style=Style.HEAD)
    yield Line()
    yield from wrapped(f"{card.id}, a {card.kind} for {whose}: {state}{force}", width)
    for sentence in card.since:
        yield from wrapped(sentence, width)
    if card.valid_until is not None:
        yield from wrapped(f"Its trial ends {card.valid_until:%Y-%m-%d %H:%M} UTC.", width)


def _doing(does: Doing, width: int) -> Iterator[Line]:
    yield from _part("What it does", [], width)
    steps = does.then
    if len(steps) > 1:
        steps = tuple(f"{n}. {step}" for n, step in enumerate(steps, 1))
    labels = ("Then", *("" for _ in steps[1:]))
    said = [("When", does.when), *zip(labels, steps, strict=False)]
    said += [("Agent sees", does.sees), ("If it fails", does.fails), ("How often", does.often)]
    for label, text in said:
        if text:
            first = f"  {label:<{_DOING}}"
            yield from wrapped(text, width, first=first, rest=" " * len(first))


def _safety(card: Card, width: int) -> Iterator[Line]:
    yield from _part("Is it safe?", [], width)
    for point in card.safety:
        mark, style = ("+", Style.GOOD) if point.good else ("!", Style.BAD)
        yield from wrapped(point.text, width, first=f"  {mark} ", rest="    ", style=style)
        for reason in point.because:
            yield from wrapped(reason, width, first="      - ", rest="        ", style=style)
    passed = sum(check.answer == "passed" for check in card.checks)
    if passed:
        all_of = "All" if passed == len(card.checks) else f"{passed} of"
        others = "others ask" if len(card.checks) - passed > 1 else "other asks"
        rest = "" if passed == len(card.checks) else f"; what the {others} is named above"
        said = f"{all_of} {counted(len(card.checks), 'check')} passed{rest}."
        yield from wrapped(said, width, first="  + ", rest="    ", style=Style.GOOD)


def _savings(saved: Savings) -> str:
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


# ------------------------------------------------------------------- all else


def _support(card: Card, width: int, *, everything: bool) -> Iterator[Line]:
    said = [_reported(card) if card.reports else _learned(card.support)]
    if everything or card.proposer != Proposer.MINER:
        said.append(f"Proposed by {author(card.proposer)}.")
        said += [] if card.reports else [card.reason]
    if everything:
        said.append(f"How sure: {card.confidence:.2f} of 1; {_SURE}.")
    yield from _part("Where it comes from", filter(None, said), width)
    for tool in card.tools if everything else ():
        role = "It would call" if tool.inserted else "It is about"
        yield from wrapped(
            f"{role} `{tool.tool}`: {_EFFECT[tool.effect]} ({tool.because}).",
            width,
            first="  ",
            rest="  ",
        )


_SURE = "in force the share of failures that it prevents at least, before that its votes"
_EFFECT = {
    SideEffect.READS: "it only reads",
    SideEffect.WRITES: "it writes",
    SideEffect.UNKNOWN: "it may write",
}


def _learned(support: Support) -> str:
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
    )


def _reported(card: Card) -> str:
    """Whose reports they are, and what of the lesson they did not tell."""
    days = _days(card.support).removeprefix(", ")
    return f"{card.reason} ({days})." if days else f"{card.reason}."


def _days(support: Support) -> str:
    if support.first is None or support.last is None:
        return ""
    first, last = f"{support.first:%Y-%m-%d}", f"{support.last:%Y-%m-%d}"
    return f", {first}" if first == last else f", {first} to {last}"


def _literals(found: Sequence[Literal], width: int) -> Iterator[Line]:
    if not found:
        return
    yield from _part("Its names and values, and where they come from", [], width)
    for one in sorted(found, key=lambda x: not x.doubtful)[:_LITERALS]:
        origin = one.origin
        if one.calls:
            who = counted(one.tasks, "task") if one.tasks else counted(one.sessions, "session")
            origin = f"{origin}: {counted(one.calls, 'call')} in {who}"
        mark, style = ("!", Style.BAD) if one.doubtful else ("-", Style.PLAIN)
        text = cut(one.text, _VALUE)
        yield from wrapped(
            f"{one.what} {text}: {origin}", width, first=f"  {mark} ", rest="    ", style=style
        )
    if len(found) > _LITERALS:
        yield Line(text=f"    … and {len(found) - _LITERALS} more, with --json")


def _body(card: Card, width: int) -> Iterator[Line]:
    against = f", against {card.compared_with}" if card.compared_with else ", all of it new"
    yield from _part(f"The text that an approval puts in force{against}", [], width)
    if not any(line.mark in "+-" for line in card.diff):
        said = "The same text; only what is known of it is new."
        yield from wrapped(said, width, first="  ", rest="  ")
    for line in card.diff:
        style = {"+": Style.GOOD, "-": Style.GONE, "…": Style.FAINT}.get(line.mark, Style.PLAIN)
        yield from wrapped(
            line.text, width, first=f"  {line.mark} ", rest="      ", style=style, indent=True
        )


def _checks(card: Card, width: int) -> Iterator[Line]:
    if card.checks:
        yield from _part("What was checked", [], width)
    for check in card.checks:
        style = Style.PLAIN if check.answer == "passed" else Style.BAD
        yield from wrapped(
            f"{check.name}: {check.detail}",
            width,
            first=f"  {_ANSWER[check.answer]:<8}",
            rest=" " * 10,
            style=style,
        )


_ANSWER = {"passed": "passed", "look": "DOUBT", "refused": "REFUSED"}


def _record(card: Card, width: int) -> Iterator[Line]:
    yield from _part("What became of it", [], width)
    for entry in card.record:
        why = f": {entry.reason}" if entry.reason and entry.reason != card.reason else ""
        mined = entry.action == Action.PROPOSE and card.proposer == Proposer.MINER
        who = f"by failonce, run by {entry.actor}" if mined else f"by {entry.actor}"
        what = f"{entry.at:%Y-%m-%d %H:%M} {done(entry.action)} {who}{why}"
        yield from wrapped(what, width, first="  ", rest="    ")
