"""A proposal card on a terminal: what it does, whether it is safe, what one can do; then all else.

Everything recorded is hostile text: it is escaped before it is measured, and cut with a mark.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from failonce.model import Args, Json
from failonce.surfaces.card import Card
from failonce.surfaces.card.values import (
    Called,
    Does,
    Hit,
    Judged,
    Literal,
    Savings,
    SideEffect,
    Support,
)
from failonce.surfaces.card.wording import author, done
from failonce.surfaces.cli.folding import WIDEST, Line, Style, cut, fit, width, wrapped
from failonce.surfaces.cli.output import console
from failonce.surfaces.words import counted, duration

_LABEL: Final = 10
"""Columns of the words before the parts of an example."""
_VALUE: Final = 60
"""Most characters of one argument's value."""
_CALL: Final = 240
_ANSWER: Final = 240
_SHOWN: Final = {Judged.WRONG: 5, Judged.RIGHT: 3, Judged.UNCLEAR: 2, Judged.SHOWN: 2}
"""Calls of each sort that are shown, in this order."""
_LITERALS: Final = 12


def show_card(card: Card) -> None:
    """Print a card, in colours where the terminal has them."""
    from rich.text import Text  # noqa: PLC0415 - 40 ms that JSON need not pay

    screen = console()
    screen.width = max(screen.width, WIDEST)
    for line in lines(card, width()):
        screen.print(Text(line.text, style=line.style.value), soft_wrap=True)


def lines(card: Card, width: int) -> Iterator[Line]:
    """The card in lines of at most `width` columns, words that are longer broken."""
    yield from _head(card, width)
    yield from _part("What it does", [_join(card.does)] if len(card.does) == 1 else [], width)
    if len(card.does) > 1:
        yield from _steps(card.does, width)
    yield from _part("Is it safe?", [], width)
    for point in card.safety:
        mark, style = ("+", Style.GOOD) if point.good else ("!", Style.BAD)
        yield from wrapped(point.text, width, first=f"  {mark} ", rest="    ", style=style)
        for reason in point.because:
            yield from wrapped(reason, width, first="      - ", rest="        ", style=style)
    yield from _part("What you can do", [], width)
    for choice in card.choices:
        yield from wrapped(choice.command, width, first="  ", rest="    ", style=Style.HEAD)
        yield from wrapped(choice.what, width, first="      ", rest="      ")
    yield from _examples(card, width)
    yield from _table(card.hits.recent, width)
    yield from _saved(card, width)
    yield from _support(card, width)
    yield from _literals(card.literals, width)
    yield from _body(card, width)
    yield from _checks(card, width)


def _head(card: Card, width: int) -> Iterator[Line]:
    force = ", in force" if card.in_force else ""
    whose = "any tool" if card.target == "*" else f"`{card.target}`"
    state = "waiting for a person" if card.state == "waiting" else card.state
    for sentence in card.proof:
        yield from wrapped(sentence, width, style=Style.HEAD)
    yield Line()
    yield from wrapped(f"{card.id}, a {card.kind} for {whose}: {state}{force}", width)
    for sentence in card.since:
        yield from wrapped(sentence, width)
    if card.valid_until is not None:
        yield from wrapped(f"Its trial ends {card.valid_until:%Y-%m-%d %H:%M} UTC.", width)


def _part(title: str, sentences: Iterable[str], width: int) -> Iterator[Line]:
    yield Line()
    yield from wrapped(title, width, style=Style.HEAD)
    for sentence in sentences:
        yield from wrapped(sentence, width, first="  ", rest="  ")


def _join(sentences: Sequence[str]) -> str:
    return " ".join(sentences)


def _steps(does: Sequence[str], width: int) -> Iterator[Line]:
    yield from wrapped(does[0], width, first="  ", rest="  ")
    for step in does[1:]:
        yield from wrapped(step, width, first="  - ", rest="    ")


# ------------------------------------------------------------- recorded calls


def _examples(card: Card, width: int) -> Iterator[Line]:
    hits = card.hits
    if not hits.calls:
        return
    totals = (
        f"It was tried on {counted(hits.calls, 'recorded call')}; {hits.failures:,} of them "
        f"failed, {hits.own:,} in the way that it is about: {_sorted(card)}."
    )
    narrowed = "Too much is recorded to look at calls of other tools as well."
    yield from _part(
        "What it would have done", [totals, *([narrowed] if card.narrowed else [])], width
    )
    for judged, most in _SHOWN.items():
        found = hits.examples[judged]
        for i, hit in enumerate(found[:most]):
            if i == 0:
                rest = hits.counts[judged] - min(most, len(found))
                more = f" (and {rest:,} more, with --json)" if rest else ""
                style = Style.BAD if judged is Judged.WRONG else Style.PLAIN
                yield Line()
                yield from wrapped(f"{_TITLE[judged]}{more}", width, first="  ", style=style)
            yield from _example(hit, width)


_TITLE = {
    Judged.RIGHT: "Where it would have been right",
    Judged.WRONG: "Where it would have been WRONG",
    Judged.UNCLEAR: "Where nobody can say",
    Judged.SHOWN: "Before these it would have been shown",
}


def _sorted(card: Card) -> str:
    counts = card.hits.counts
    sorts = (Judged.RIGHT, Judged.WRONG, Judged.UNCLEAR)
    said = [f"{judged} {times(counts[judged])}" for judged in sorts if counts[judged]]
    if counts[Judged.SHOWN]:
        own, good = card.hits.on_own[Judged.SHOWN], card.hits.on_good[Judged.SHOWN]
        said.append(
            f"shown before {counted(own, 'failure')} that it is about and "
            f"{counted(good, 'good call')}"
        )
    return ", ".join(said) or "it touches none"


def times(count: int) -> str:
    """`once`, `3 times`."""
    return "once" if count == 1 else f"{count:,} times"


def _example(hit: Hit, width: int) -> Iterator[Line]:
    where = f"{hit.at:%Y-%m-%d %H:%M}, {hit.task or hit.session or 'no session'}"
    yield from wrapped(where, width, first="    ", rest="    ", style=Style.FAINT)
    yield from _labelled("called", call_text(hit.call), width)
    yield from _labelled("answer" if not hit.failed else "failed", cut(hit.answer, _ANSWER), width)
    yield from _labelled("with it", _with_it(hit), width)
    yield from _labelled("in truth", _in_truth(hit), width)


def _in_truth(hit: Hit) -> str:
    """What really happened, as far as it says whether the lesson would have been right."""
    if not hit.failed:
        return "it worked as it was"
    if hit.later is None:
        return "the caller never got there"
    took = counted(hit.later.steps, "call") + " later"
    if hit.later.seconds is not None:
        took += f", {duration(hit.later.seconds)}"
    wrong = hit.judged is Judged.WRONG
    if hit.later.call in (hit.call, hit.after):
        which = "the same call" if hit.later.call == hit.call else "that very call"
        return f"{which} {'failed first, and worked only' if wrong else 'worked,'} {took}"
    other = "the caller did something else" if wrong else "this worked"
    return f"{other}, {took}: {call_text(hit.later.call)}"


def _with_it(hit: Hit) -> str:
    calls = [f"after {call_text(call)}" for call in hit.inserted]
    match hit.does:
        case Does.STOPPED:
            return "stopped before it ran"
        case Does.WARNED:
            return "the caller would have been warned"
        case Does.TOLD:
            return "the agent would have read it"
        case Does.RETRIED:
            return "the same call again"
        case _:
            assert hit.after is not None  # noqa: S101 - what is changed runs
            return ", ".join([*calls, changes(hit.call, hit.after)])


def changes(before: Called, after: Called) -> str:
    """What differs between two calls: `path: "a" → gone, file: "a" (new)`."""
    said = [f"{before.tool} → {after.tool}"] if before.tool != after.tool else []
    old, new = before.args or {}, after.args or {}
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in new:
            said.append(f"{name}: {value_text(old[name])} → gone")
        elif name not in old:
            said.append(f"{name}: {value_text(new[name])} (new)")
        elif old[name] != new[name]:
            said.append(f"{name}: {value_text(old[name])} → {value_text(new[name])}")
    return ", ".join(said) or "the same call"


def _table(recent: Sequence[Hit], width: int) -> Iterator[Line]:
    if not recent:
        return
    yield from _part(f"The newest {len(recent)} calls that it touches", [], width)
    head = ("when", "was", "with it", "")
    rows = [
        (f"{h.at:%m-%d %H:%M}", "failed" if h.failed else "fine", h.does.value, h.judged.value)
        for h in recent
    ]
    sizes = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    room = width - sum(sizes) - 2 * len(sizes) - 2
    for row, hit in zip((head, *rows), (None, *recent), strict=True):
        cells = "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True))
        call = "" if hit is None else call_text(hit.call)
        style = Style.FAINT if hit is None else _JUDGED.get(hit.judged, Style.PLAIN)
        yield Line(text=f"  {cells}  {fit(call, room)}".rstrip(), style=style)


_JUDGED = {Judged.WRONG: Style.BAD}


# ------------------------------------------------------------------- all else


def _saved(card: Card, width: int) -> Iterator[Line]:
    if card.savings.failures:
        yield from _part("What it would save", [_savings(card.savings)], width)


def _savings(saved: Savings) -> str:
    mended = saved.failures - saved.never
    if not mended:
        return "Unknown: no caller mended these failures by itself."
    bound = "at most " if saved.at_most else ""
    spent = counted(saved.calls, "call")
    if saved.seconds is not None:
        spent += f" and {duration(saved.seconds)}"
    said = (
        f"{bound.capitalize()}{spent}: what callers spent until they had mended "
        f"{counted(mended, 'such failure')} by themselves"
    )
    if saved.inserted:
        said += f", less {counted(saved.inserted, 'call')} that it makes"
    never = f" {saved.never:,} more were never mended." if saved.never else ""
    return f"{said}.{never}"


def _support(card: Card, width: int) -> Iterator[Line]:
    said = [f"{card.reason}" if card.reason else "", _learned(card.support)]
    said.append(f"Proposed by {author(card.proposer)}. How sure: {card.confidence:.2f} of 1.")
    yield from _part("Where it comes from", filter(None, said), width)
    for tool in card.tools:
        role = "It would call" if tool.inserted else "It is about"
        yield from wrapped(
            f"{role} `{tool.tool}`: {_EFFECT[tool.effect]} ({tool.because}).",
            width,
            first="  ",
            rest="  ",
        )


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
        for number, noun in (
            (support.tasks, "task"),
            (support.sessions, "session"),
            (support.sources, "source"),
        )
        if number
    ]
    days = ""
    if support.first is not None and support.last is not None:
        first, last = f"{support.first:%Y-%m-%d}", f"{support.last:%Y-%m-%d}"
        days = f", {first}" if first == last else f", {first} to {last}"
    where = f" in {', '.join(places)}" if places else ""
    return (
        f"Learned from {counted(support.failures, 'call')}{where}{days}. Its proof counts only "
        "parts of the history that were left out when the same was learned from the rest."
    )


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
        word = "REFUSED" if check.answer == "refused" else check.answer
        yield from wrapped(
            f"{check.name}: {check.detail}", width, first=f"  {word:<8}", rest=" " * 10, style=style
        )
    yield from _part("What became of it", [], width)
    for entry in card.record:
        why = f": {entry.reason}" if entry.reason and entry.reason != card.reason else ""
        what = f"{entry.at:%Y-%m-%d %H:%M} {done(entry.action)} by {entry.actor}{why}"
        yield from wrapped(what, width, first="  ", rest="    ")


# ---------------------------------------------------------------- safe, cut, wrapped


def call_text(call: Called) -> str:
    """`read(path="a.txt", limit=3)`, cut where it is long."""
    if call.args is None:
        return cut(f"{call.tool}(arguments not recorded)", _CALL)
    given = ", ".join(f"{name}={value_text(value)}" for name, value in _shown(call.args))
    return cut(f"{call.tool}({given})", _CALL)


def _shown(args: Args) -> Iterable[tuple[str, Json]]:
    return ((cut(name, _VALUE), value) for name, value in args.items())


def value_text(value: Json) -> str:
    """A value as JSON, cut where it is long."""
    return cut(json.dumps(value, ensure_ascii=False), _VALUE)


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    first = f"      {label:<{_LABEL}}"
    yield from wrapped(text, width, first=first, rest=" " * len(first))
