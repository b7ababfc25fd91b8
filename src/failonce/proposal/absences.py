"""Absences: a thing that several sessions asked for in vain, and that was not there since.

`config/app.yml` was read, searched and listed below ten folders, and no call that names it
has worked since. Nobody looks whether it is there now, so the lesson warns and never stops;
what callers used instead is said where several used the same.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from failonce.kinds.guardrail import Guardrail, Strength
from failonce.language.predicate import MOST_TEXT, Condition, Predicate, Test
from failonce.language.reading import Does, reads
from failonce.language.tool_names import spec_of
from failonce.model import Category, Evidence, Json, KindName, Proposal, ToolSpec
from failonce.ports import Phrase, Slots, Wording
from failonce.proposal.drafting import draft
from failonce.proposal.lab import Case
from failonce.proposal.study import Study
from failonce.proposal.worth import worth

MIN_CLUSTERS: Final = 3
"""Witnesses that must have asked in vain since a call that named the thing last worked."""
INSTEAD: Final = 2
"""Witnesses that must have used the same thing instead, and more than half of all."""
SHORTEST: Final = 5
"""Characters of a thing that means something by itself."""
MOST_PARTS: Final = 12
"""Parts of a path that are looked at, the last ones."""
MOST: Final = 10
"""Things warned of at most, those that most witnesses missed first."""
NEWEST: Final = 5_000
"""Failures that are looked at, the newest ones: what was not there before may be there now."""
LONGEST: Final = 1_000
"""Characters of an argument that is looked at."""

_MAKING: Final = frozenset({
    "cp", "curl", "git", "install", "ln", "mkdir", "mv", "rsync", "tar", "tee", "touch", "unzip",
    "wget",
})  # fmt: skip
"""Words of commands that make files and folders, mostly without a word."""
_WORD: Final = re.compile(r"[^\s\"'`;|&()<>=,]+")
_PARTS: Final = re.compile(r"[\s\"'`;|&()<>=,/]+")
_THING: Final = re.compile(r"[^\s\"'`;|&()<>=,*?$\\{}\[\]]*[^\W\d_][^\s\"'`;|&()<>=,*?$\\{}\[\]]*")


Place: TypeAlias = tuple[str, str]
"""A tool and one of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One failure that named a thing, by the argument that named it."""

    case: Case
    argument: str

    @property
    def place(self) -> Place:
        """The tool and the argument."""
        return self.case.evidence.call.tool, self.argument


def mine(study: Study, mended: Set[str], wording: Wording) -> Iterator[Proposal]:
    """Warnings before calls that name something that is not there.

    `mended` are failures, by their ids, that a repair answers: no warning is for them alone.
    """
    missed = _missed(study)
    told: set[str] = set()
    for _ in range(MOST):
        left = {
            thing: [m for m in own if m.case.evidence.id not in told]
            for thing, own in missed.items()
        }
        if not left:
            return
        thing = min(left, key=lambda t: (-len(_clusters(left[t])), -t.count("/"), t))
        own = left[thing]
        if len(_clusters(own)) < MIN_CLUSTERS:
            return
        told |= {m.case.evidence.id for m in own}
        episodes = {m.case.evidence.id: m.case.episode for m in own}
        if worth(list(episodes.values()), cost=study.lesson_cost) is None:
            yield from _warnings(thing, own, mended, wording)


# ------------------------------------------------------------- what is missed


def _missed(study: Study) -> Mapping[str, Sequence[Missed]]:
    """Failures by the thing that they named, those alone after which it never was there."""
    found: dict[str, list[Missed]] = defaultdict(list)
    missing = [c for c in study.cases if c.failure.category is Category.NOT_FOUND]
    missing.sort(key=lambda c: (c.evidence.at, c.evidence.id))
    for case in missing[-NEWEST:]:
        for name, thing in _asked(case):
            found[thing].append(Missed(case=case, argument=name))
    missed = {t: own for t, own in found.items() if len(_clusters(own)) >= MIN_CLUSTERS}
    seen = _seen(study, missed)
    since = {
        thing: [m for m in own if thing not in seen or m.case.evidence.at > seen[thing]]
        for thing, own in missed.items()
    }
    return {t: own for t, own in since.items() if len(_clusters(own)) >= MIN_CLUSTERS}


def _asked(case: Case) -> list[tuple[str, str]]:
    """Arguments and what they named: where the error says what is not there, that alone."""
    args = case.evidence.call.args or {}
    every = [(name, thing) for name, value in args.items() for thing in things(value)]
    said = [(name, thing) for name, thing in every if thing in case.failure.message]
    return said or every


def _seen(study: Study, missed: Mapping[str, Sequence[Missed]]) -> Mapping[str, datetime]:
    """When a call last worked that names a thing where it would have failed, or that made it.

    From the newest call back, so that what is there all the time is soon looked for no more.
    """
    places = {thing: {m.place for m in own} for thing, own in missed.items()}
    last: dict[str, datetime] = {}
    begins = Counter(map(_beginning, places))
    for e in sorted((e for e in study.calls if e.good), key=lambda e: e.at, reverse=True):
        if not places:
            break
        for name, value in (e.call.args or {}).items():
            if not isinstance(value, str) or len(value) > LONGEST:
                continue
            if begins.keys().isdisjoint(_PARTS.split(value)):  # told at once of nearly all
                continue
            there = [
                thing
                for thing in things(value)
                if thing in places and _there(e, name, value, places[thing], study)
            ]
            for thing in there:
                last[thing] = e.at
                del places[thing]
                begins -= Counter([_beginning(thing)])
    return last


def _beginning(thing: str) -> str:
    """The first part of a path: no text without it names the thing."""
    return thing.partition("/")[0]


def _there(e: Evidence, name: str, value: str, places: Set[Place], study: Study) -> bool:
    """Whether a call that worked shows that what an argument names is there, or was made.

    A command shows it where it is one of those that miss it, and said anything, or makes
    things; of text that is written nobody knows what it is about.
    """
    here = (e.call.tool, name) in places
    if _command(value):
        return here and (bool(e.message.strip()) or not _MAKING.isdisjoint(value.split()))
    spec = spec_of(e.call.tool, study.specs) or ToolSpec(name=e.call.tool)
    return here or reads(spec).does is Does.WRITES


def _command(value: str) -> bool:
    """Whether a text is more than one word: what it names need not be what it is about."""
    return _THING.fullmatch(value) is None


def things(value: Json) -> Iterator[str]:
    """What an argument names: a word alone, and every run of parts of the paths in it."""
    if not isinstance(value, str) or len(value) > LONGEST or "<redacted:" in value:
        return
    words = [value] if _THING.fullmatch(value) else _WORD.findall(value)
    found: dict[str, None] = {}
    for word in words:
        if word == value or "/" in word:
            found.update(dict.fromkeys(_runs(word)))
    yield from found


def _runs(path: str) -> Iterator[str]:
    parts = [p for p in path.split("/") if p not in ("", ".", "..", "~")][-MOST_PARTS:]
    for begin in range(len(parts)):
        for end in range(begin + 1, len(parts) + 1):
            run = "/".join(parts[begin:end])
            if SHORTEST <= len(run) <= MOST_TEXT and _THING.fullmatch(run):
                yield run


# ------------------------------------------------------------------ warnings


def _warnings(
    thing: str, own: Sequence[Missed], mended: Set[str], wording: Wording
) -> Iterator[Proposal]:
    instead = _instead(thing, own)
    for tool, argument in sorted({m.place for m in own}):
        here = [m.case for m in own if m.place == (tool, argument)]
        if 2 * sum(c.evidence.id in mended for c in here) >= len(here):
            continue
        condition = Condition(path=(argument,), test=Test.NAMES, operand=thing)
        slots = Slots(
            tool=tool,
            argument=argument,
            condition=str(condition),
            replacement=instead,
            error_type=here[0].failure.error_type,
            category=here[0].failure.category,
            failures=len(here),
            sessions=len({c.cluster for c in here}),
        )
        guardrail = Guardrail(
            component=tool,
            when=Predicate(conditions=(condition,)),
            fingerprint="",
            message_regex="",
            strength=Strength.WARN,
            message=wording.say(
                Phrase.GUARDRAIL_WARNING,
                slots if instead else replace(slots, steps="Look for it elsewhere first"),
            ),
        )
        yield draft(
            here,
            kind=KindName.GUARDRAIL,
            target=tool,
            key=f"absent:{argument}:{thing}",
            name=wording.say(Phrase.GUARDRAIL_NAME, slots),
            body=guardrail.render(),
            reason=wording.say(
                Phrase.REASON, replace(slots, steps="no call that names it has worked since")
            ),
        )


def _instead(thing: str, own: Sequence[Missed]) -> str:
    """What callers named in its place when the call worked, empty where they did not agree."""
    used: dict[str, set[str]] = defaultdict(set)
    mended: set[str] = set()
    for m in own:
        recovery = m.case.episode.recovery
        value = None if recovery is None else (recovery.call.args or {}).get(m.argument)
        if recovery is None or recovery.call.tool != m.place[0] or not isinstance(value, str):
            continue
        mended.add(m.case.cluster)
        for run in things(value):
            if value.rstrip("/").endswith(run) and thing not in run:
                used[run].add(m.case.cluster)
    agreed = {
        run: len(clusters)
        for run, clusters in used.items()
        if len(clusters) >= INSTEAD and 2 * len(clusters) > len(mended)
    }
    return min(agreed, key=lambda r: (-agreed[r], -len(r), r), default="")


def _clusters(own: Iterable[Missed]) -> frozenset[str]:
    return frozenset(m.case.cluster for m in own)
