"""`failonce config`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import typer

from failonce.adapters.wording import check_templates
from failonce.compose import Configuration, configure
from failonce.compose.settings import described
from failonce.compose.spelling import learning_mode, spelled
from failonce.errors import BadSetting
from failonce.model import Json
from failonce.surfaces.cli.app import ExitCode
from failonce.surfaces.cli.options import AsJson, StoreUrl
from failonce.surfaces.cli.output import say, show_json, table
from failonce.surfaces.cli.session import deciding, named, session

app = typer.Typer(rich_markup_mode=None)
config = typer.Typer(rich_markup_mode=None)
template = typer.Typer(rich_markup_mode=None)
app.add_typer(config, name="config", help="Show the settings, or set the mode.")
config.add_typer(template, name="template", help="Try your own wording.")


@config.command()
def show(store: StoreUrl = None, as_json: AsJson = False) -> None:
    """Show every setting, its value, and where it comes from."""
    found = configure(store=store)
    values = {name: _value(found, name) for name, _ in described()}
    if as_json:
        show_json(
            {
                name: {"value": value, "from": found.origins.get(name, "default")}
                for name, value in values.items()
            }
        )
        return
    table(
        ("setting", "from", "value"),
        [(name, found.origins.get(name, "default"), _written(v)) for name, v in values.items()],
    )


def _written(value: Json) -> str:
    """A value as a line: a table of patterns as in a file, `true` and not Python's `True`."""
    if isinstance(value, Mapping):
        return ", ".join(f'"{pattern}" = "{word}"' for pattern, word in value.items()) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(found: Configuration, name: str) -> Json:
    """The value that holds, with the defaults that are worked out."""
    computed: dict[str, Json] = {
        "store.url": found.url,
        "project": found.project,
        "learning.mode": found.forced_mode or found.policy.default_mode,
        "paths.skills": str(found.skills),
        "paths.rejects": str(found.rejects),
        "paths.templates": str(found.settings.paths.templates or "built in"),
        "paths.packages": str(found.packages),
    }
    if name in computed:
        return computed[name]
    section, _, key = name.partition(".")
    value: object = getattr(getattr(found.settings, section), key)
    if isinstance(value, timedelta):
        return spelled(value)
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return {str(p): str(v) for p, v in value.items()}
    assert isinstance(value, str | int | float)  # noqa: S101 - settings have no other types
    return value


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
