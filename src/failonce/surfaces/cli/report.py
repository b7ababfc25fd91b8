"""`failonce report`."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from failonce.errors import BadInput
from failonce.model import Effect, Json
from failonce.surfaces.cli.folding import width, wrapped
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl
from failonce.surfaces.cli.output import console, say, show_json, visible, waiting
from failonce.surfaces.cli.plot import ASCII, AXIS, Ink, drawn, ink, legend
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.jsonable import jsonable
from failonce.surfaces.report import Panel, Report, build, drawing, gather
from failonce.surfaces.report.making import BINS
from failonce.surfaces.words import counted

app = typer.Typer(rich_markup_mode=None)

_WEEKS: Final = 8
_COLOURS: Final = {"failures": "yellow", "in_force": "cyan"}
"""Colours of panels; the others are green."""
_PLAINER: Final = str.maketrans({"–": "-", "…": "...", "·": "."})
"""What texts hold beyond ASCII, for where nothing else can be shown."""


@app.command()
def report(
    *,
    project: OneProject = None,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg",
            metavar="FILE",
            help="Also draw it into this file, as a picture for any browser.",
            show_default=False,
        ),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show what failed and what lessons changed.

    Failures per day, the share of failures that lessons in force prevented or mended, the
    lessons in force, the calls and the time that they saved, each with its 95 % interval where
    it is estimated; classes of failures, lessons proposed by week, the share approved. What is
    not measured yet is said, not drawn as nothing.
    """
    bins = BINS if as_json or svg is not None else max(10, min(BINS, width() - AXIS))
    with session(store) as parts, waiting("Measuring"):
        found = build(gather(parts, named(project, parts.config)), bins=bins)
    if svg is not None:
        _write(svg, drawing(found))
    if as_json:
        show_json(_record(found))
    else:
        _tell(found)
        if svg is not None:
            say(f"Drawn into {svg}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error


def _record(found: Report) -> dict[str, Json]:
    return {
        "daily": [{"day": d, "calls": calls, "failures": bad} for d, calls, bad in found.daily],
        "classes": found.classes,
        "classes_7d": found.classes_7d,
        "proposed_per_week": dict(sorted(found.proposed.items())),
        "approved": found.approved,
        "rejected": found.rejected,
        "approval_rate": found.approval_rate,
        "effects": {effect: found.effects[effect] for effect in Effect},
        "panels": [jsonable(panel) for panel in found.panels],
    }


def _tell(found: Report) -> None:
    if not found.daily:
        say("Nothing is recorded yet. Begin with: failonce import PATH")
        return
    pen = ink()
    for panel in found.panels:
        _draw(panel, pen)
    for sentence in [*legend(found.panels, pen), *_sentences(found)]:
        _say(sentence, pen)


def _draw(panel: Panel, pen: Ink) -> None:
    from rich.text import Text  # noqa: PLC0415 - 40 ms that JSON need not pay

    screen = console()
    screen.width = max(screen.width, shutil.get_terminal_size().columns)
    screen.print(Text(_in(panel.title, pen), style="bold"), soft_wrap=True)
    if panel.bins:
        colour = _COLOURS.get(panel.name, "green")
        for line in drawn(panel, width(), pen):
            head, rest = line[:AXIS], line[AXIS:]
            text = Text(head) + Text(rest, style=colour)
            screen.print(text, soft_wrap=True)
    _say(panel.summary, pen)
    say()


def _say(text: str, pen: Ink) -> None:
    for line in wrapped(text, width()):
        say(_in(line.text, pen))


def _in(text: str, pen: Ink) -> str:
    return visible(text).translate(_PLAINER) if pen is ASCII else text


def _sentences(found: Report) -> Iterator[str]:
    yield (
        f"{counted(found.classes, 'class', 'classes')} of failures, {found.classes_7d:,} of them "
        "in the newest seven days"
    )
    if not found.proposed:
        yield "No lesson was proposed yet. Next: failonce mine"
        return
    weeks = sorted(found.proposed.items())[-_WEEKS:]
    yield "Lessons proposed: " + ", ".join(f"{count} in {week}" for week, count in weeks)
    yield (
        f"Of {sum(found.proposed.values()):,} proposed {found.approved:,} were approved "
        f"({found.approval_rate or 0:.0%}) and {found.rejected:,} rejected"
    )
    e = found.effects
    if not e:
        yield "No lesson in force has met a call yet."
        return
    yield (
        f"In force they prevented {e[Effect.PREVENTED]:,}, repaired {e[Effect.REPAIRED]:,} and "
        f"recovered {e[Effect.RECOVERED]:,} failures; {e[Effect.NO_EFFECT]:,} times they did "
        f"not help, {e[Effect.WRONG] + e[Effect.HARMED]:,} times they were wrong, "
        f"{e[Effect.UNKNOWN]:,} times nobody knows"
    )
