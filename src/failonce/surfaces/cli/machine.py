"""`failonce doctor`."""

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import typer

import failonce
from failonce.adapters.sql_store import on_server, shown
from failonce.compose import Configuration, configure, opened
from failonce.compose.sandbox import sandbox_for
from failonce.errors import FailonceError, StoreError
from failonce.model import Strength
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import say, show_json, table
from failonce.surfaces.installing.clients import Surroundings
from failonce.surfaces.installing.installed import standings

app = typer.Typer(rich_markup_mode=None)


class Health(StrEnum):
    """How a part of failonce is on this machine."""

    OK = "ok"
    MISSING = "missing"
    BROKEN = "broken"
    PARTIAL = "partial"
    """It holds, but for what the detail says."""
    ABSENT = "absent"
    """This machine does not have it, and all else works without."""
    LATER = "not needed yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    health: Health
    detail: str


@app.command()
def doctor(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Check that everything works on this machine.

    Exits with 1 where something that is needed does not work.
    """
    found = list(_look(store))
    if as_json:
        show_json([{"what": f.what, "health": f.health, "detail": f.detail} for f in found])
    else:
        table(("part", "health", "detail"), [(f.what, f.health, f.detail) for f in found])
        bad = [f.what for f in found if f.health in (Health.BROKEN, Health.MISSING)]
        say(f"Look at: {', '.join(bad)}." if bad else "All that is needed works here.")
        if any(f.health is Health.ABSENT for f in found):
            say("Without a sandbox nothing that was generated is run.")
    broken = any(f.health in (Health.BROKEN, Health.MISSING) for f in found)
    raise typer.Exit(ExitCode.NEGATIVE if broken else ExitCode.OK)


def _look(store: str | None) -> Iterator[Finding]:
    yield _fine("failonce", failonce.__version__)
    yield _fine("python", f"{platform.python_version()} at {sys.executable}")
    yield _fine("system", f"{platform.system()} {platform.release()}, {platform.machine()}")
    yield _fine("sqlite", sqlite3.sqlite_version)
    try:
        config = configure(store=store)
    except FailonceError as error:
        yield Finding(what="settings", health=Health.BROKEN, detail=str(error))
        return
    used = sorted(set(config.origins.values()))
    yield _fine("settings", f"from {', '.join(used)}" if used else "all at their defaults")
    yield from _database(config)
    yield _tried("patterns", _patterns)
    yield _tried("skill files", lambda: _writable(config.skills))
    yield _tried("rejected lines", lambda: _writable(config.rejects))
    yield from _sandbox(config)
    yield from _hooks()
    for name, need in _LATER:
        where = shutil.which(name)
        yield Finding(what=name, health=Health.LATER, detail=f"{need}; {where or 'not installed'}")


_LATER = (("git", "for lessons as pull requests"),)


def _fine(what: str, detail: str) -> Finding:
    return Finding(what=what, health=Health.OK, detail=detail)


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return _fine(what, look())
    except (FailonceError, ImportError) as error:
        return Finding(what=what, health=Health.BROKEN, detail=str(error))


def _database(config: Configuration) -> Iterator[Finding]:
    """The server, where the store is on one, and then the store (S29)."""
    if on_server(config.url):
        from failonce.adapters.sql_functions.server import version  # noqa: PLC0415 - few have one

        server = _tried("database", lambda: version(config.url))
        yield server
        if server.health is not Health.OK:
            return
    yield _tried("store", lambda: _store(config))


def _store(config: Configuration) -> str:
    """Open it, and write something that leaves no trace."""
    with opened(config) as parts:
        now = parts.clock.now()
        parts.store.acquire("doctor", "doctor", until=now + timedelta(seconds=1), now=now)
        parts.store.release("doctor", "doctor")
        calls = sum(parts.store.projects().values())
    return f"{shown(config.url)}, can be written, {calls:,} calls"


def _hooks() -> Iterator[Finding]:
    """Where a coding agent calls failonce, whether what it calls is there."""
    for found in standings(Surroundings.here()):
        if found.installed or found.trouble:
            health = Health.BROKEN if found.trouble else Health.OK
            detail = found.trouble or str(found.path)
            yield Finding(what=f"hooks of {found.client.makers}", health=health, detail=detail)


def _sandbox(config: Configuration) -> Iterator[Finding]:
    """Each barrier as canaries found it a moment ago; one line where there is no sandbox."""
    found = sandbox_for(config).barriers()
    whys = {b.why for b in found}
    if all(b.how is Strength.ABSENT for b in found) and len(whys) == 1:
        yield Finding(what="sandbox", health=Health.ABSENT, detail=whys.pop())
        return
    for barrier in found:
        detail = "; ".join(filter(None, (barrier.why, barrier.cure)))
        yield Finding(what=f"sandbox: {barrier.what}", health=_HELD[barrier.how], detail=detail)


_HELD = {
    Strength.ENFORCED: Health.OK,
    Strength.PARTIAL: Health.PARTIAL,
    Strength.ABSENT: Health.ABSENT,
}


def _writable(folder: Path) -> str:
    """The folder, where it or the nearest folder above it that exists can be written."""
    above = next(p for p in (folder, *folder.parents) if p.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise StoreError(f"{folder} cannot be written: {above} is no folder that you may write to.")
    return str(folder)


def _patterns() -> str:
    import re2  # noqa: PLC0415 - it is what is looked at

    return f"RE2, {'linear in time' if re2.search('a+b', 'aab') else 'but it does not match'}"
