"""`failonce recall` and `failonce plan`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.sources import STDIN
from failonce.errors import BadInput
from failonce.model import Json, Mode
from failonce.surfaces.cli.options import AsJson, OwnProject, StoreUrl, one_of
from failonce.surfaces.cli.output import plural, say, show_json, visible, warn
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.jsonable import jsonable
from failonce.surfaces.learning import LearnedPattern, Learning, Recalled
from failonce.surfaces.plans import FORMATS, AugmentationResult, PlanModification
from failonce.surfaces.plans.sites import LONGEST

app = typer.Typer(rich_markup_mode=None)


@app.command()
def recall(
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="The exact name of a tool.")],
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say what was learned of a tool.

    What rules in force say of it, about what that costs whoever reads it, and what it keeps
    failing with, with the hints that its causes ask for.
    """
    with session(store) as parts:
        learned = Learning(parts, project=named(project, parts.config))
        rules = learned.recall(tool)
        patterns = learned.recall_patterns(tool)
        suggested = learned.memory.suggest([tool])
        off = learned.memory.mode is Mode.OFF
    if as_json:
        show_json(
            {
                "tool": tool,
                "rules": [_rule(r) for r in rules],
                "patterns": [_pattern(p) for p in patterns],
                "suggested": [_modification(m) for m in suggested.modifications],
                "skipped": [
                    {**_modification(s.modification), "reason": s.reason}
                    for s in suggested.skipped
                    if s.modification is not None
                ],
            }
        )
        return
    _say_rules(rules)
    for p in patterns:
        hints = ", ".join(_words(h) for h in p.suggested_hints) or "no hint"
        say(
            f"{p.error_category}: failed {plural(p.frequency, 'time')} of late, "
            f"{p.confidence:.2f} sure; asks for {hints}"
        )
    for s in suggested.skipped:
        if s.modification is not None:
            say(f"  no {_words(s.modification.hint)}: {s.reason}")
    if off:
        say("failonce is off here, so nothing is recalled.")
    elif not rules and not patterns:
        say(f"Nothing is known of `{tool}` that a plan should heed.")


@app.command()
def plan(
    *,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A plan; `-` is standard input.")],
    suggested: Annotated[
        bool,
        typer.Option(
            "--suggested",
            help="Also what patterns suggest and was never proven; else only what is in force.",
        ),
    ] = False,
    format_name: Annotated[str | None, one_of(f.name for f in FORMATS)] = None,
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write what was learned into a plan.

    Prints the plan with hints at its calls; all else in it stays byte for byte. What was
    written and what was left out, and what rules say of its tools, goes to standard error.
    """
    text = _text(file)
    with session(store) as parts:
        learned = Learning(parts, project=named(project, parts.config))
        done = learned.augment_plan(text, suggested=suggested, format=format_name)
        if done.unreadable:
            raise BadInput(done.unreadable)
        rules = learned.recall_for_plan(text, format=format_name)
    if as_json:
        show_json(_record(done, rules))
        return
    _put(done.plan)
    _tell(done, rules)


def _text(file: str) -> str:
    """The plan in a file; raises `BadInput` where it cannot be one."""
    try:
        if file == STDIN:
            raw = sys.stdin.buffer.read(4 * LONGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                raw = opened.read(4 * LONGEST + 1)
        return raw.decode("utf-8")
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{file} is no text in UTF-8.") from None


def _put(text: str) -> None:
    """The plan as it is, but that nothing in it may steer a terminal."""
    sys.stdout.flush()
    shown = visible(text, lines=True) if sys.stdout.isatty() else text
    sys.stdout.buffer.write(shown.encode("utf-8"))


def _tell(done: AugmentationResult, rules: Sequence[Recalled]) -> None:
    for a in done.applied:
        m = a.modification
        name = _words(m.hint)
        by = f" ({m.lesson})" if m.lesson else ""
        warn(f"{name} for {m.capability_id}, at {plural(a.calls, 'call')}{by}: {m.reason}")
    for s in done.skipped:
        m_ = s.modification
        what = f"{_words(m_.hint)} for {m_.capability_id}" if m_ else s.lesson
        warn(f"left out: {what}: {s.reason}")
    for r in rules:
        warn(f"{r.lesson} for {r.tool}, about {plural(r.tokens, 'token')}: {r.text}")
    if not (done.applied or done.skipped or rules):
        warn("Nothing is known of the tools of this plan.")


def _words(hint: str) -> str:
    """A hint as people say it: `circuit breaker`."""
    return hint.replace("-", " ")


def _say_rules(rules: Sequence[Recalled]) -> None:
    for r in rules:
        say(r.text)
        say(f"  {r.lesson}, about {plural(r.tokens, 'token')}")


def _rule(r: Recalled) -> dict[str, Json]:
    return {"tool": r.tool, "lesson": r.lesson, "text": r.text, "tokens": r.tokens}


def _pattern(p: LearnedPattern) -> Json:
    record = jsonable(p)
    assert isinstance(record, dict)  # noqa: S101 - a dataclass is an object
    return {"id": p.id, **record, "seed_category": p.seed_category}


def _modification(m: PlanModification) -> dict[str, Json]:
    return {
        "capability_id": m.capability_id,
        "hint": m.hint,
        "values": dict(m.values),
        "why": m.reason,
        "lesson": m.lesson,
    }


def _record(done: AugmentationResult, rules: Sequence[Recalled]) -> dict[str, Json]:
    return {
        "plan": done.plan,
        "format": done.format,
        "marks": dict(done.marks),
        "applied": [{**_modification(a.modification), "calls": a.calls} for a in done.applied],
        "skipped": [
            {
                **(_modification(s.modification) if s.modification else {"lesson": s.lesson}),
                "reason": s.reason,
            }
            for s in done.skipped
        ],
        "rules": [_rule(r) for r in rules],
    }
