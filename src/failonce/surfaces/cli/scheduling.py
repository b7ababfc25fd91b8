"""`failonce schedule …`: recipes for what starts programs by the clock."""

import shlex
import shutil
import sys
from enum import StrEnum
from typing import Annotated, Final

import typer

from failonce import __version__
from failonce.adapters.sql_store import on_server, shown
from failonce.compose import Configuration, configure
from failonce.compose.reading import user_file
from failonce.surfaces.cli.options import StoreUrl
from failonce.surfaces.pulls import workflow

app = typer.Typer(rich_markup_mode=None)
schedule = typer.Typer(rich_markup_mode=None)
app.add_typer(schedule, name="schedule", help="Print how to mine by the clock.")

EVERY: Final = "6h"
"""How often the recipes mine (S17)."""


class Scheduler(StrEnum):
    """What starts programs by the clock."""

    CRON = "cron"
    SYSTEMD = "systemd"
    GITHUB = "github"


@schedule.command()
def show(
    scheduler: Annotated[
        Scheduler, typer.Argument(metavar="cron|systemd|github", help="For what to print it.")
    ],
    store: StoreUrl = None,
) -> None:
    """Print the recipe for mining every six hours.

    It may run in several places: each project is looked at once in six hours all the same. What it
    prints holds no password.
    """
    config = configure(store=store)
    recipe = {Scheduler.CRON: _cron, Scheduler.SYSTEMD: _systemd, Scheduler.GITHUB: _github}
    print(recipe[scheduler](config), end="")


def _command(config: Configuration) -> str:
    """How this failonce is started from anywhere, over the same store."""
    program = shutil.which("failonce")
    words = [program] if program else [sys.executable, "-m", "failonce"]
    words += ["mine", "--every", EVERY]
    if not on_server(config.url):
        words += ["--store", config.url]
    return shlex.join(words)


def _where(config: Configuration) -> str:
    """Where the store is named, for what knows nothing of this shell."""
    if not on_server(config.url):
        return ""
    return (
        f"# The store is {shown(config.url)}.\n"
        f"# Its URL must stand in {user_file()}, readable by you alone:\n"
        f'#   [store]\n#   url = "postgresql://USER:PASSWORD@HOST/DATABASE"\n'
    )


def _cron(config: Configuration) -> str:
    line = _command(config).replace("%", r"\%")  # cron takes it for the end of a line
    return f"# Add to what `crontab -e` shows:\n{_where(config)}0 */6 * * * {line}\n"


def _systemd(config: Configuration) -> str:
    line = _command(config).replace("%", "%%").replace("$", "$$")
    return f"""\
# Put both into ~/.config/systemd/user, then: systemctl --user enable --now failonce-mine.timer
{_where(config)}
# failonce-mine.service
[Unit]
Description=Look for lessons in what was recorded

[Service]
Type=oneshot
ExecStart={line}

# failonce-mine.timer
[Unit]
Description=Look for lessons every six hours

[Timer]
OnCalendar=*-*-* 00/6:00:00 UTC
RandomizedDelaySec=5min
Persistent=true

[Install]
WantedBy=timers.target
"""


def _github(_: Configuration) -> str:
    return workflow(__version__)
