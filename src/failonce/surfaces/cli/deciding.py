"""`failonce approve`, `reject`, `undo`, `reopen`, `snooze`, `wrong` and `learn`: decisions."""

from pathlib import Path
from typing import Annotated

import typer

from failonce.compose import Parts, assemble, configure
from failonce.deciding import STEPS, Verb
from failonce.errors import Refused
from failonce.lifecycle import PAST, WORDS
from failonce.model import Lesson, Mode, Proposer
from failonce.projections.changelog import pending_phrase
from failonce.surfaces import records
from failonce.surfaces.cli.lessons import pending_count, repository_fixer
from failonce.surfaces.cli.options import AsJson, Because, OwnProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json
from failonce.surfaces.cli.session import deciding
from failonce.surfaces.filed import Filed, filed
from failonce.surfaces.moments import moment

app = typer.Typer(rich_markup_mode=None)

LessonId = Annotated[str, typer.Argument(metavar="ID", help="A lesson's id, or how it begins.")]


@app.command()
def approve(
    id: LessonId, reason: Because = "", store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Put a waiting lesson in force.

    The approval signs the very text that `failonce show` prints. What the gate refused
    nobody can approve.
    """
    _decide(Verb.APPROVE, id, reason, store, as_json)


@app.command()
def reject(
    id: LessonId, reason: Because = "", store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Turn a waiting lesson down.

    It stays on record, is not proposed again, and can be reopened.
    """
    _decide(Verb.REJECT, id, reason, store, as_json)


@app.command()
def undo(
    id: LessonId, reason: Because = "", store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Take a lesson out of force.

    Files that it was written to get back the bytes that they had. It can be reopened.
    """
    _decide(Verb.UNDO, id, reason, store, as_json)


@app.command()
def reopen(
    id: LessonId, reason: Because = "", store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Put a decided lesson back in the queue.

    For lessons that were rejected, undone or retired.
    """
    _decide(Verb.REOPEN, id, reason, store, as_json)


@app.command()
def snooze(
    id: LessonId,
    until: Annotated[
        str,
        typer.Argument(metavar="DATE", help="A day, such as 2027-01-31, or 7d for a week on."),
    ],
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put a waiting lesson off until a day.

    It goes on waiting, and what lists what waits leaves it out until then. Whatever is decided
    on it ends that.
    """
    with deciding(store) as parts:
        at = moment(until, parts.clock.now())
        lesson = parts.review.snooze(id, at, reason=reason)
    if as_json:
        show_json(records.lesson(lesson))
        return
    say(f"{lesson.id} snoozed until {at:%Y-%m-%d}: {lesson.proposal.name}")


@app.command()
def wrong(
    id: LessonId, reason: Because = "", store: StoreUrl = None, as_json: AsJson = False
) -> None:
    """Report that a lesson did harm.

    Two reports take it out of force and put it back in the queue.
    """
    _decide(Verb.REPORT_WRONG, id, reason, store, as_json)


def _decide(verb: Verb, id: str, reason: str, store: str | None, as_json: bool) -> None:
    with deciding(store) as parts:
        found = parts.review.find(id)
        home = at_home(parts, found)
        lesson = home.review.decide(verb, found.id, reason=reason)
        files = filed(home)
    if as_json:
        show_json(records.lesson(lesson))
        return
    say(f"{lesson.id} {PAST[STEPS[verb][-1]]}: {lesson.proposal.name}")
    if lesson.in_force:
        if repository_fixer(lesson) is not None:
            say(f"  It may be applied: failonce patches apply {lesson.id}")
        else:
            say(f"  It is given to agents that ask about project {lesson.proposal.project}.")
    say(f"  It is {WORDS[lesson.state]} now{', and in force' if lesson.in_force else ''}.")
    _tell_files(lesson, files)


def _tell_files(lesson: Lesson, files: Filed) -> None:
    """Where a lesson stands, where there was no room for it, and what somebody wrote there."""
    stands = [x for x in files.files if lesson.id in x.lessons]
    if stands:
        cost = sum(x.at_start for x in stands)
        said = f"; an agent reads about {cost:,} tokens of these when it starts" if cost else ""
        say(f"  It stands in {', '.join(files.short(x.path) for x in stands)}{said}.")
    if no_room := [files.short(x.path) for x in files.files if lesson.id in x.out]:
        say(f"  There is no room for it (files.budget) in {', '.join(no_room)}.")
    if files.edits:
        say(f"  {plural(len(files.edits), 'edit')} by hand in files: failonce files adopt")


def at_home(parts: Parts, lesson: Lesson) -> Parts:
    """The parts with the skill files of the lesson's own project, where that is a folder."""
    project = lesson.proposal.project
    if project == parts.config.project or not Path(project).is_absolute():
        return parts
    if not Path(project).is_dir():
        return parts
    return assemble(configure(store=parts.config.url, directory=Path(project)), parts.store)


@app.command()
def learn(
    *,
    skill: Annotated[str, typer.Argument(metavar="SKILL", help="The tool or skill it is about.")],
    rule: Annotated[str, typer.Argument(metavar="RULE", help="One sentence, at most 300 letters.")],
    reason: Because = "",
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write down a rule yourself.

    It waits for approval, or is written at once and on trial where the mode is auto. The
    same rule again is the same lesson. `--project '*'` means every project.
    """
    with deciding(store) as parts:
        own = parts.config.project if project in (None, ".") else project
        mode = parts.review.mode(own)
        if mode is Mode.OFF:
            raise Refused(
                f"Learning is off for {own}, so nothing was written down. "
                "`failonce config mode manual` turns it on."
            )
        lesson = parts.review.learn(
            skill, rule, reason=reason, proposer=Proposer.PERSON, project=own
        )
        pending = pending_count(parts.store.lessons(project=own), parts.clock.now())
    if as_json:
        show_json(records.lesson(lesson))
        return
    say(f"{lesson.id} is {WORDS[lesson.state]}: {lesson.proposal.body}")
    if pending:
        say(pending_phrase(pending))
