"""`failonce edit`."""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from failonce.compose import Parts
from failonce.errors import BadInput
from failonce.lifecycle import WORDS
from failonce.model import KindName, Lesson
from failonce.surfaces import records
from failonce.surfaces.cli.deciding import LessonId, at_home
from failonce.surfaces.cli.options import AsJson, Because, StoreUrl
from failonce.surfaces.cli.output import say, show_json, waiting
from failonce.surfaces.cli.session import deciding

app = typer.Typer(rich_markup_mode=None)

_ENDINGS = {KindName.TOOL: ".py", KindName.RULE: ".txt"}


@app.command()
def edit(
    id: LessonId,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="The new text, or - for standard input. Default: your editor is opened.",
            show_default=False,
        ),
    ] = None,
    reason: Because = "",
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Change the text of a lesson.

    The new text is tried on what is recorded, like any proposal, and waits for approval. The old
    one stays on record; where it is in force it stays so until the new one is approved.
    """
    with deciding(store) as parts:
        old = parts.review.find(id)
        text = _edited(old) if file is None else _read(file)
        if text.strip() == old.proposal.body.strip():
            say(f"Nothing was changed. {old.id} is as it was.")
            return
        lesson = _propose(at_home(parts, old), old, text, reason)
    if as_json:
        show_json(records.lesson(lesson))
        return
    say(f"{lesson.id} is {WORDS[lesson.state]}: {lesson.judgement.proof.line or 'no proof yet'}")
    if old.in_force and lesson.id != old.id:
        say(f"  {old.id} stays in force until it is approved: failonce approve {lesson.id}")


def _propose(parts: Parts, old: Lesson, text: str, reason: str) -> Lesson:
    with waiting("Trying the new text"):
        return parts.loop.editing.edit(old.id, text, reason=reason, digest=old.digest)


def _edited(lesson: Lesson) -> str:
    """What somebody made of the text in their editor."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="failonce-") as folder:
        file = Path(folder) / f"{lesson.id}{_ENDINGS.get(lesson.proposal.kind, '.yaml')}"
        file.write_text(lesson.proposal.body, encoding="utf-8", newline="")
        try:
            code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode  # noqa: S603 - as they set it
        except (OSError, ValueError) as error:
            raise BadInput(
                f"The editor `{editor}` cannot be started ({error}). Set EDITOR, or give the new "
                "text with --file."
            ) from None
        if code != 0:
            raise BadInput(f"The editor `{editor}` ended with {code}, so nothing was changed.")
        return _read(str(file))


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read as text: {error}") from None
