"""`failonce patches …`: scripts that mend the repository that failures come from."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.repository import Contents, Left, Repository
from failonce.compose import Parts
from failonce.errors import NotFound
from failonce.gate.edits import counted, unified
from failonce.gate.patches import Attempt
from failonce.gate.sandboxed import READ
from failonce.kinds.fixer.template import template
from failonce.lifecycle import WORDS
from failonce.model import Json, Lesson, Signature, Tree
from failonce.patching import Patches
from failonce.ports import SignatureQuery
from failonce.surfaces import records
from failonce.surfaces.cli import given
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.deciding import LessonId
from failonce.surfaces.cli.lessons import repository_fixer
from failonce.surfaces.cli.options import AsJson, Because, OneProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, table, waiting, warn
from failonce.surfaces.cli.session import deciding, named, session

app = typer.Typer(rich_markup_mode=None)
patches = typer.Typer(rich_markup_mode=None)
app.add_typer(patches, name="patches", help="List scripts that mend a repository, or apply one.")

RepositoryFolder = Annotated[
    Path,
    typer.Option("--repo", metavar="FOLDER", help="The repository. Default: this folder."),
]
_Write = Annotated[
    bool, typer.Option("--write", help="Change the files. Without it they are only looked at.")
]


@patches.callback(invoke_without_command=True)
def list_(
    ctx: typer.Context,
    project: OneProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """List scripts that mend a repository: what for, and their state."""
    if ctx.invoked_subcommand is not None:
        return
    with session(store) as parts:
        own = named(project, parts.config)
        found = [x for x in parts.store.lessons(project=own) if repository_fixer(x) is not None]
    if as_json:
        show_json([records.lesson(x) for x in found])
    elif found:
        rows = [(x.id, WORDS[x.state], x.proposal.target, _said(x)) for x in found]
        table(("lesson", "state", "for", "what"), rows)
    else:
        say("No script mends a repository yet. Write one: failonce patches template,")
        say("then failonce patches add FILE --for FAILURE, an id that failonce failures lists.")


@patches.command()
def add(  # noqa: PLR0917 - options
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A Python file, or - for standard input.")
    ],
    failure: Annotated[
        str, typer.Option("--for", metavar="FAILURE", help="The class of failures that it mends.")
    ],
    repo: RepositoryFolder = Path(),
    says: Annotated[
        str,
        typer.Option(
            "--says",
            metavar="PATTERN",
            help="What its error says, where that is not what was recorded.",
        ),
    ] = "",
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Try a script on a copy of a repository and put it before you.

    Its `reproduce` must fail there as was recorded, and not after its `apply`. Nothing of the
    repository is changed. It waits until somebody approves it.
    """
    script = given.code(file)
    with deciding(store) as parts:
        signature = _signature(parts, failure)
        found = _files(Repository(repo))
        with waiting("Trying it in the sandbox"):
            lesson = parts.patches().propose(
                script, found.tree, signature, says=says, reason=reason or f"from {file.name}"
            )
    if as_json:
        show_json(records.lesson(lesson))
        return
    _left(found.left)
    say(f"{lesson.id} waits: {lesson.judgement.proof.line}")
    for check in lesson.judgement.checks:
        if not check.passed:
            say(f"  {check.name}: {check.detail}")
    say(f"Next: failonce show {lesson.id}, failonce try {lesson.id}, failonce approve {lesson.id}")


@patches.command()
def apply(
    id: LessonId,
    repo: RepositoryFolder = Path(),
    write: _Write = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what an approved script changes here, or change it.

    It is tried on a copy first, each time: where the failure is not there, or is not gone
    afterwards, nothing is changed. Without --write nothing is changed in any case.
    """
    _carry_out(id, repo, store, Patches.tried, _Asked(write=write, back=False, as_json=as_json))


@patches.command()
def undo(
    id: LessonId,
    repo: RepositoryFolder = Path(),
    write: _Write = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what a script's own way back changes here, or change it."""
    _carry_out(id, repo, store, Patches.undone, _Asked(write=write, back=True, as_json=as_json))


@patches.command("template")
def template_() -> None:
    """Print a file to begin a script with."""
    sys.stdout.write(template())


# ------------------------------------------------------------------ inside


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be done with what a script makes of a repository."""

    write: bool
    back: bool
    as_json: bool


def _carry_out(
    ref: str,
    repo: Path,
    store: str | None,
    attempt: Callable[[Patches, Lesson, Tree], Attempt],
    asked: _Asked,
) -> None:
    with (deciding if asked.write else session)(store) as parts:
        lesson = parts.review.find(ref)
        known = parts.patches()
        if asked.write:
            known.applicable(lesson)
        folder = Repository(repo)
        files = _files(folder)
        with waiting("Trying it in the sandbox"):
            found = attempt(known, lesson, files.tree)
        good = found.wrong is None and not found.mended
        if asked.write and good:
            folder.write(files.tree, found.edits)
            known.record(lesson, files.tree, found.edits, where=folder.root.name, back=asked.back)
    if asked.as_json:
        show_json(_record(lesson, files.tree, found, written=asked.write and good))
    else:
        _left(files.left)
        tell(files.tree, found)
        if good and asked.write:
            say(f"Written to {folder.root}.")
        elif good:
            verb = "undo" if asked.back else "apply"
            say(f"Nothing was changed. To change it: failonce patches {verb} {lesson.id} --write")
    if found.wrong is not None and not found.mended:
        raise typer.Exit(ExitCode.NEGATIVE)


def tell(tree: Tree, found: Attempt) -> None:
    """What a script makes of a repository, in words and as a diff."""
    if found.mended:
        say("There is nothing to mend: the failure is not there, and the script changes nothing.")
        return
    if found.wrong is None:
        for line in unified(tree, found.edits):
            say(line.replace("\n", "\\n"))
        say()
    for check in found.checks:
        if check.fatal or (not check.passed and check != READ):
            say(f"{'+' if check.passed else '!'} {check.name}: {check.detail}")
    if found.wrong is not None:
        say("So nothing is changed.")


def tried(parts: Parts, lesson: Lesson, repo: Path, *, as_json: bool) -> Attempt:
    """Try a script on a copy of a repository and say what came of it; nothing is changed."""
    files = _files(Repository(repo))
    with waiting("Trying it in the sandbox"):
        found = parts.patches().tried(lesson, files.tree)
    if as_json:
        show_json(_record(lesson, files.tree, found, written=False))
    else:
        _left(files.left)
        tell(files.tree, found)
    return found


def _files(folder: Repository) -> Contents:
    with waiting("Reading the repository"):
        return folder.read()


def _left(left: Sequence[Left]) -> None:
    if left:
        shown = "; ".join(f"{file.path}: {file.why}" for file in left[:3])
        more = f", and {len(left) - 3} more" if len(left) > 3 else ""
        warn(f"Not in the copy: {plural(len(left), 'file')} ({shown}{more}).")


def _signature(parts: Parts, ref: str) -> Signature:
    """The class of failures of an id, or of the only one that begins like it."""
    digits = ref.replace("-", "").lower()
    near = [
        s
        for s in parts.store.signatures(SignatureQuery())
        if digits and s.id.replace("-", "").startswith(digits)
    ]
    own = [s for s in near if s.project == parts.config.project] or near
    if len({s.id for s in own}) > 1:
        raise NotFound(f"`{ref}` could be {', '.join(s.id for s in own[:5])}. Name one.")
    if not own:
        raise NotFound(f"No failure has the id `{ref}`. `failonce failures` lists them.")
    return own[0]


def _said(lesson: Lesson) -> str:
    body = repository_fixer(lesson)
    return "" if body is None else body.description


def _record(lesson: Lesson, tree: Tree, found: Attempt, *, written: bool) -> dict[str, Json]:
    return {
        "lesson": lesson.id,
        "mended": found.mended,
        "written": written,
        "changes": counted(tree, found.edits) if found.edits else "",
        "files": list(found.edits),
        "diff": "\n".join(unified(tree, found.edits)),
        "checks": [
            {"name": c.name, "passed": c.passed, "fatal": c.fatal, "detail": c.detail}
            for c in found.checks
        ],
    }
