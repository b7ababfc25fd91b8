"""`failonce config`."""

from typing import Annotated

import typer

from failonce.adapters.wording import check_templates
from failonce.compose import configure
from failonce.compose.spelling import learning_mode
from failonce.errors import BadSetting
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import say, show_json, table
from failonce.surfaces.cli.session import deciding, named, session
from failonce.surfaces.settled import settled

app = typer.Typer(rich_markup_mode=None)
config = typer.Typer(rich_markup_mode=None)
template = typer.Typer(rich_markup_mode=None)
app.add_typer(config, name="config", help="Show the settings, or set the mode.")
config.add_typer(template, name="template", help="Try your own wording.")


@config.command()
def show(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Show every setting, its value, and where it comes from."""
    found = settled(configure(store=store))
    if as_json:
        show_json({x.name: {"value": x.value, "from": x.origin} for x in found})
        return
    table(("setting", "from", "value"), [(x.name, x.origin, x.written) for x in found])


@config.command()
def mode(
    word: Annotated[
        str | None,
        typer.Argument(metavar="[off|manual|auto]", help="The new mode; without it, show it."),
    ] = None,
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="NAME",
            help="Only for this project; `.` is that of the working directory. Default: all.",
            show_default=False,
        ),
    ] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show or set how far failonce may go on its own.

    off: nothing is recorded, and lessons rest. manual: a person decides on every lesson.
    auto: bounded lessons that passed all checks go on trial by themselves. The environment
    (FAILONCE_LEARNING__MODE, SKILL_LEARNING_MODE) stands above what is set here.
    """
    if word is not None:
        wanted = learning_mode(word)
        if wanted is None:
            raise BadSetting(f"`{word}` is no mode; it is off, manual or auto.")
        with deciding(store) as parts:
            parts.review.set_mode(wanted, project=named(project, parts.config) or "*")
    with session(store) as parts:
        own = named(project, parts.config) or parts.config.project
        holds = parts.review.mode(own)
        forced = parts.config.forced_mode is not None
    if as_json:
        show_json({"project": own, "mode": holds, "from_environment": forced})
    else:
        say(f"{holds} for {own}{', set by the environment' if forced else ''}")


@template.command("test")
def try_templates(as_json: AsJson = False) -> None:
    """Render every template with sample values, and name what is wrong.

    Your own templates stand in the folder of the setting paths.templates. Exits with 1
    where one does not work.
    """
    found = check_templates(configure().settings.paths.templates)
    if as_json:
        show_json([{"phrase": c.phrase, "text": c.text, "error": c.error} for c in found])
    else:
        for check in found:
            say(check.phrase)
            say(f"  {'FAILED: ' + check.error if check.error else check.text}")
    raise typer.Exit(ExitCode.NEGATIVE if any(c.error for c in found) else ExitCode.OK)
