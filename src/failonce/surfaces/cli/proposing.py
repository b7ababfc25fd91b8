"""`failonce propose` and `failonce pr …`: lessons in files and pull requests, and their review."""

import sys
from collections.abc import Sequence
from shlex import quote
from typing import Annotated

import typer

import failonce
from failonce.deciding import STEPS
from failonce.errors import BadInput
from failonce.lifecycle import PAST, waits_now
from failonce.model import Lesson, Ruling
from failonce.projections import lesson_file
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.exporting import written
from failonce.surfaces.cli.options import AsJson, OwnProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, waiting
from failonce.surfaces.cli.session import deciding, named, session
from failonce.surfaces.pulls import Put, Settled, Wanted, ground, put, settle, settle_files
from failonce.surfaces.pulls.standing import PROPOSED
from failonce.surfaces.pulls.workflow import workflow as actions

app = typer.Typer(rich_markup_mode=None)
pr = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(pr, name="pr", help="Take up what people did to pull requests.")


@app.command()
def propose(
    *,
    lessons: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]…", help="Lessons. Default: all that wait."),
    ] = None,
    pull: Annotated[
        bool, typer.Option("--pr", help="Put them into a pull request instead of a folder.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Put before people that a lesson in force is undone.")
    ] = False,
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write what waits into files, or into a pull request.

    With --pr all that waits is in one pull request, and each lesson that is named in one of its
    own; run again, it is brought up to date. What people merged or closed is taken up first.
    Nothing of your working tree is touched. Without --pr a file for each lesson goes into the
    folder `proposed` of the skill files; failonce pr files takes up which of them you moved.
    """
    chosen = tuple(lessons or ())
    if undo and not (pull and chosen):
        raise BadInput("--undo goes with --pr and names lessons: failonce propose --pr --undo ID")
    if not pull:
        _write(chosen, project, store, as_json=as_json)
        return
    with deciding(store) as parts:
        there = ground(parts, project=named(project, parts.config))
        with waiting("Asking the remote"):
            settled = settle(there)
            done = put(there, Wanted(lessons=chosen, undo=undo))
        forge = there.forge is not None
    if as_json:
        show_json({**_settled(settled), "proposed": [_put(x) for x in done]})
    else:
        _tell(settled)
        for one in done:
            _told(one, forge=forge)


@pr.command()
def poll(project: OwnProject = None, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Take up what was merged, closed, moved or taken out since.

    Whoever merged or closed a pull request is the reviewer. What the gate refuses stays as it is
    and is named, and the exit code is 1 then. Run again, it changes nothing.
    """
    with deciding(store) as parts:
        there = ground(parts, project=named(project, parts.config))
        with waiting("Asking the remote"):
            settled = settle(there)
    _end(settled, as_json=as_json)


@pr.command()
def files(project: OwnProject = None, store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Take up which lesson files you moved or changed in the folder of skill files.

    A file that was moved out of `proposed`, with `status: approved` and of a fixer
    `dry_run: false`, is approved by you; the gate is asked about a text that you changed.
    """
    with deciding(store) as parts:
        own = named(project, parts.config) or parts.config.project
        settled = settle_files(parts, project=own, folder=parts.config.skills)
    _end(settled, as_json=as_json)


@pr.command("workflow")
def workflow_() -> None:
    """Print a workflow for GitHub Actions that does all of it every six hours.

    Put it into .github/workflows/failonce.yml.
    """
    sys.stdout.write(actions(failonce.__version__))


# ------------------------------------------------------------------ inside


def _write(
    chosen: tuple[str, ...], project: str | None, store: str | None, *, as_json: bool
) -> None:
    with session(store) as parts:
        own = named(project, parts.config) or parts.config.project
        now = parts.clock.now()
        ids = {parts.review.find(x).id for x in chosen}

        def wanted(lessons: Sequence[Lesson]) -> list[Lesson]:
            waiting = [x for x in lessons if waits_now(x, now) and (not ids or x.id in ids)]
            return [x for x in waiting if x.judgement.ruling is not Ruling.REJECT]

        found = wanted(parts.store.lessons(project=own))
        here = {x.id for x in found}
        others = {x.proposal.project for x in wanted(parts.store.lessons()) if x.id not in here}
        facts = parts.review.measuring.signatures(found)
        folder = parts.config.skills / PROPOSED
    paths = written(
        folder, {lesson_file.file_name(x): lesson_file.render(x, facts.get(x.id)) for x in found}
    )
    if as_json:
        show_json({"files": [str(x) for x in paths]})
        return
    say(f"{plural(len(paths), 'lesson')} written to {folder}")
    for other in sorted(others):
        say(f"Others wait for a project of another name: failonce propose --project {quote(other)}")
    if paths:
        say(f"To approve one: move it to {folder.parent}, write `status: approved` (and")
        say("`dry_run: false`) into it, then failonce pr files")


def _end(settled: Settled, *, as_json: bool) -> None:
    if as_json:
        show_json(_settled(settled))
    else:
        _tell(settled)
        if not (settled.done or settled.left):
            say("Nobody decided anything since.")
    if settled.left:
        raise typer.Exit(ExitCode.NEGATIVE)


def _tell(settled: Settled) -> None:
    for one in settled.done:
        say(f"{one.lesson} {PAST[STEPS[one.verb][-1]]} by {one.by} ({one.where})")
    for left in settled.left:
        say(f"{left.lesson} stays as it is: {left.why} ({left.where})")


def _told(one: Put, *, forge: bool) -> None:
    for name in one.kept:
        say(f"{name} was taken out of {one.branch} by somebody, and stays out.")
    for name in one.there:
        say(f"{name} stood approved in {one.base} before it waited here: failonce approve {name}")
    if one.closed:
        say(f"Nothing of it waits any more, so it was closed: {one.url}")
    elif not one.lessons:
        say("Nothing waits that could be put before anybody.")
    elif not forge:
        done = "pushed to" if one.pushed else "stands as it should in"
        say(f"{', '.join(one.lessons)}: {done} the branch {one.branch}")
        say(f"Open a pull request from it into {one.base}{f': {one.url}' if one.url else ''}")
        say("Merged with a commit, it is taken up by failonce pr poll.")
    else:
        verb = (
            "opened" if one.opened else "brought up to date" if one.changed else "as it should be"
        )
        say(f"{', '.join(one.lessons)}: {verb}: {one.url}")


def _settled(settled: Settled) -> dict[str, object]:
    return {
        "done": [
            {"lesson": x.lesson, "decision": x.verb, "by": x.by, "where": x.where}
            for x in settled.done
        ],
        "left": [{"lesson": x.lesson, "why": x.why, "where": x.where} for x in settled.left],
    }


def _put(one: Put) -> dict[str, object]:
    return {
        "branch": one.branch,
        "base": one.base,
        "lessons": list(one.lessons),
        "url": one.url,
        "pushed": one.pushed,
        "opened": one.opened,
        "rewritten": one.rewritten,
        "closed": one.closed,
        "kept_out": list(one.kept),
        "there_before": list(one.there),
    }
