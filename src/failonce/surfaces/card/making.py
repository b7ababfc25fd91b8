"""The card of a lesson, made of what was gathered: no I/O and no clock."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from statistics import median

from failonce import history, statistics
from failonce.errors import UserError
from failonce.identity import canonical_json
from failonce.kinds.words import spread
from failonce.lifecycle import WORDS
from failonce.model import Args, CheckResult, Evidence, KindName, Lesson
from failonce.surfaces.card import wording
from failonce.surfaces.card.doing import doing
from failonce.surfaces.card.effects import tool_effects
from failonce.surfaces.card.literals import literals
from failonce.surfaces.card.material import Material
from failonce.surfaces.card.safety import safety
from failonce.surfaces.card.trying import Tried, each, try_lesson
from failonce.surfaces.card.values import (
    Card,
    Checked,
    Decided,
    DiffLine,
    Hit,
    Hits,
    Judged,
    Savings,
    Support,
)

RECENT = 20
"""Calls in the table of what it would do to the newest."""
EXAMPLES = 20
"""Most calls of each sort on a card."""
_LINE = re.compile(r":\d+\Z")
CONTEXT = 4
"""Unchanged lines of a body shown on each side of a change."""


def build(material: Material) -> Card:
    """The card. A body that cannot be read has no hits, and says so in what it does."""
    lesson, proposal = material.lesson, material.lesson.proposal
    judgement = lesson.judgement
    try:
        tried = try_lesson(lesson, material.calls, material.names, material.tools)
    except UserError:
        tried = Tried(asked=(), hits=())
    hits = _hits(tried)
    tools = tool_effects(proposal, material.calls, tried.hits, material.tools)
    found = literals(proposal, material.calls, material.tools)
    support = _support(material)
    compared_with, diff = _diff(lesson, material.versions)
    return Card(
        id=lesson.id,
        version=lesson.version,
        kind=proposal.kind,
        target=proposal.target,
        project=proposal.project,
        state=WORDS[lesson.state],
        in_force=lesson.in_force,
        valid_until=lesson.valid_until,
        proof=wording.proof(lesson),
        since=wording.since(material.measured),
        does=doing(lesson, _error(tried, material.support)),
        safety=safety(lesson, hits, tools, found),
        choices=wording.choices(lesson),
        hits=hits,
        narrowed=material.narrowed,
        savings=_savings(lesson, tried.hits),
        tools=tools,
        support=support,
        confidence=_sure(material),
        literals=found,
        warns=wording.warns(lesson),
        reports=spread(history.witnessed(material.support)) if wording.reported(lesson) else "",
        proven_on=judgement.proof.tally if judgement.proof.tally.failures else None,
        compared_with=compared_with,
        diff=diff,
        reason=proposal.reason,
        proposer=proposal.proposer,
        checks=tuple(_checked(c) for c in judgement.checks),
        record=tuple(
            Decided(
                at=entry.event.at,
                action=entry.event.action,
                actor=entry.event.actor,
                reason=entry.event.reason,
            )
            for entry in material.entries
        ),
    )


def _error(tried: Tried, support: Sequence[Evidence]) -> str:
    """What the newest failure that it is about said; empty where none is recorded."""
    failed = tried.own or [e for e in support if e.failed]
    return max(failed, key=lambda e: e.at).message if failed else ""


def _sure(material: Material) -> float:
    """What it is measured to prevent at least; before that, what its votes are worth."""
    if material.measured is not None:
        return material.measured.sure
    proof = material.lesson.judgement.proof
    return statistics.support(proof.wins, proof.losses)


def _hits(tried: Tried) -> Hits:
    newest = sorted(tried.hits, key=lambda h: h.at, reverse=True)
    excluded = Counter(str(e.finding.verdict) for e in tried.asked if not (e.good or e.failed))
    return Hits(
        calls=len(tried.asked),
        good=sum(e.good for e in tried.asked),
        failures=sum(e.failed for e in tried.asked),
        excluded=dict(sorted(excluded.items())),
        own=len(tried.own),
        untouched=len(tried.own) - sum(h.own for h in tried.hits),
        on_good=_counted(h for h in tried.hits if not h.failed),
        on_own=_counted(h for h in tried.hits if h.own),
        on_others=_counted(h for h in tried.hits if h.failed and not h.own),
        counts=_counted(tried.hits),
        changes=tuple(dict.fromkeys(_change(h) for h in each(newest, Judged.RIGHT) if h.after)),
        clusters={
            judged: len({_cluster(h) for h in each(tried.hits, judged)}) for judged in Judged
        },
        examples={judged: _examples(list(each(newest, judged))) for judged in Judged},
        recent=tuple(newest[:RECENT]),
    )


def _counted(hits: Iterable[Hit]) -> Mapping[Judged, int]:
    counts = Counter(h.judged for h in hits)
    return {judged: counts[judged] for judged in Judged}


def _cluster(hit: Hit) -> str:
    return hit.task if hit.task is not None else hit.session


def _change(hit: Hit) -> str:
    """What would have changed in the call; the whole call where only others were made for it."""
    assert hit.after is not None  # noqa: S101 - asked of those that run otherwise
    old, new = hit.call.args or {}, hit.after.args or {}
    names = [n for n in dict.fromkeys((*old, *new)) if old.get(n) != new.get(n)]
    if hit.after.tool == hit.call.tool and not names:
        return canonical_json({"tool": hit.call.tool, "args": dict(old)})
    tool = [] if hit.after.tool == hit.call.tool else [f"{hit.call.tool} → {hit.after.tool}"]
    return ", ".join([*tool, *(f"{_last(old, new, n)} → {_last(new, old, n)}" for n in names)])


def _last(args: Args, other: Args, name: str) -> str:
    """A value without the folders that it lies in; quoted where the other one is no text."""
    if name not in args:
        return "nothing"
    value = args[name]
    plain = isinstance(value, str) and isinstance(other.get(name, ""), str)
    return str(value).rsplit("/", 1)[-1] if plain else canonical_json(value)


def _examples(newest: Sequence[Hit]) -> tuple[Hit, ...]:
    """What it is about first, and another session or task before more of one."""
    nth: Counter[str] = Counter()
    ranked: list[tuple[tuple[bool, int, int], Hit]] = []
    for i, hit in enumerate(newest):
        ranked.append(((not hit.own, nth[_cluster(hit)], i), hit))
        nth[_cluster(hit)] += 1
    ranked.sort(key=lambda rank: rank[0])
    return tuple(hit for _, hit in ranked[:EXAMPLES])


def _savings(lesson: Lesson, hits: Sequence[Hit]) -> Savings:
    """What callers spent on the failures that it would have answered, net of its own calls."""
    speaks = lesson.proposal.kind in (KindName.RULE, KindName.GUARDRAIL)
    counted = (Judged.RIGHT, Judged.SHOWN) if speaks else (Judged.RIGHT,)
    answered = [h for h in hits if h.failed and h.judged in counted and (h.own or not speaks)]
    mended = [(h, h.later) for h in answered if h.later is not None]
    inserted = sum(len(h.inserted) for h, _ in mended)
    seconds = [later.seconds for _, later in mended if later.seconds is not None]
    return Savings(
        failures=len(answered),
        calls=sum(later.steps for _, later in mended) - inserted,
        seconds=sum(seconds) if seconds else None,
        inserted=inserted,
        never=len(answered) - len(mended),
        at_most=speaks,
        median_calls=median([later.steps for _, later in mended]) if mended else 0.0,
        median_seconds=median(seconds) if seconds else None,
    )


def _support(material: Material) -> Support:
    evidence = material.support
    times = [e.at for e in evidence]
    return Support(
        failures=len(material.lesson.proposal.support),
        tasks=len({e.call.task for e in evidence if e.call.task is not None}),
        sessions=len({e.call.session for e in evidence}),
        sources=len({_LINE.sub("", e.source) for e in evidence}),
        first=min(times, default=None),
        last=max(times, default=None),
        forgotten=material.forgotten,
    )


def _checked(check: CheckResult) -> Checked:
    refused = "refused" if check.fatal else "look"
    return Checked(
        name=check.name, answer="passed" if check.passed else refused, detail=check.detail
    )


# -------------------------------------------------------------------- the body


def _diff(lesson: Lesson, versions: Sequence[Lesson]) -> tuple[str, tuple[DiffLine, ...]]:
    """The body against the version in force before it, else the one before it, else nothing."""
    earlier = [v for v in versions if v.version < lesson.version]
    in_force = [v for v in earlier if v.in_force]
    body = lesson.proposal.body.splitlines()
    if not earlier:
        return "", tuple(DiffLine(mark="+", text=line) for line in body)
    base = (in_force or earlier)[-1]
    force = ", in force" if base.in_force else ""
    compared = f"version {base.version} ({WORDS[base.state]}{force})"
    return compared, tuple(_lines(base.proposal.body.splitlines(), body))


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterable[DiffLine]:
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield from _unchanged(after[c:d], first=c == 0, last=d == len(after))
        else:
            yield from (DiffLine(mark="-", text=line) for line in before[a:b])
            yield from (DiffLine(mark="+", text=line) for line in after[c:d])


def _unchanged(lines: Sequence[str], *, first: bool, last: bool) -> Iterable[DiffLine]:
    """Unchanged lines, the middle of a long run told by its length."""
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if (first and last) or len(lines) <= head + tail + 1:
        yield from (DiffLine(mark=" ", text=line) for line in lines)
        return
    yield from (DiffLine(mark=" ", text=line) for line in lines[:head])
    yield DiffLine(mark="…", text=f"{len(lines) - head - tail} lines are the same")
    yield from (DiffLine(mark=" ", text=line) for line in lines[len(lines) - tail :])
