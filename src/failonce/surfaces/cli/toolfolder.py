"""`failonce tools import`: the tools of a folder of Python files, read and never run."""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from failonce.adapters.importers.python_folder import Toolbox, read_folders
from failonce.adapters.importers.python_tools import LONG_AGO
from failonce.compose import Parts, configure, opened
from failonce.model import Json, Mode
from failonce.ports import Added
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, OwnProject, StoreUrl
from failonce.surfaces.cli.output import plural, say, show_json, waiting, warn
from failonce.surfaces.cli.rejects import Rejects
from failonce.surfaces.cli.session import named
from failonce.surfaces.cli.toolbox import group

_NAMED = 5
"""Names that a line lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What became of the tools that were read."""

    added: Added = Added()
    stay: tuple[str, ...] = ()
    """Tools that described themselves, which stays."""
    gone: tuple[str, ...] = ()
    """Tools that were read from these files before, and are not there now."""


@group.command("import")
def import_(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Folders of Python files, or files.")
    ],
    project: OwnProject = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Read the tools of a folder of Python files.

    Names, types, defaults and docstrings are read from the text: nothing is imported or run.
    Functions that are marked as tools count, in a file that marks none the public ones. What a
    tool said of itself stays. A file that cannot be read is named, and the rest goes on.

    Exits with 2 where a path that was given could not be read, or nothing could.
    """
    config = configure(store=store)
    box, kept = Toolbox(), _Kept()
    with opened(config) as parts, waiting("Reading"):
        own = named(project, config) or config.project
        rejects = Rejects(config.rejects, parts.redactor)
        try:
            for reject in read_folders(paths, parts.clock, box):
                rejects.add(reject)
        finally:
            file = rejects.close()
        if config.off or parts.review.mode(own) is Mode.OFF:
            warn(f"failonce: learning is off, so {plural(len(box.specs), 'tool')} left out")
        else:
            kept = _keep(parts, own, box)
    if file is not None:
        warn(f"failonce: what could not be read is kept in {file}")
    if as_json:
        show_json(_record(box, kept, rejects.count))
    else:
        _summary(box, kept, rejects.count, own)
    nothing = rejects.count > 0 and not box.specs
    raise typer.Exit(ExitCode.INPUT if box.failed or nothing else ExitCode.OK)


def _keep(parts: Parts, project: str, box: Toolbox) -> _Kept:
    specs = [parts.redactor.tool(spec) for spec in box.specs]
    before = parts.store.tools(project)
    added = parts.loop.offer(specs, project=project, at=LONG_AGO)
    names = {s.name for s in specs}
    files = {parts.redactor.name(code) for code in box.files}
    return _Kept(
        added=added,
        stay=tuple(n for n in sorted(names) if n in before and not before[n].code),
        gone=tuple(n for n, s in before.items() if s.code in files and n not in names),
    )


def _summary(box: Toolbox, kept: _Kept, rejected: int, project: str) -> None:
    found, new = len(box.specs), kept.added.new
    say(
        f"Read {plural(found, 'tool')} from {plural(len(box.files), 'Python file')}; "
        "nothing of them was run."
    )
    same = found - new - len(kept.stay)
    say(f"  {new:,} new or changed, {same:,} known already, {rejected:,} unreadable")
    if kept.stay:
        say(f"  what these said of themselves stays: {_list(kept.stay)}")
    if kept.gone:
        say(f"  no longer in these files, still listed: {_list(kept.gone)}")
    out: dict[str, list[str]] = {}
    for x in box.left_out:
        out.setdefault(x.why, []).append(x.name)
    for why, names in out.items():
        say(f"  left out, {why}: {_list(names)}")
    passed = Counter(box.passed_over).most_common()
    if passed:
        say(f"  passed over: {', '.join(f'{what} ({count:,})' for what, count in passed)}")
    if found:
        say(f"Next: failonce tools --project {shlex.quote(project)}")


def _list(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest


def _record(box: Toolbox, kept: _Kept, rejected: int) -> dict[str, Json]:
    return {
        "tools": [s.name for s in box.specs],
        "new": kept.added.new,
        "files": len(box.files),
        "rejected": rejected,
        "stay": list(kept.stay),
        "gone": list(kept.gone),
        "left_out": [
            {"code": x.code, "line": x.line, "name": x.name, "why": x.why} for x in box.left_out
        ],
        "passed_over": dict(box.passed_over),
    }
