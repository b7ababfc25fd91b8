"""Tools that fare badly, learned ones that nobody uses, and what to do about each."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Final

from failonce.developing.needs import failure_id, need_id
from failonce.developing.suggesting.known import Known
from failonce.developing.suggesting.model import (
    Advised,
    Found,
    Suggestion,
    at_least,
    counted,
    period,
    plain,
    quoted,
    shown,
    typed,
)
from failonce.identity import gap_id
from failonce.language.absent import unsupported
from failonce.model import KindName, Lesson, Signature
from failonce.outcome.health import LOW_USES, WINDOW, Mark, Trend, health
from failonce.ports import ToolUse, Use
from failonce.statistics import RHO_GOOD, Cluster, share

_WITHOUT: Final = 0.9
"""At least that share of sessions must go without a learned tool that nobody is said to use."""


def faring(known: Known, explained: Set[str]) -> tuple[list[Found], int]:
    """Suggestions for tools by how they fare, and how many are weak in one session only.

    `explained` are classes of failures that something else is suggested for.
    """
    found: list[Found] = []
    once = 0
    classes: dict[str, list[Signature]] = {}
    for s in known.signatures:
        classes.setdefault(s.tool, []).append(s)
    none = known.misspelled.keys() | known.unknown
    for every in known.uses.values():
        use = _since(every, known)
        own = classes.get(use.tool, [])
        elsewhere = bool(own) and own[0].id in explained
        if elsewhere or not use.newest or use.tool in none:
            continue
        weak = _weak(use)
        failing = {u.cluster for u in use.newest[:WINDOW] if u.failed}
        if (back := _rollback(every, known)) is not None:
            found.append(back)
        elif weak and len(failing) < known.least and not _asked(own, known):
            once += 1
        elif weak or any(_limited(s, known) for s in own) or _asked(own, known):
            found.append(_poor(use, own, known, weak=weak))
    return [*found, *_unused(known)], once


def _since(use: ToolUse, known: Known) -> ToolUse:
    """The uses of a learned tool since its version came in force; of others all."""
    lesson = known.learned.get(use.tool)
    if lesson is None or not lesson.in_force or lesson.reviewed_at is None:
        return use
    newest = tuple(u for u in use.newest if u.at > lesson.reviewed_at)
    return replace(use, calls=len(newest), newest=newest)


def _weak(use: ToolUse) -> bool:
    return health(use).mark in (Mark.LOW, Mark.BROKEN)


def _limited(s: Signature, known: Known) -> bool:
    """Whether enough sessions failed because the tool says that it cannot do something."""
    return s.sessions >= known.least and unsupported(s.sample) and s.id not in known.answers


def _asked(own: Sequence[Signature], known: Known) -> bool:
    """Whether somebody asked for a better one, and got none."""
    ids = {failure_id(known.project, s.tool, s.id) for s in own}
    ids |= {need_id(known.project, s.tool) for s in own if s.tool not in known.learned}
    return not ids.isdisjoint(known.gaps)


def _poor(use: ToolUse, own: Sequence[Signature], known: Known, *, weak: bool) -> Found:
    """What to do about a tool that fails often, or says that it cannot do what is wanted."""
    newest = use.newest[:WINDOW]
    bad = [u for u in newest if u.failed]
    of = "uses" if use.calls <= WINDOW else f"newest {len(newest)} uses"
    said = f"{len(bad)} of its {counted(len(newest), 'use') if of == 'uses' else of} failed"
    clusters = frozenset(u.cluster for u in bad)
    mostly = own if weak else [s for s in own if _limited(s, known)]
    kind, what, command, lesson = _remedy(use.tool, mostly, known)
    total = sum(s.hits for s in own)
    about = _about(mostly, known, lesson, total)
    low = _fails(newest)
    suggestion = Suggestion(
        kind=kind,
        project=known.project,
        subject=shown(use.tool),
        what=what,
        why=f"{said}, in {counted(len(clusters), 'session')}.{about}",
        confidence=low,
        sure=f"at least {low:.0%} of its uses fail (95 %)",
        command=command,
        times=len(bad),
        sessions=len(clusters),
        first=min((s.first_seen for s in own), default=None),
        last=max((s.last_seen for s in own), default=None),
        lesson="" if lesson is None else lesson.id,
    )
    return Found(suggestion=suggestion, clusters=clusters)


def _fails(uses: Sequence[Use]) -> float:
    """The one-sided 95 % lower bound of the share that fails, by session."""
    of: dict[str, list[bool]] = {}
    for u in uses:
        of.setdefault(u.cluster, []).append(u.failed)
    return share([Cluster(hits=sum(x), of=len(x)) for x in of.values()], rho=RHO_GOOD).at_least


def _remedy(
    tool: str, own: Sequence[Signature], known: Known
) -> tuple[Advised, str, str, Lesson | None]:
    """What to do, in a sentence, what to type, and the lesson that it is about.

    What waits comes first, then code that is ours, then a lesson in force that is about what the
    tool fails with most.
    """
    name = shown(tool)
    better = (x for x in known.standing if x.proposal.kind is KindName.TOOL and not x.in_force)
    lessons = [x for s in own for x in known.answers.get(s.id, ()) if not x.in_force]
    lessons.sort(key=lambda x: _place(x, tool))
    waiting = [*(x for x in better if x.proposal.target == tool), *lessons]
    if waiting:
        first = waiting[0]
        what = f"Decide on the {first.proposal.kind} {first.id} for `{name}`, which fails often"
        return Advised.DECIDE, what, f"failonce show {first.id}", first
    if tool in known.learned:
        command = known.command("tools improve", typed(tool))
        return Advised.IMPROVE, f"Have `{name}` improved", command, None
    if own and own[0].id in known.answers:
        held = known.answers[own[0].id][0]
        what = f"See whether {held.id} helps: `{name}` goes on failing with it in force"
        return Advised.DECIDE, what, f"failonce outcomes {held.id}", held
    if _asked(own, known) or (own and unsupported(own[0].sample)):
        what = f"Make a tool that does what `{name}` does not"
        return Advised.NEW, what, known.wanted(name, "--force"), None
    looked = any(gap_id(known.project, s.id) in known.gaps for s in own)
    what = f"Look at `{name}`: no lesson is about what it fails with"
    return Advised.IMPROVE, what, known.command("gaps" if looked else "mine"), None


def _place(lesson: Lesson, tool: str) -> tuple[bool, bool, int, int, str]:
    """What would have done anything first, of that what is for this very tool, then the most."""
    seen = lesson.judgement.proof.tally
    mended = seen.prevented + seen.repaired + seen.recovered
    elsewhere = lesson.proposal.target != tool
    return mended + seen.shown == 0, elsewhere, -mended, -seen.shown, lesson.id


def _about(own: Sequence[Signature], known: Known, lesson: Lesson | None, total: int) -> str:
    """What a tool fails with, what a lesson does about it, or why there is none."""
    if not own:
        return ""
    said = f" Mostly {quoted(own[0].template)} ({own[0].hits:,} of {total:,} recorded)."
    if lesson is not None and lesson.judgement.proof.line:
        return f"{said} The lesson: {lesson.judgement.proof.line.rstrip('.')}."
    gap = known.gaps.get(gap_id(known.project, own[0].id))
    why = "" if gap is None else f" No lesson: {plain(gap.detail)}."
    asked = " Another one was asked for." if _asked(own, known) else ""
    return said + why + asked


# ------------------------------------------------------------- learned ones


def _rollback(use: ToolUse, known: Known) -> Found | None:
    """A learned tool that fares worse since its version came in force."""
    now = known.learned.get(use.tool)
    if now is None or not now.in_force or now.reviewed_at is None:
        return None
    since = [u for u in use.newest if u.at >= now.reviewed_at]
    before = [u for u in use.newest if u.at < now.reviewed_at]
    older = _earlier(now, known)
    if not older or len(since) <= LOW_USES or len(before) <= LOW_USES:
        return None
    window = min(len(since), WINDOW)
    recent = replace(use, newest=(*since[:window], *before[:window]))
    if health(recent, window=window).trend is not Trend.WORSE:
        return None
    bad, low = [u for u in since if u.failed], _fails(since)
    clusters = frozenset(u.cluster for u in bad)
    suggestion = Suggestion(
        kind=Advised.ROLLBACK,
        project=known.project,
        subject=use.tool,
        what=f"Put the version of `{use.tool}` before {now.id} in force again",
        why=f"{len(bad)} of {counted(len(since), 'use')} failed since {now.reviewed_at:%Y-%m-%d}, "
        f"{sum(u.failed for u in before)} of {len(before)} before.",
        confidence=low,
        sure=f"at least {low:.0%} of its uses fail since (95 %)",
        command=known.command("tools rollback", typed(use.tool)),
        times=len(bad),
        sessions=len(clusters),
        first=bad[-1].at,
        last=bad[0].at,
        lesson=now.id,
    )
    return Found(suggestion=suggestion, clusters=clusters)


def _earlier(now: Lesson, known: Known) -> bool:
    """Whether another version of the same tool was in force."""
    return any(
        x.proposal.kind is KindName.TOOL
        and x.proposal.target == now.proposal.target
        and x.id != now.id
        and x.reviewed_at is not None
        for x in known.store.lessons(project=known.project)
    )


def _unused(known: Known) -> Iterator[Found]:
    """Learned tools in force that the sessions since did without."""
    for name, lesson in sorted(known.learned.items()):
        if not lesson.in_force or lesson.reviewed_at is None:
            continue
        use = known.uses.get(name)
        last = max(lesson.reviewed_at, lesson.reviewed_at if use is None else use.newest[0].at)
        since = _sessions(last, name, known)
        sure = at_least(len(since), len(since))
        if sure < _WITHOUT:
            continue
        used = "Nobody used it yet" if use is None else f"Last used {use.newest[0].at:%Y-%m-%d}"
        newest = max(since.values())
        suggestion = Suggestion(
            kind=Advised.RETIRE,
            project=known.project,
            subject=name,
            what=f"Take `{name}` out of force: nobody uses it",
            why=f"{used}; {counted(len(since), 'session')} did without it, {period(last, newest)}.",
            confidence=sure,
            sure=f"at least {sure:.0%} of the sessions since do without it (95 %)",
            command=f"failonce undo {lesson.id}",
            sessions=len(since),
            first=last,
            last=newest,
            lesson=lesson.id,
        )
        yield Found(suggestion=suggestion)


def _sessions(after: datetime, name: str, known: Known) -> dict[str, datetime]:
    """The sessions that used other tools since, with the newest use seen of each."""
    found: dict[str, datetime] = {}
    for use in known.uses.values():
        for u in use.newest:
            if use.tool != name and u.at > after:
                found[u.cluster] = max(u.at, found.get(u.cluster, u.at))
    return found
