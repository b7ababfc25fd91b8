"""The recorded calls of a card: counted, a few of each sort in full, and calls as they read."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from failonce.model import Args, Json, Tally
from failonce.surfaces.card import Card
from failonce.surfaces.card.values import Called, Does, Hit, Hits, Judged
from failonce.surfaces.cli.folding import Line, Style, cut, fit, wrapped
from failonce.surfaces.words import counted, duration

_LABEL: Final = 10
"""Columns of the words before the parts of a case."""
_VALUE: Final = 60
"""Most characters of one argument's value."""
_CHANGED: Final = 200
"""Most characters of a value that was changed."""
_AROUND: Final = 20
"""Characters shown on each side of what differs in two long values."""
_CALL: Final = 240
_ANSWER: Final = 240
_SHORT: Final = 120
"""Most characters of an answer; fewer where only the most important is shown."""
_ORDER: Final = (
    Judged.WRONG, Judged.FALSE_ALARM, Judged.ANOTHER, Judged.RIGHT, Judged.SHOWN, Judged.UNCLEAR,
)  # fmt: skip
"""What a reader should see first."""
_FEW: Final = dict.fromkeys(Judged, 1) | {Judged.UNCLEAR: 0}
_MANY: Final = dict.fromkeys(Judged, 5)
"""Calls of each sort that are shown."""
_NUMBER: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]{9,}")
"""Names of sessions that say nothing: `0a1b2c3d-0000-…`."""
_BLANK: Final = re.compile(r"\s")
_TITLE: Final = {
    Judged.RIGHT: "Where it would have been right",
    Judged.WRONG: "Where it would have been WRONG",
    Judged.ANOTHER: "Where the caller then made another call",
    Judged.UNCLEAR: "Where nobody can say",
    Judged.SHOWN: "Where it would have been shown",
    Judged.FALSE_ALARM: "Where it would have been a false alarm",
}
_SORT: Final = {
    Judged.RIGHT: "right",
    Judged.WRONG: "wrong",
    Judged.ANOTHER: "where the caller then made another call",
    Judged.UNCLEAR: "where nobody can say",
    Judged.SHOWN: "before which it is shown",
    Judged.FALSE_ALARM: "with a false alarm before",
}
_GOOD: Final = dict.fromkeys(Judged, "touched") | {
    Judged.WRONG: "wrongly stopped or changed",
    Judged.SHOWN: "been shown before",
    Judged.FALSE_ALARM: "been a false alarm before",
}
_VERDICT: Final = {
    "rejection": "to which a person said no",
    "cascade": "called off because another call failed",
}


# --------------------------------------------------------------------------- in sums


def sums(card: Card) -> Iterator[str]:
    """What was recorded, and what the lesson would have done to it: every count adds up."""
    hits, whose = card.hits, "any tool" if card.target == "*" else f"`{card.target}`"
    if card.reports:
        yield from _of_reports(card, whose)
        return
    parts = [f"{hits.good:,} that worked", f"{hits.failures:,} that failed"]
    parts += [f"{n:,} {_VERDICT.get(verdict, verdict)}" for verdict, n in hits.excluded.items()]
    yield f"{counted(hits.calls, 'call')} of {whose}: {_and(parts)}."
    if hits.own:
        inserts = any(effect.inserted for effect in card.tools)
        own = _shares(hits.on_own, hits.untouched, warns=card.warns, inserts=inserts)
        of = counted(hits.failures, "failure")
        yield f"It applies to {hits.own:,} of the {of}: {own}."
    others = sum(hits.on_others.values())
    if others:
        said = _shares(hits.on_others, 0, warns=card.warns)
        yield f"It would also have touched {counted(others, 'other failure')}: {said}."
    for judged, did in _GOOD.items():
        if touched := hits.on_good[judged]:
            of = counted(hits.good, "call")
            yield f"It would have {did} {touched:,} of the {of} that worked."
    if card.proven_on is not None:
        yield from _proven(card.proven_on, hits, others)
    if card.narrowed:
        yield "Too much is recorded to look at calls of other tools as well."


def _of_reports(card: Card, whose: str) -> Iterator[str]:
    """What is known where errors are reported and calls are not recorded."""
    hits = card.hits
    yield (
        f"{counted(hits.failures, 'error')} of {whose} recorded, {hits.own:,} of them what it is "
        f"about, and {counted(hits.good, 'call')} that worked."
    )
    if not card.warns:
        yield "It acts around calls, and of these nothing is recorded: what it would do is unknown."
        return
    shown, false = hits.counts[Judged.SHOWN], hits.counts[Judged.FALSE_ALARM]
    yield f"It would have been shown before {shown:,} of the errors and {false:,} of these calls."


def _proven(proven: Tally, hits: Hits, others: int) -> Iterator[str]:
    """Where the proof counts otherwise: what, and why."""
    failures = counted(proven.failures, "failure")
    if (proven.failures, proven.good) != (hits.own + others, hits.good):
        yield (
            "The first line counts only what did not teach it, as recorded when it was proposed: "
            f"{failures} and {counted(proven.good, 'good call')}."
        )
        return
    helped = proven.prevented + proven.repaired + proven.recovered + proven.shown
    if helped != hits.counts[Judged.RIGHT] + hits.counts[Judged.SHOWN] - hits.on_good[Judged.SHOWN]:
        yield (
            f"The first line counts {helped:,} of {failures}, as it was judged when it was "
            "proposed: calls may have been executed again for that; here they are looked up."
        )


def _shares(
    counts: Mapping[Judged, int], untouched: int, *, warns: bool, inserts: bool = False
) -> str:
    words = {**_SORT, Judged.SHOWN: "after a warning"} if warns else _SORT
    said = [f"{counts[judged]:,} {words[judged]}" for judged in Judged if counts[judged]]
    left = (
        "without one"
        if warns and said
        else "that nobody can tell, as the answers to its own calls are not recorded"
        if inserts
        else "left alone"
    )
    said += [f"{untouched:,} {left}"] if untouched else []
    return _and(said)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


# --------------------------------------------------------------------------- one by one


def cases(card: Card, width: int, *, everything: bool) -> Iterator[Line]:
    """A recorded call of each sort that the lesson touches; with `everything` several."""
    for judged in _ORDER:
        most = (_MANY if everything else _FEW)[judged]
        found = card.hits.examples[judged][:most]
        rest = card.hits.counts[judged] - len(found)
        for i, hit in enumerate(found):
            more = f" (and {rest:,} more)" if rest and not i else ""
            style = Style.BAD if judged is Judged.WRONG else Style.PLAIN
            where = f"{_TITLE[judged]}{more}: {hit.at:%Y-%m-%d %H:%M}, {_whose(hit)}"
            yield from wrapped(where, width, first="  ", rest="    ", style=style)
            known = None if everything else card.does.when
            yield from _report(hit, width) if card.reports else _case(hit, width, known)


def _whose(hit: Hit) -> str:
    return f"session {_name(hit.session)}" if hit.task is None else f"task {_name(hit.task)}"


def _case(hit: Hit, width: int, known: str | None) -> Iterator[Line]:
    """The call, what it answered, what would have been, what was; short what stands in `known`."""
    yield from _labelled("called", call_text(hit.call), width)
    answer = cut(hit.answer, _ANSWER if known is None else _SHORT)
    if not (hit.failed and known and answer and answer.partition("… (+")[0] in known):
        yield from _labelled("failed" if hit.failed else "answer", answer, width)
    if hit.does not in _SAID:
        yield from _labelled("with it", _with_it(hit), width)
    yield from _labelled("in truth", _in_truth(hit), width)


def _report(hit: Hit, width: int) -> Iterator[Line]:
    """A report: what it said of the error, and beside it."""
    yield from _labelled("reported", cut(hit.answer, _ANSWER), width)
    if hit.call.args:
        yield from _labelled("with", call_text(hit.call), width)


_SAID: Final = (Does.STOPPED, Does.WARNED, Does.TOLD)
"""What the title of a case says already."""


def _name(of: str) -> str:
    """The name of a session or a task; of one that says nothing, how it begins."""
    return of[:8] if _NUMBER.fullmatch(of) else cut(of, _VALUE) or "without a name"


def _labelled(label: str, text: str, width: int) -> Iterator[Line]:
    first = f"      {label:<{_LABEL}}"
    yield from wrapped(text, width, first=first, rest=" " * len(first))


def _in_truth(hit: Hit) -> str:
    """What really happened, as far as it says whether the lesson would have been right."""
    if not hit.failed:
        return "it worked as it was"
    if hit.later is None:
        return "no call like it is known to have worked later"
    took = counted(hit.later.steps, "call") + " later"
    if hit.later.seconds is not None:
        took += f", {duration(hit.later.seconds)}"
    if hit.later.call not in (hit.call, hit.after):
        other = changes(hit.after or hit.call, hit.later.call)
        return f"the agent made another call, which worked ({took}): {other}"
    which = "the same call again" if hit.later.call == hit.call else "this call itself"
    failed = hit.judged is Judged.WRONG and hit.does is not Does.STOPPED
    first = "it failed before it worked" if failed else "it worked"
    return f"the agent made {which}, and {first} ({took})"


def _with_it(hit: Hit) -> str:
    calls = [f"after {call_text(call)}" for call in hit.inserted]
    if hit.does is Does.RETRIED or hit.after is None:
        return "the same call again"
    return ", ".join([*calls, changes(hit.call, hit.after)])


def table(recent: Sequence[Hit], width: int) -> Iterator[Line]:
    """The newest calls that it touches, one a line."""
    head = ("when", "was", "with it", "judged")
    rows = [
        (
            f"{h.at:%m-%d %H:%M}",
            "failed" if h.failed else "fine",
            "second try" if h.does is Does.MENDED else h.does.value,
            h.judged.value.replace("_", " "),
        )
        for h in recent
    ]
    sizes = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    room = width - sum(sizes) - 2 * len(sizes) - 2
    for row, hit in zip((head, *rows), (None, *recent), strict=True):
        cells = "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=True))
        call = "" if hit is None else call_text(hit.call)
        style = Style.FAINT if hit is None else _JUDGED.get(hit.judged, Style.PLAIN)
        yield Line(text=f"  {cells}  {fit(call, room)}".rstrip(), style=style)


_JUDGED: Final = {Judged.WRONG: Style.BAD, Judged.FALSE_ALARM: Style.BAD}


# --------------------------------------------------------------------------- as they read


def changes(before: Called, after: Called) -> str:
    """What differs between two calls: `path: "a" → gone, file: "a" (new)`."""
    said = [f"{before.tool} → {after.tool}"] if before.tool != after.tool else []
    old, new = before.args or {}, after.args or {}
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in new:
            said.append(f"{name}: {value_text(old[name])} → gone")
        elif name not in old:
            said.append(f"{name}: {value_text(new[name], _CHANGED)} (new)")
        elif old[name] != new[name]:
            said.append(f"{name}: {_turned(old[name], new[name])}")
    return ", ".join(said) or "the same call"


def _turned(old: Json, new: Json) -> str:
    """Two values as they differ: what long texts have in common at their ends is left out."""
    if not isinstance(old, str) or not isinstance(new, str) or len(old) + len(new) <= _VALUE:
        return f"{value_text(old, _CHANGED)} → {value_text(new, _CHANGED)}"
    same = _common(old, new)
    begin = max(old.rfind("/", 0, same), same - _AROUND, 0)
    same = _common(old[begin:][::-1], new[begin:][::-1])
    end = same - _AROUND if same > 2 * _AROUND else 0
    texts = []
    for text in (old, new):
        left, right = "…" if begin else "", "…" if end else ""
        texts.append(value_text(f"{left}{text[begin : len(text) - end]}{right}", _CHANGED))
    return " → ".join(texts)


def _common(one: str, other: str) -> int:
    """Characters with which both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def call_text(call: Called) -> str:
    """`read(path="a.txt", limit=3)`, cut where it is long."""
    if call.args is None:
        return cut(f"{call.tool}(arguments not recorded)", _CALL)
    given = ", ".join(f"{name}={value_text(value)}" for name, value in _shown(call.args))
    return cut(f"{call.tool}({given})", _CALL)


def _shown(args: Args) -> Iterable[tuple[str, Json]]:
    return ((cut(name, _VALUE), value) for name, value in args.items())


def value_text(value: Json, most: int = _VALUE) -> str:
    """A value as JSON, cut where it is long; of a path the end stays, which tells more."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > most and isinstance(value, str) and "/" in value and not _BLANK.search(value):
        end = text[2 - most :]
        return f'"…{end[max(end.find("/", 0, _AROUND), 0) :]}'
    return cut(text, most)
