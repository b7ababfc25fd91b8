"""`failonce collect`: what hooks of coding agents left to be done behind them."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from failonce.adapters.importers.registry import detect
from failonce.adapters.sources import Input, sources
from failonce.adapters.sql_store import store_path
from failonce.compose import Parts, SystemClock, configure, opened
from failonce.compose.calling import drain
from failonce.errors import BadInput
from failonce.model import Mode, Offer, Recording, Reject
from failonce.surfaces.cli.options import StoreUrl
from failonce.surfaces.cli.output import plural, say, warn
from failonce.surfaces.cli.reading import at_home
from failonce.surfaces.hooks.memory import forget
from failonce.surfaces.hooks.passing import is_block

app = typer.Typer(rich_markup_mode=None)


@app.command()
def collect(
    transcripts: Annotated[
        list[Path] | None,
        typer.Argument(metavar="TRANSCRIPT...", help="Sessions to read as well."),
    ] = None,
    store: StoreUrl = None,
) -> None:
    """Take what hooks of agents recorded to the store.

    The end of each session does so by itself, and so does every command that opens the store. A
    session's transcript tells what no hook does: which calls a person turned down.
    """
    config = configure(store=store)
    if config.off:
        warn("failonce: FAILONCE=off rests failonce here, so nothing was read or stored.")
        return
    taken = drain(config, SystemClock())
    new = 0
    if transcripts:
        with opened(config) as parts:
            new = sum(_read(parts, path) for path in transcripts)
    forget(str(store_path(config.url)), time.time())
    say(
        f"{plural(taken.records, 'record')} of hooks taken to the store; "
        f"{plural(new, 'call')} more found in transcripts."
    )


def _read(parts: Parts, path: Path) -> int:
    """How many calls of a transcript were new; what cannot be read of it yet is left for later."""
    new = 0
    for source in sources([path], stdin=sys.stdin.buffer, clock=parts.clock):
        if not isinstance(source, Input):
            continue
        try:
            found = detect(source.head(), source.name).read(source)
            calls = (r for r in found if not isinstance(r, Reject | Offer))
            recordings = (at_home(r) for r in calls if not is_block(r.text, r.tags))
            wanted = (r for r in recordings if _learns(parts, r))
            for observed in parts.loop.observe(
                wanted, modified=source.modified, project=parts.config.project
            ):
                new += observed.new
        except BadInput as error:
            warn(f"failonce: {error}")
        finally:
            source.close()
    return new


def _learns(parts: Parts, recording: Recording) -> bool:
    named = parts.redactor.name(recording.call.project) or parts.config.project
    return parts.review.mode(named) is not Mode.OFF
