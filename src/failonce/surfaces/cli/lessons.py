"""`failonce lessons` and `failonce show`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from failonce.errors import BadInput, UserError
from failonce.kinds.registry import behaviour
from failonce.lifecycle import WORDS
from failonce.model import AuditEntry, KindName, Lesson, Ruling, State
from failonce.projections.changelog import pending_phrase
from failonce.surfaces.cli import records
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json
from failonce.surfaces.cli.session import named, session

app = typer.Typer(rich_markup_mode=None)


@app.command()
def lessons(
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only those that are waiting, on-trial, proven, rejected, undone or retired.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        KindName | None, typer.Option("--kind", help="Only one kind.", show_default=False)
    ] = None,
    project: OneProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List lessons, each headed by its proof."""
    states = _states(state)
    with session(store) as parts:
        every = parts.store.lessons(project=named(project, parts.config), states=states)
        found = [x for x in every if kind in (None, x.proposal.kind)]
        empty = not found and not parts.store.projects()
    if as_json:
        show_json([records.lesson(x) for x in found])
    elif found:
        _listing(found)
    else:
        say("There are no such lessons." if state or kind or project else "There are no lessons.")
        say(f"Begin with: failonce {'import PATH' if empty else 'mine'}")


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="A lesson's id, or how it begins.")],
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show one lesson with all that speaks for it.

    First the proof, then the text that an approval puts in force, why it was proposed, what
    was checked, and who decided what.
    """
    with session(store) as parts:
        lesson = parts.review.find(id)
        history = list(parts.store.entries(subject=lesson.id))
    if as_json:
        show_json({**records.lesson(lesson), "history": [records.entry(e) for e in history]})
    else:
        _card(lesson, history)


def _states(word: str | None) -> Sequence[State]:
    """The states of a word: what people read, or the state's own name."""
    if word is None:
        return ()
    wanted = word.strip().lower().replace("-", " ").replace("_", " ")
    found = [s for s in State if wanted in (WORDS[s], s)]
    if not found:
        words = ", ".join(dict.fromkeys(w.replace(" ", "-") for w in WORDS.values()))
        raise BadInput(f"no lesson can be `{word}`; choose one of {words}")
    return found


def pending_count(found: Sequence[Lesson]) -> int:
    """How many rules wait (N14)."""
    return sum(x.state is State.PROPOSED and x.proposal.kind is KindName.RULE for x in found)


def _listing(found: Sequence[Lesson]) -> None:
    projects = {x.proposal.project for x in found}
    for lesson in found:
        proposal = lesson.proposal
        where = f"  in {proposal.project}" if len(projects) > 1 else ""
        say(lesson.judgement.proof.line or "No proof yet.")
        say(f"  {lesson.id}  {WORDS[lesson.state]}  {proposal.kind} for {proposal.target}{where}")
        say(f"  {_does(lesson)}")
        say()
    counts = dict.fromkeys(WORDS.values(), 0)
    for lesson in found:
        counts[WORDS[lesson.state]] += 1
    say(", ".join(f"{count:,} {word}" for word, count in counts.items() if count))
    pending = pending_count(found)
    if pending:
        say(pending_phrase(pending))


_WORDS = {
    (True, True): "passed",
    (True, False): "passed",
    (False, True): "REFUSED",
    (False, False): "look",
}
"""How an answer of the gate reads: `look` is a doubt that a person may set aside."""


_RULING = {
    Ruling.ACTIVATE: "the gate lets it go in force",
    Ruling.HOLD: "the gate leaves it to a person",
    Ruling.REJECT: "the gate refuses it, for everybody",
}


def _does(lesson: Lesson) -> str:
    """What a lesson does, in a line; its name where its body cannot be read."""
    try:
        return behaviour(lesson.proposal).summary()
    except UserError:
        return lesson.proposal.name


def _card(lesson: Lesson, history: Sequence[AuditEntry]) -> None:
    proposal, judgement = lesson.proposal, lesson.judgement
    say(judgement.proof.line or "No proof yet.")
    if judgement.proof.missing:
        say(f"To be surer it needs {judgement.proof.missing}.")
    say()
    force = " (in force)" if lesson.in_force else ""
    say(f"{lesson.id}, version {lesson.version}: {WORDS[lesson.state]}{force}")
    say(f"  {_does(lesson)}")
    say(f"  {proposal.kind} for {proposal.target}, in {proposal.project or '(no project)'}")
    if lesson.valid_until is not None:
        say(f"  its trial ends {lesson.valid_until:%Y-%m-%d %H:%M} UTC")
    say()
    say("What an approval puts in force:")
    for line in proposal.body.splitlines():
        say(f"  | {line}")
    say()
    say(f"Why: {proposal.reason}")
    if proposal.support:
        say(
            f"Learned from {plural(len(proposal.support), 'call')} in "
            f"{plural(len(proposal.support_clusters), 'session')}; tried on others."
        )
    say(f"Proposed by {proposal.proposer}; {_RULING[judgement.ruling]}.")
    for reason in judgement.reasons:
        say(f"  {reason}")
    if judgement.checks:
        say("Checks:")
    for check in judgement.checks:
        say(f"  {_WORDS[check.passed, check.fatal]:<7} {check.name}: {check.detail}")
    say("What became of it:")
    for entry in history:
        event = entry.event
        why = f": {event.reason}" if event.reason else ""
        say(f"  {event.at:%Y-%m-%d %H:%M} {event.action.replace('_', ' ')} by {event.actor}{why}")
