"""Is it safe? What speaks for a lesson, and what a person should look at before approving it."""

from collections.abc import Iterator, Sequence

from failonce.kinds.fixer import ArgumentsFixer, CallsFixer
from failonce.kinds.hint import Hint, Retry
from failonce.language.expression import Function, Source
from failonce.model import EVERYONE, KindName, Lesson, Ruling
from failonce.surfaces.card.literals import FEW, What
from failonce.surfaces.card.values import (
    Hits,
    Judged,
    Literal,
    Point,
    SideEffect,
    ToolEffect,
)
from failonce.surfaces.card.wording import acts_after, read, reported, warns
from failonce.surfaces.words import counted

NAMED = 3
"""Things named in one sentence before the rest is counted."""
ALIKE = 3
"""Repairs from which it is said that they are all the same."""
OLD_DAYS = 60
"""Days between the newest failure and the proposal from which that is said."""
_CHANGE = 80
"""Most characters of a change that is quoted."""
_MONTH_DAYS = 30.44


def safety(
    lesson: Lesson,
    hits: Hits,
    tools: Sequence[ToolEffect],
    found: Sequence[Literal],
) -> tuple[Point, ...]:
    """The gate's word, what should make a reader pause, then what speaks for it."""
    points = [
        *_tried(lesson, hits),
        *_evidence(lesson, hits),
        *_acts(lesson, tools),
        *_writes(lesson, found),
    ]
    if lesson.proposal.project == EVERYONE:
        points.append(_bad("It holds in every project, not in one."))
    return (_ruled(lesson), *sorted(points, key=lambda p: p.good))


def _bad(text: str) -> Point:
    return Point(good=False, text=text)


def _good(text: str) -> Point:
    return Point(good=True, text=text)


def _ruled(lesson: Lesson) -> Point:
    judgement = lesson.judgement
    because = tuple(dict.fromkeys(_reason(lesson, r) for r in judgement.reasons))
    match judgement.ruling:
        case Ruling.ACTIVATE:
            return _good("Its history is proof enough.")
        case Ruling.HOLD:
            text = "failonce leaves the decision to you, because:"
        case Ruling.REJECT:
            text = "failonce refuses it, for everybody, because:"
    return Point(good=False, text=text, because=because)


def _reason(lesson: Lesson, reason: str) -> str:
    """What the gate gave as a reason, for a reader who knows nothing of the gate."""
    missing = lesson.judgement.proof.missing
    if reason != f"needs {missing}":
        return reason
    if warns(lesson) or lesson.proposal.kind is KindName.RULE:
        return "only use can show whether its words help: history cannot tell"
    if reported(lesson):
        return f"to know whether it helps takes {missing}"
    return f"there is not enough history: it needs {missing}"


def _doubted(lesson: Lesson, check: str) -> bool:
    """Whether the gate's word names this doubt already."""
    return any(c.name == check and not c.passed for c in lesson.judgement.checks)


# ---------------------------------------------------------------- what history says


def _tried(lesson: Lesson, hits: Hits) -> Iterator[Point]:
    if lesson.proposal.kind is KindName.RULE:
        yield _good("It only shows words: it stops and changes no call.")
        return
    if warns(lesson):
        yield _good("It only warns: it stops and changes no call.")
        yield from _alarms(hits)
        return
    if not hits.calls:
        yield _bad("No recorded call to try it on.")
        return
    wrong = hits.on_good[Judged.WRONG]
    if wrong:
        stops = (KindName.GUARDRAIL, KindName.HINT)
        verb = "stopped" if lesson.proposal.kind in stops else "changed"
        yield _bad(f"It would have {verb} {wrong:,} of {counted(hits.good, 'call')} that worked.")
    if missed := hits.counts[Judged.WRONG] - wrong:
        failures = counted(missed, "failure")
        hint = lesson.proposal.kind is KindName.HINT
        yield _bad(
            f"At {failures} trying again is not known to have helped."
            if hint
            else f"At {failures} it would have done something else than what helped the caller."
        )
    another = hits.counts[Judged.ANOTHER]
    if another and not _doubted(lesson, "agrees"):
        failures = counted(another, "failure")
        yield _bad(f"At {failures} the caller then made another call than this would have run.")
    if unclear := hits.counts[Judged.UNCLEAR]:
        failures = counted(unclear, "failure")
        yield _bad(f"At {failures} nobody can say: what the caller did later does not tell.")


def _alarms(hits: Hits) -> Iterator[Point]:
    false = hits.counts[Judged.FALSE_ALARM]
    every = false + hits.counts[Judged.SHOWN]
    if false:
        yield _bad(
            f"{false:,} of {counted(every, 'warning')} would have been a false alarm: the call "
            "worked."
        )


def _evidence(lesson: Lesson, hits: Hits) -> Iterator[Point]:
    """How much its cases have in common, and how old they are."""
    right = hits.counts[Judged.RIGHT]
    if len(hits.changes) == 1 and right >= ALIKE:
        change = hits.changes[0]
        said = f" ({change})" if len(change) <= _CHANGE else ""
        yield _bad(f"All {right:,} repairs are the same one{said}: it may help with nothing else.")
    newest = max((h.at for h in hits.recent if h.failed), default=None)
    if newest is not None and (lesson.created_at - newest).days >= OLD_DAYS:
        months = counted(round((lesson.created_at - newest).days / _MONTH_DAYS), "month")
        yield _bad(
            f"The newest failure that it touches is from {newest:%Y-%m-%d}, {months} before this "
            "proposal: does it still happen?"
        )


# ---------------------------------------------------------------- what it does


def _acts(lesson: Lesson, tools: Sequence[ToolEffect]) -> Iterator[Point]:
    inserted = [t for t in tools if t.inserted]
    for tool in inserted:
        if tool.effect is SideEffect.READS:
            yield _good(f"Its own call of `{tool.tool}` only reads ({tool.because}).")
        elif not _doubted(lesson, "inserted"):
            yield _bad(f"It would call `{tool.tool}` by itself, which {_effect(tool)}.")
    body = read(lesson)
    again = isinstance(body, Hint) and isinstance(body.handler, Retry)
    for tool in tools:
        if again and not tool.inserted:
            reads = tool.effect is SideEffect.READS
            if reads or not _doubted(lesson, "retry_safe"):
                text = f"It runs a call of `{tool.tool}` again, which {_effect(tool)}."
                yield _good(text) if reads else _bad(text)
    yield from _unseen(lesson, tools)
    after = acts_after(lesson)
    if after:
        only = "" if inserted else "; it makes no call but the second try"
        yield _good(f"It acts only after a failure, so it touches no call that works{only}.")
    elif lesson.proposal.kind is KindName.FIXER and not inserted:
        yield _good("It makes no call of its own.")


def _unseen(lesson: Lesson, tools: Sequence[ToolEffect]) -> Iterator[Point]:
    """A failure may be there to make the agent look; a repair that looks for it defeats that."""
    body = read(lesson)
    target = next((t for t in tools if not t.inserted), None)
    if not isinstance(body, CallsFixer) or not body.program.steps or not acts_after(lesson):
        return
    if body.program.arguments or target is None or target.effect is SideEffect.READS:
        return
    called = " and ".join(dict.fromkeys(f"`{s.tool}`" for s in body.program.steps))
    yield _bad(
        f"`{target.tool}` runs again before the agent has seen what {called} answers: where the "
        "error is there to make it look first, it acts without having looked."
    )


def _effect(tool: ToolEffect) -> str:
    does = {
        SideEffect.READS: "only reads",
        SideEffect.WRITES: "writes",
        SideEffect.UNKNOWN: "may write",
    }[tool.effect]
    return f"{does} ({tool.because})"


# ---------------------------------------------------------------- what it writes


def _writes(lesson: Lesson, found: Sequence[Literal]) -> Iterator[Point]:
    doubtful = [x for x in found if x.doubtful]
    if doubtful:
        named = ", ".join(f"“{x.text[:60]}”" for x in doubtful[:NAMED])
        more = f" and {len(doubtful) - NAMED} more" if len(doubtful) > NAMED else ""
        who = f"fewer than {FEW} sessions or tasks"
        yield _bad(f"It holds values that {who} ever gave: {named}{more}.")
    body = read(lesson)
    if not isinstance(body, ArgumentsFixer | CallsFixer):
        return
    reads = body.program.reads() if isinstance(body, CallsFixer) else ()
    error = "What it writes is taken from the text of the error"
    if any(str(Function.SUGGESTED) in r.then for r in reads):
        yield _bad(
            f"{error}, nearly letter for letter what the agent gave: whoever causes the error "
            "chooses the difference."
        )
    elif any(r.source is Source.ERROR_LIST for r in reads):
        yield _bad(f"{error}: whoever causes the error chooses it.")
    elif not (
        doubtful
        or any(r.source is Source.RESULT for r in reads)
        or any(x.what in (What.VALUE, What.PART) for x in found)
    ):
        yield _good("It holds no value of its own: all that it writes, the agent gave.")
