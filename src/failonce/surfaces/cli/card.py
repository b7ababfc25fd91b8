"""The proposal card as people read it on a terminal.

On one screen: the proof, what the lesson does, whether it is safe, what one can do, what it
would have done; all else where it is asked for. Everything recorded is hostile text: it is
escaped before it is measured, and cut with a mark.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from failonce.model import Proposer
from failonce.surfaces.card import Card
from failonce.surfaces.card.cases import cases, sums
from failonce.surfaces.card.telling import SURE, effect, learned, origin, passed, savings, told
from failonce.surfaces.card.values import Doing, Literal
from failonce.surfaces.card.wording import author
from failonce.surfaces.cli.cases import case_lines, table
from failonce.surfaces.cli.folding import WIDEST, Line, Style, width, wrapped
from failonce.surfaces.cli.output import console
from failonce.surfaces.words import cut

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
        saved = [savings(card.savings)] if card.savings.failures and not card.reports else []
        told = [*sums(card), *saved]
        yield from _part("What it would have done, on what is recorded", told, width)
        for case in cases(card, everything=everything):
            yield from case_lines(case, width)
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
    if said := passed(card.checks):
        yield from wrapped(said, width, first="  + ", rest="    ", style=Style.GOOD)


# ------------------------------------------------------------------- all else


def _support(card: Card, width: int, *, everything: bool) -> Iterator[Line]:
    said = [learned(card)]
    if everything or card.proposer != Proposer.MINER:
        said.append(f"Proposed by {author(card.proposer)}.")
        said += [] if card.reports else [card.reason]
    if everything:
        said.append(f"How sure: {card.confidence:.2f} of 1; {SURE}.")
    yield from _part("Where it comes from", filter(None, said), width)
    for tool in card.tools if everything else ():
        yield from wrapped(effect(tool), width, first="  ", rest="  ")


def _literals(found: Sequence[Literal], width: int) -> Iterator[Line]:
    if not found:
        return
    yield from _part("Its names and values, and where they come from", [], width)
    for one in sorted(found, key=lambda x: not x.doubtful)[:_LITERALS]:
        mark, style = ("!", Style.BAD) if one.doubtful else ("-", Style.PLAIN)
        text = cut(one.text, _VALUE)
        yield from wrapped(
            f"{one.what} {text}: {origin(one)}", width, first=f"  {mark} ", rest="    ", style=style
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
        what = f"{entry.at:%Y-%m-%d %H:%M} {told(card, entry)}"
        yield from wrapped(what, width, first="  ", rest="    ")
