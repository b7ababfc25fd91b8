"""What a reviewer reads of one lesson: at once what the lesson says, then what history says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from failonce.compose import Parts
from failonce.errors import UserError
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import behaviour
from failonce.kinds.tool import Finding, LearnedTool, findings
from failonce.lifecycle import IN_FORCE
from failonce.model import Action, KindName, Lesson, Proposer, Ruling, State
from failonce.surfaces.card import build, gather
from failonce.surfaces.card.calls import call_text
from failonce.surfaces.card.cases import Case, cases, sums, was
from failonce.surfaces.card.code import script_does, script_reach, tool_is, tool_reach
from failonce.surfaces.card.telling import effect, learned, origin, passed, savings
from failonce.surfaces.card.values import Card, Checked, DiffLine, Doing, Judged, Literal, Point
from failonce.surfaces.card.wording import author, done
from failonce.surfaces.server.cards import Looked

_LITERALS: Final = 12
_BAD: Final = (Judged.WRONG, Judged.FALSE_ALARM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a lesson's record."""

    at: datetime
    what: str
    who: str
    mined: bool
    """It was found by failonce, which they ran."""
    via: str
    reason: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What runs: a learned tool, or a script that mends a repository."""

    does: Sequence[str]
    reach: Sequence[str]
    source: str
    marked: Sequence[Finding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One of the newest calls that a lesson touches."""

    at: datetime
    was: str
    does: str
    judged: str
    bad: bool
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the calls that are recorded say of a lesson."""

    at: datetime
    """When somebody last looked."""
    safety: Sequence[Point]
    sums: Sequence[str]
    cases: Sequence[Case]
    newest: Sequence[Touched]
    effects: Sequence[str]
    literals: Sequence[tuple[Literal, str]]
    """Each constant with where it comes from, the doubtful first."""
    left_out: int
    """Constants that are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One lesson, to be judged."""

    id: str
    version: int
    digest: str
    kind: str
    target: str
    project: str
    name: str
    state: str
    in_force: bool
    created_at: datetime
    valid_until: datetime | None
    snoozed_until: datetime | None
    refused: bool
    """The gate refuses it, so nobody can approve it."""
    waits_again: str
    """Why it waits although it was decided on before; empty where it never was."""
    proof: Sequence[str]
    since: Sequence[str]
    does: Doing
    reason: str
    by: str
    learned: str
    passed: str
    checks: Sequence[Checked]
    compared_with: str
    diff: Sequence[DiffLine]
    body: str
    code: Code | None
    record: Sequence[Entry]
    history: History | None
    """None where nobody looked yet, and where nothing is to be looked at (`code`)."""
    can: Sequence[str]
    """What can be done with it now."""


def opened(parts: Parts, lesson: Lesson, looked: Looked | None) -> Opened:
    """A lesson as it stands now, with what was found out about it before."""
    material = gather(parts, lesson, recorded=False)
    card = build(material)
    mined = lesson.proposal.proposer is Proposer.MINER
    record = [
        Entry(
            at=e.event.at,
            what=done(e.event.action),
            who=e.event.actor,
            mined=e.event.action is Action.PROPOSE and mined,
            via=e.event.via,
            reason=e.event.reason,
            version=e.event.version,
        )
        for e in material.entries
    ]
    code = _code(parts, lesson)
    return Opened(
        id=lesson.id,
        version=lesson.version,
        digest=lesson.digest,
        kind=lesson.proposal.kind,
        target=lesson.proposal.target,
        project=lesson.proposal.project,
        name=lesson.proposal.name,
        state=card.state,
        in_force=lesson.in_force,
        created_at=lesson.created_at,
        valid_until=lesson.valid_until,
        snoozed_until=lesson.snoozed_until,
        refused=lesson.judgement.ruling is Ruling.REJECT,
        waits_again=_again(lesson, record),
        proof=card.proof,
        since=card.since,
        does=card.does,
        reason="" if card.proposer == Proposer.MINER else card.reason,
        by=author(card.proposer),
        learned="" if code is not None else learned(card),
        passed=passed(card.checks),
        checks=card.checks,
        compared_with=card.compared_with,
        diff=card.diff,
        body=lesson.proposal.body,
        code=code,
        record=record,
        history=None if looked is None or code is not None else history(looked),
        can=can(lesson, code),
    )


def can(lesson: Lesson, code: Code | None) -> tuple[str, ...]:
    """What a reviewer can do with a lesson in its state."""
    patch = code is not None and lesson.proposal.kind is not KindName.TOOL
    plain: tuple[str, ...] = () if patch else ("try",)
    if lesson.state in (State.PROPOSED, *IN_FORCE) and plain:
        plain = ("edit", *plain)
    if lesson.state is State.PROPOSED:
        refused = lesson.judgement.ruling is Ruling.REJECT
        return (*(() if refused else ("approve",)), "reject", "snooze", *plain)
    if lesson.state in IN_FORCE:
        return ("undo", "wrong", *plain)
    stood = lesson.state in (State.REVERTED, State.DEPRECATED)
    return ("reopen", *(("restore",) if stood else ()), *plain)


def history(looked: Looked) -> History:
    """What a look at the recorded calls found, in words."""
    card = looked.card
    found = sorted(card.literals, key=lambda x: not x.doubtful)
    return History(
        at=looked.at,
        safety=card.safety,
        sums=_sums(card),
        cases=tuple(cases(card, everything=True)),
        newest=tuple(
            Touched(at=h.at, was=w, does=d, judged=j, bad=h.judged in _BAD, call=call_text(h.call))
            for h in card.hits.recent
            for w, d, j in [was(h)]
        ),
        effects=tuple(effect(tool) for tool in card.tools),
        literals=tuple((one, origin(one)) for one in found[:_LITERALS]),
        left_out=max(len(found) - _LITERALS, 0),
    )


def _sums(card: Card) -> tuple[str, ...]:
    if not card.hits.calls:
        return ()
    return (
        *sums(card),
        *([savings(card.savings)] if card.savings.failures and not card.reports else []),
    )


def _again(lesson: Lesson, record: Sequence[Entry]) -> str:
    if lesson.state is not State.PROPOSED or lesson.reviewed_at is None:
        return ""
    put = [done(Action.REQUEUE), done(Action.REOPEN)]
    last = next((e for e in reversed(record) if e.what in put), None)
    return "" if last is None else f"{last.what}{': ' if last.reason else ''}{last.reason}"


def _code(parts: Parts, lesson: Lesson) -> Code | None:
    try:
        body = behaviour(lesson.proposal)
    except UserError:
        return None
    if isinstance(body, LearnedTool):
        return Code(
            does=tool_is(body, other_in_force(parts, lesson)),
            reach=tool_reach(body),
            source=body.source,
            marked=findings(body),
        )
    if isinstance(body, PatchFixer):
        return Code(
            does=tuple(script_does(body)),
            reach=script_reach(body),
            source=body.script,
            marked=body.findings,
        )
    return None


def other_in_force(parts: Parts, lesson: Lesson) -> Lesson | None:
    """The other lesson that is in force in the place of this one."""
    standing = parts.store.lessons(project=lesson.proposal.project, states=IN_FORCE)
    same = (x for x in standing if x.proposal.place == lesson.proposal.place and x.id != lesson.id)
    return next(same, None)
