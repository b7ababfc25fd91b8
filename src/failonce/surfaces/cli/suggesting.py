"""`failonce tools suggest`: what is missing among the tools, and what to do about weak ones."""

from typing import Annotated

from failonce.developing.suggesting import Suggestions, suggest
from failonce.surfaces import records
from failonce.surfaces.cli.options import AsJson, OneProject, StoreUrl, at_most
from failonce.surfaces.cli.output import plural, say, show_json, waiting
from failonce.surfaces.cli.session import named, session
from failonce.surfaces.cli.toolbox import group

_SCREEN = 10
"""Suggestions told where nobody said how many."""


@group.command("suggest")
def suggest_(
    project: OneProject = None,
    limit: Annotated[int | None, at_most(_SCREEN)] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Say what is missing among the tools, and what to do about weak ones.

    From recorded calls and requests alone, without a model: tools that are asked for and not
    there, programs that tools fail for want of, tools that fail often, learned ones that nobody
    uses, tools that do the same. What was in the way of most sessions comes first. Nothing is
    changed; each line says what to type next.
    """
    with waiting("Looking at the tools"), session(store) as parts:
        own = named(project, parts.config)
        recorded = parts.store.projects()
        projects = sorted({*recorded, parts.config.project}) if own is None else [own]
        most = limit or (None if as_json else _SCREEN)
        found = suggest(
            parts.store,
            projects,
            here=parts.config.project,
            least=parts.config.policy.min_clusters,
            limit=most,
        )
    if as_json:
        show_json([records.suggestion(s) for s in found.told])
    elif found.told:
        _tell(found, several=len({s.project for s in found.told}) > 1)
    elif recorded:
        say("Nothing to suggest.")
        _left_out(found)
    else:
        say("Nothing is recorded yet. Begin with: failonce import PATH")
        say('or say what is missing: failonce tools want "TEXT"')


def _tell(found: Suggestions, *, several: bool) -> None:
    for n, s in enumerate(found.told, 1):
        say(f"{n}. {s.what}.{f' ({s.project[-24:]})' if several else ''}")
        say(f"   {s.why}")
        say(f"   Confidence {s.confidence:.2f}: {s.sure}.")
        say(f"   Next: {s.command}")
    more = f"; {found.more:,} more with --limit" if found.more else ""
    say(f"{plural(len(found.told) + found.more, 'suggestion')}{more}.")
    _left_out(found)


def _left_out(found: Suggestions) -> None:
    if found.once:
        say(f"Left out: {plural(found.once, 'trouble')} of one session only.")
    if found.misspelled:
        calls = plural(found.misspelled_calls, "call")
        say(
            f"{plural(found.misspelled, 'name')} in {calls} only misspelled a tool that is there: "
            "failonce tools"
        )
