"""`failonce outcomes` and `failonce health`."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.lifecycle import WORDS
from failonce.model import Json, Lesson, Signature
from failonce.outcome import words
from failonce.outcome.health import Health, Mark, health, weakest_first
from failonce.outcome.measured import Measured
from failonce.ports import SignatureOrder, SignatureQuery, ToolUse
from failonce.selecting import used
from failonce.statistics.seeds import DEFAULT, NAMED
from failonce.surfaces import records
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table
from failonce.surfaces.cli.session import named, session

app = typer.Typer(rich_markup_mode=None)


@app.command()
def outcomes(
    id: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="A lesson's id, or how it begins.", show_default=False),
    ] = None,
    project: OneProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show whether lessons in force helped.

    A few sessions go without a lesson, so that those with it have something to be compared
    with. How sure is the share of failures that it prevents at least; 0 until there is
    evidence. Lessons that wait are listed where they watched calls.
    """
    with session(store) as parts:
        lessons = (
            [parts.review.find(id)]
            if id is not None
            else parts.store.lessons(project=named(project, parts.config))
        )
        met = {x.lesson for x in parts.store.exposures()}
        found = [
            parts.review.measuring.measured(x)
            for x in lessons
            if id is not None or x.in_force or x.id in met
        ]
        seeds = [_seeds(parts, seen.lesson) for seen in found] if as_json else []
    if as_json:
        made = [{**records.outcome(s), "seeds": f} for s, f in zip(found, seeds, strict=True)]
        show_json(made[0] if id is not None else list(made))
    elif found:
        for seen in found:
            _tell(seen)
        if id is not None:
            _more(found[0])
    else:
        say("No lesson has met a call yet. In force they do through: failonce.advise")


def _tell(seen: Measured) -> None:
    proposal = seen.lesson.proposal
    say(words.sentence(seen))
    say(f"  {seen.lesson.id}  {WORDS[seen.lesson.state]}  {proposal.kind} for {proposal.target}")
    say(
        f"  {seen.word}: helped {seen.helped:,}, harmed {seen.harmed:,}, "
        f"{words.at_least(seen.sure)} sure"
    )
    say()


def _more(seen: Measured) -> None:
    """What the sentence was made of."""
    if seen.rows:
        table(
            ("week", "withheld from", "failed with", "of", "failed without", "of "),
            [
                (
                    words.week(row.week),
                    f"{row.share:.0%}",
                    row.bad_applied,
                    row.applied,
                    row.bad_held,
                    row.held,
                )
                for row in seen.rows
            ],
        )
    limits = seen.prevents
    say(
        f"It prevents between {words.at_least(limits.low)} and {words.at_most(limits.high)} of "
        "the failures it is for, at 95 %, however often one looks."
    )
    say(f"Evidence that it helps {seen.help:,.1f} (20 proves it), that it harms {seen.harm:,.1f}.")
    if seen.watched.total:
        say(f"Evidence that it is right about calls {seen.right:,.1f}, wrong {seen.wrong:,.1f}.")
    if seen.raised:
        say(f"Its own step failed in {words.among(seen.raised, seen.unit)}.")
    if seen.pending:
        say(f"{words.among(seen.pending, seen.unit)} met it and may still fail.")


def _seeds(parts: Parts, lesson: Lesson) -> dict[str, Json]:
    """What the source systems would have computed for its failures; nothing decides by it."""
    query = SignatureQuery(ids=lesson.proposal.signatures, windows=parts.config.policy.windows)
    of = parts.store.signatures(query) if lesson.proposal.signatures else ()
    week, month = sum(s.hits_7d for s in of), sum(s.hits_30d for s in of)
    return {
        "impact.skillsmith": NAMED["impact.skillsmith"](week, month),
        "support.ccos": NAMED["support.ccos"](month),
        "trend.skillsmith": NAMED["trend.skillsmith"](DEFAULT, week, month),
    }


@app.command("health")
def health_(
    project: OneProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List tools by how they fare, the weakest first.

    Success is that of the newest 100 uses, with its limits by session, beside the 100 uses
    before them. A tool that succeeds in less than 70 % of more than three uses is a low
    performer, one that succeeds in less than half of more than five is called broken. This
    says nothing of lessons: failonce outcomes does.
    """
    with session(store) as parts:
        own = named(project, parts.config)
        uses = used(parts.store, own)
        found = weakest_first([health(use) for use in uses])
        worst = _worst(parts, own)
        answers = _answers(parts.store.lessons())
    if as_json:
        rates = {(u.project, u.tool): _rate(u) for u in uses}
        show_json(
            [
                {
                    **records.health(h),
                    "rate_chotu": rates[h.project, h.tool],
                    "worst_failure": _of(worst, h),
                    "lesson": answers.get(_of(worst, h) or ""),
                }
                for h in found
            ]
        )
    elif found:
        _listing(found, worst, answers)
    else:
        say("No call of a tool is recorded. Begin with: failonce import PATH")


def _listing(
    found: Sequence[Health],
    worst: Mapping[tuple[str, str], Signature],
    answers: Mapping[str, str],
) -> None:
    table(
        ("tool", "calls", "success", "limits", "before", "trend", "health"),
        [
            (
                h.tool,
                h.calls,
                f"{h.rate:.0%} of {h.window}",
                f"{h.limits.low:.0%} – {h.limits.high:.0%}",
                "" if h.before is None else f"{h.before:.0%}",
                h.trend,
                f"{h.mark}, for sure" if h.sure else h.mark,
            )
            for h in found
        ],
    )
    low = [h for h in found if h.mark in (Mark.LOW, Mark.BROKEN)]
    say(f"{plural(len(found), 'tool')}, {plural(len(low), 'low performer')}.")
    for h in low:
        failure = worst.get((h.project, h.tool))
        if failure is None:
            continue
        lesson = answers.get(failure.id)
        answer = f"answered by {lesson}" if lesson else "no lesson answers it yet"
        say(f"{h.tool}: most often {failure.template} ({answer})")


def _worst(parts: Parts, project: str | None) -> dict[tuple[str, str], Signature]:
    """The class of failures of each tool that has the most hits."""
    query = SignatureQuery(
        project=project, order=SignatureOrder.HITS, windows=parts.config.policy.windows
    )
    found: dict[tuple[str, str], Signature] = {}
    for s in parts.store.signatures(query):
        found.setdefault((s.project, s.tool), s)
    return found


def _of(worst: Mapping[tuple[str, str], Signature], h: Health) -> str | None:
    found = worst.get((h.project, h.tool))
    return None if found is None else found.id


def _answers(lessons: Sequence[Lesson]) -> dict[str, str]:
    """Class of failures → a lesson that answers it, in force before waiting."""
    chosen = sorted(
        (x for x in lessons if x.in_force or WORDS[x.state] == "waiting"),
        key=lambda x: not x.in_force,
    )
    found: dict[str, str] = {}
    for lesson in chosen:
        for s in lesson.proposal.signatures:
            found.setdefault(s, lesson.id)
    return found


def _rate(use: ToolUse) -> float:
    """The running mean of the third seed over the newest uses; nothing decides by it."""
    rate = 0.0
    for n, one in enumerate(reversed(use.newest)):
        rate = NAMED["rate.chotu"](rate, n, worked=not one.failed)
    return rate
