"""`failonce export`."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from failonce.errors import BadInput
from failonce.evidence.capture import EXPORTED
from failonce.evidence.triage import triage
from failonce.model import Evidence, Finding, Json, Mode, Origin, Outcome, Recording
from failonce.ports import SignatureQuery
from failonce.projections import lesson_file
from failonce.projections.changelog import changelog
from failonce.projections.ledger import SkillMode, accumulate
from failonce.projections.trails import ledger_of, trails_of
from failonce.surfaces import records
from failonce.surfaces.cli.options import OneProject, OwnProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, warn
from failonce.surfaces.cli.packing import make
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.cli.training import training

app = typer.Typer(rich_markup_mode=None)
_NUMBERED: Final = re.compile(r"(exit|HTTP|MCP) (-?\d{1,9})")

export = typer.Typer(rich_markup_mode=None)
app.add_typer(export, name="export", help="Write out calls, lessons or the ledger.")
export.command("pack")(make)
export.command("training")(training)


@export.command()
def ledger(
    events: Annotated[
        bool, typer.Option("--events", help="Print the two events of a trace instead.")
    ] = False,
    project: OwnProject = None,
    store: StoreUrl = None,
) -> None:
    """Print the ledger of skills and gaps of one project, as JSON lines.

    First a header with the counts, then a record for each skill and for each gap. Where
    learning is off there is no ledger and no event.
    """
    with session(store) as parts:
        own = named(project, parts.config) or parts.config.project
        off = parts.review.mode(own) is Mode.OFF
        lessons, gaps = parts.store.lessons(), parts.store.gaps()
    if off:
        warn(f"failonce: learning is off for {own}, so there is no ledger")
    elif events:
        found = accumulate(SkillMode.ACCUMULATE, own, trails_of(lessons, gaps, own))
        for event in found.events if found else ():
            show_json({"event": event.name, "payload": event.payload})
    else:
        print(ledger_of(lessons, gaps, own).dump(), end="")


@export.command("changelog")
def changelog_(project: OneProject = None, store: StoreUrl = None) -> None:
    """Print the changelog of learned rules, newest first, as JSON lines."""
    with session(store) as parts:
        lessons = parts.store.lessons(project=named(project, parts.config))
        versions = [v for x in lessons for v in parts.store.versions(x.id)]
        found = changelog(versions, parts.store.entries())
    for row in found:
        show_json(
            {
                "id": row.id,
                "skill_name": row.skill_name,
                "rule_content": row.rule_content,
                "reason": row.reason,
                "status": row.status,
                "mode": row.mode,
                "created_at": row.created_at.isoformat(),
                "reviewed_at": records.moment(row.reviewed_at),
            }
        )


@export.command()
def calls(project: OneProject = None, store: StoreUrl = None) -> None:
    """Print recorded calls, redacted, as JSON lines that `failonce import` reads.

    They come in order of project, session and time. Imported again they are the same calls,
    in this store as in another; `verdict`, `category` and `signature` are found anew.
    """
    with session(store) as parts:
        for e in parts.store.calls(project=named(project, parts.config)):
            show_json(call_record(e))


@export.command("lessons")
def lessons_(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to; made if it is not there.")
    ] = Path("skills/proposed"),
    project: OneProject = None,
    store: StoreUrl = None,
) -> None:
    """Write every lesson as a YAML file into a folder.

    The files are a copy to read and to keep; editing one changes nothing in force.
    """
    with session(store) as parts:
        found = parts.store.lessons(project=named(project, parts.config))
        query = SignatureQuery(ids=tuple({s for x in found for s in x.proposal.signatures}))
        signatures = {s.id: s for s in parts.store.signatures(query)} if query.ids else {}
    files: dict[str, str] = {}
    for lesson in found:
        first = next(iter(lesson.proposal.signatures), "")
        files[lesson_file.file_name(lesson)] = lesson_file.render(lesson, signatures.get(first))
    written(folder, files)
    say(f"{plural(len(files), 'lesson')} written to {folder}")


def call_record(one: Evidence) -> dict[str, Json]:
    """A recorded call in the neutral format; empty fields are left out.

    Error type and pause stand there only where the text does not say them itself, the error
    flag only where the source held one. An exit code that came as a field is not kept beyond
    the error type: a red test that only the code told apart is read back as a failure.
    """
    told = Finding(verdict=one.finding.verdict) if _tells(one) else one.finding
    fields: Mapping[str, Json] = {
        "id": f"{EXPORTED}{one.id}",
        "project": one.call.project,
        "session": one.call.session,
        "task": one.call.task,
        "ts": one.at.isoformat(),
        "tool": one.call.tool,
        "args": one.call.args if one.call.args is not None else one.call.raw,
        "text": one.message,
        "is_error": one.flagged if _has_flag(one) else None,
        "trace": one.call.trace,
        "parent": one.call.parent,
        **_named(told.error_type),
        "retry_after_s": told.retry_after_s,
        "duration_ms": one.duration_ms,
        "attempt": one.attempt if one.attempt != 1 else None,
        "read_only": one.read_only,
        "tags": list(one.tags),
        "origin": one.origin if one.origin is not Origin.CALL else None,
        "verdict": one.finding.verdict,
        "category": one.finding.category if one.failed else None,
        "signature": one.signature,
    }
    return {k: v for k, v in fields.items() if v is not None and v not in ("", [])}


def _has_flag(one: Evidence) -> bool:
    """Whether the source flagged the call, either way: not where something else told of it."""
    if one.failed:
        return one.flagged or one.finding.hidden
    return one.outcome is not Outcome.UNVERIFIED


def _named(error_type: str) -> Mapping[str, Json]:
    """The field that triage named an error by: a status, an exit code, or its type."""
    if (number := _NUMBERED.fullmatch(error_type)) is None:
        return {"error_type": error_type}
    return {"exit_code" if number[1] == "exit" else "status": int(number[2])}


def _tells(one: Evidence) -> bool:
    """Whether triage finds in the words alone all that it found in the whole recording."""
    words = Recording(
        call=one.call, text=one.message, flagged=one.flagged, origin=one.origin, tags=one.tags
    )
    return triage(words) == one.finding


def written(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Texts as files of a folder, which is made where it is not there; their paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _write(folder / name, text)
    except OSError as error:
        raise BadInput(
            f"{error.filename or folder} cannot be written: {error.strerror}. Name another folder."
        ) from error
    return [folder / name for name in files]


def _write(path: Path, text: str) -> None:
    """In one step, so that nobody reads half a file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
