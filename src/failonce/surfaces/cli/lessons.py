"""`failonce lessons` and `failonce show`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import typer

from failonce.compose import Parts
from failonce.errors import BadInput, UserError
from failonce.kinds.fixer import PatchFixer
from failonce.kinds.registry import behaviour
from failonce.lifecycle import IN_FORCE, WORDS, snoozed, waits_now
from failonce.model import KindName, Lesson, State
from failonce.projections.changelog import pending_phrase
from failonce.surfaces import records
from failonce.surfaces.card import build, gather
from failonce.surfaces.cli.card import show_card
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import say, show_json, waiting
from failonce.surfaces.cli.patchcard import show_patch
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.cli.toolcard import show_tool
from failonce.surfaces.jsonable import jsonable

app = typer.Typer(rich_markup_mode=None)

_SNOOZED: Final = "snoozed"
"""What people read of a lesson that waits and was put off."""


@app.command()
def lessons(
    state: Annotated[
        str | None,
        typer.Option(
            "--state",
            metavar="STATE",
            help="Only those that are waiting, snoozed, on-trial, proven, rejected, undone or "
            "retired.",
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
        now = parts.clock.now()
        found = [x for x in every if kind in (None, x.proposal.kind) and _asked(x, state, now)]
        empty = not found and not parts.store.projects()
    if as_json:
        show_json([records.lesson(x) for x in found])
    elif found:
        _listing(found, now)
    else:
        say("There are no such lessons." if state or kind or project else "There are no lessons.")
        say(f"Begin with: failonce {'import PATH' if empty else 'mine'}")


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="A lesson's id, or how it begins.")],
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also more cases, its text, its values, and every check."),
    ] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show one lesson with all that speaks for it.

    On one screen its proof, what it does for the agent, whether it is safe, what one can do,
    and what it would have done on what is recorded, with a case of each sort.
    """
    with session(store) as parts:
        lesson = parts.review.find(id)
        if lesson.proposal.kind is KindName.TOOL and not as_json:
            show_tool(lesson, _in_force(parts, lesson))
            return
        if not as_json and (patch := repository_fixer(lesson)) is not None:
            show_patch(lesson, patch)
            return
        with waiting("Replaying what was recorded"):
            material = gather(parts, lesson)
            card = build(material)
    if as_json:
        history = [records.entry(e) for e in material.entries]
        show_json({**records.lesson(lesson), "history": history, "card": jsonable(card)})
    else:
        show_card(card, everything=everything)


def _in_force(parts: Parts, lesson: Lesson) -> Lesson | None:
    """The other version of a learned tool that is in force, where one is."""
    standing = parts.store.lessons(states=IN_FORCE)
    place = lesson.proposal.kind, lesson.proposal.target, lesson.proposal.project
    same = (
        x
        for x in standing
        if (x.proposal.kind, x.proposal.target, x.proposal.project) == place and x.id != lesson.id
    )
    return next(same, None)


def repository_fixer(lesson: Lesson) -> PatchFixer | None:
    """Its body where it is a script that mends a repository."""
    if lesson.proposal.kind is not KindName.FIXER:
        return None
    try:
        body = behaviour(lesson.proposal)
    except UserError:
        return None
    return body if isinstance(body, PatchFixer) else None


def _states(word: str | None) -> Sequence[State]:
    """The states of a word: what people read, or the state's own name."""
    if word is None:
        return ()
    wanted = _plain(word)
    if wanted == _SNOOZED:
        return (State.PROPOSED,)
    found = [s for s in State if wanted in (WORDS[s], s)]
    if not found:
        names = (WORDS[State.PROPOSED], _SNOOZED, *WORDS.values())
        words = ", ".join(dict.fromkeys(w.replace(" ", "-") for w in names))
        raise BadInput(f"no lesson can be `{word}`; choose one of {words}")
    return found


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", " ").replace("_", " ")


def _asked(lesson: Lesson, word: str | None, now: datetime) -> bool:
    """Whether it is one of those that wait, or that were put off, where only these are wanted."""
    match None if word is None else _plain(word):
        case "snoozed":
            return snoozed(lesson, now)
        case "waiting":
            return waits_now(lesson, now)
        case _:
            return True


def _word(lesson: Lesson, now: datetime) -> str:
    """Where it stands, in people's words."""
    return _SNOOZED if snoozed(lesson, now) else WORDS[lesson.state]


def pending_count(found: Sequence[Lesson], now: datetime) -> int:
    """How many rules wait (N14), without those that were put off."""
    return sum(waits_now(x, now) and x.proposal.kind is KindName.RULE for x in found)


def _listing(found: Sequence[Lesson], now: datetime) -> None:
    projects = {x.proposal.project for x in found}
    for lesson in found:
        proposal = lesson.proposal
        where = f"  in {proposal.project}" if len(projects) > 1 else ""
        say(lesson.judgement.proof.line or "No proof yet.")
        until = lesson.snoozed_until
        word = f"{_word(lesson, now)}{f' until {until:%Y-%m-%d}' if until else ''}"
        say(f"  {lesson.id}  {word}  {proposal.kind} for {proposal.target}{where}")
        say(f"  {_does(lesson)}")
        say()
    counts = dict.fromkeys((WORDS[State.PROPOSED], _SNOOZED, *WORDS.values()), 0)
    for lesson in found:
        counts[_word(lesson, now)] += 1
    say(", ".join(f"{count:,} {word}" for word, count in counts.items() if count))
    pending = pending_count(found, now)
    if pending:
        say(pending_phrase(pending))


def _does(lesson: Lesson) -> str:
    """What a lesson does, in a line; its name where its body cannot be read."""
    try:
        return behaviour(lesson.proposal).summary()
    except UserError:
        return lesson.proposal.name
