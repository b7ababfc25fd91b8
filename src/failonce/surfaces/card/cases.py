"""The recorded calls of a card in words: counted, and a few of each sort in full.

Hostile text: whoever shows it escapes it first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from failonce.model import Tally
from failonce.surfaces.card.calls import call_text, changes
from failonce.surfaces.card.values import Card, Does, Hit, Hits, Judged
from failonce.surfaces.words import counted, cut, duration

_NAME: Final = 60
"""Most characters of the name of a session."""
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
    "cascade": "called off because another call failed, or by a lesson",
}


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
        yield "Too much is recorded to look at all: only what taught it and the newest sessions."


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
    calls = f" and {false:,} of these calls" if hits.good else ""
    yield f"It would have been shown before {shown:,} of the errors{calls}."


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recorded call that a lesson touches, as a reader is told of it.

    What another line says already is left out of `parts`.
    """

    judged: Judged
    title: str
    more: int
    """So many of its sort are not shown; told of the first alone."""
    at: datetime
    whose: str
    parts: tuple[tuple[str, str], ...]
    """What is told of it, each with its label: what was called, what came of it, …"""


def cases(card: Card, *, everything: bool) -> Iterator[Case]:
    """A recorded call of each sort that the lesson touches; with `everything` several."""
    known = None if everything else card.does.when
    for judged in _ORDER:
        found = card.hits.examples[judged][: (_MANY if everything else _FEW)[judged]]
        rest = card.hits.counts[judged] - len(found)
        for i, hit in enumerate(found):
            parts = _report(hit) if card.reports else _told(hit, known)
            yield _case(hit, 0 if i else rest, tuple(parts))


def _case(hit: Hit, more: int, parts: tuple[tuple[str, str], ...]) -> Case:
    return Case(
        judged=hit.judged,
        title=_TITLE[hit.judged],
        more=more,
        at=hit.at,
        whose=_whose(hit),
        parts=parts,
    )


def _told(hit: Hit, known: str | None) -> Iterator[tuple[str, str]]:
    """The call, what it answered, what would have been, what was; short what stands in `known`."""
    yield "called", call_text(hit.call)
    answer = cut(hit.answer, _ANSWER if known is None else _SHORT)
    if not (hit.failed and known and answer and answer.partition("… (+")[0] in known):
        yield "failed" if hit.failed else "answer", answer
    if hit.does not in _SAID:
        yield "with it", _with_it(hit)
    yield "in truth", _in_truth(hit)


def _report(hit: Hit) -> Iterator[tuple[str, str]]:
    """A report: what it said of the error, and beside it."""
    yield "reported", cut(hit.answer, _ANSWER)
    if hit.call.args:
        yield "with", call_text(hit.call)


def _whose(hit: Hit) -> str:
    if hit.task is not None:
        return f"task {_name(hit.task)}"
    if hit.trace and not hit.session:
        return f"request {_name(hit.trace)}"
    return f"session {_name(hit.session)}"


def was(hit: Hit) -> tuple[str, str, str]:
    """A hit in three words: how the call went, what the lesson does, how that compares."""
    does = "second try" if hit.does is Does.MENDED else hit.does.value
    return "failed" if hit.failed else "fine", does, hit.judged.value.replace("_", " ")


_SAID: Final = (Does.STOPPED, Does.WARNED, Does.TOLD)
"""What the title of a case says already."""


def _name(of: str) -> str:
    """The name of a session or a task; of one that says nothing, how it begins."""
    return of[:8] if _NUMBER.fullmatch(of) else cut(of, _NAME) or "without a name"


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
