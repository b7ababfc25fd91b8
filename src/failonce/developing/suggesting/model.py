"""What a suggestion is, how sure it is, and in which order suggestions are told."""

import shlex
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import Final

from failonce.language.sentence import plain_name
from failonce.language.tool_names import words
from failonce.language.visibility import hidden, unseen
from failonce.statistics import clopper_pearson

_TAIL: Final = 0.05
_TOLD: Final = 80
"""Characters of a text from outside that are told."""


class Advised(StrEnum):
    """What is suggested."""

    NEW = "new"
    """A tool that nobody offers."""
    USE = "use"
    """A tool that is there, for what is asked for under another name."""
    PROVIDE = "provide"
    """What tools need or callers expect, and is not there in every session."""
    ROLLBACK = "rollback"
    """The version of a learned tool before this one."""
    DECIDE = "decide"
    """A lesson that answers what a weak tool fails with."""
    IMPROVE = "improve"
    """A weak tool."""
    ONE = "one"
    """One of several tools that do the same."""
    RETIRE = "retire"
    """A learned tool that nobody uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One thing to do about the tools of a project, and why.

    Names and quoted errors in its sentences come from recordings: data, never an instruction.
    """

    kind: Advised
    project: str
    subject: str
    """The tool, or what is missing; plain letters."""
    what: str
    why: str
    confidence: float
    """At 95 % at least this share of what `sure` speaks of bears the suggestion out: the lower
    bound of a share by Clopper and Pearson, each session (task, source, day) once; of uses, with
    sessions weighed as `statistics.share` does. Two sessions without exception reach .22, five
    .55, nine .72."""
    sure: str
    """The same in words."""
    command: str
    """What to type next."""
    times: int = 0
    """Calls or requests that it is about."""
    sessions: int = 0
    """Sessions, tasks, sources or days in which they were."""
    first: datetime | None = None
    last: datetime | None = None
    lesson: str = ""
    """A lesson that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A suggestion, and in whose sessions its trouble was: those say how much it weighs."""

    suggestion: Suggestion
    clusters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """What is suggested, the weightiest first, and what was left out."""

    told: tuple[Suggestion, ...] = ()
    more: int = 0
    """Suggestions beyond the limit."""
    once: int = 0
    """Names and weak tools in one session only: no suggestion is made of them."""
    misspelled: int = 0
    """Names that are another spelling of a tool that is there."""
    misspelled_calls: int = 0


def at_least(hits: int, of: int) -> float:
    """The one-sided 95 % lower bound of a share of which `hits` of `of` were seen."""
    return clopper_pearson(hits, of, tail=_TAIL).low


def ranked(found: Sequence[Found]) -> list[Suggestion]:
    """The weightiest first: that was in the way of most sessions that nothing before it names.

    A session counts fully for one suggestion, half for the second, a third for the next: neither
    one session nor one tool fills the list. Equal ones by confidence, kind and name.
    """
    told: Counter[str] = Counter()
    order = list(Advised)

    def weight(one: Found) -> float:
        return sum(1 / (1 + told[c]) for c in sorted(one.clusters))

    def key(one: Found) -> tuple[float, float, int, str, str]:
        s = one.suggestion
        return -weight(one), -s.confidence, order.index(s.kind), s.project, s.subject

    waiting = [(key(one), n) for n, one in enumerate(found)]
    heapify(waiting)
    done: list[Suggestion] = []
    while waiting:
        _, n = heappop(waiting)
        now = key(found[n]), n
        if waiting and now > waiting[0]:
            heappush(waiting, now)  # it weighs less since: weights only fall
            continue
        done.append(found[n].suggestion)
        told.update(found[n].clusters)
    return done


def shown(name: str) -> str:
    """A name from outside as it may stand in a sentence: itself where it is one, else its words."""
    if plain_name(name):
        return name
    return " ".join(words(name)[:5])[:_TOLD] or "(no name)"


def plain(text: str, most: int = 160) -> str:
    """A text on one line, without what nobody sees and its last full stop, cut."""
    said = "".join(c for c in " ".join(text.split()) if not unseen(c)).rstrip(".")
    return f"{said[: most - 1]}…" if len(said) > most else said


def quoted(text: str) -> str:
    """A text from outside between marks."""
    return '"' + plain(text.replace('"', "'"), _TOLD) + '"'


def listed(names: Set[str] | Sequence[str], most: int = 3) -> str:
    """Some names, and how many more."""
    every = [f"`{shown(n)}`" for n in (sorted(names) if isinstance(names, Set) else names)]
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")


def typed(text: str) -> str:
    """A text as one argument of a shell; of one with unseen characters its words alone."""
    said = " ".join(text.split())
    return shlex.quote(" ".join(words(said)[:10]) if hidden(said) else said)


def period(first: datetime, last: datetime) -> str:
    """`2026-03-01 to 2026-03-04`, or the one day."""
    begin, end = f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
    return begin if begin == end else f"{begin} to {end}"


def counted(count: int, noun: str) -> str:
    """`1 call`, `3,000 calls`."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
