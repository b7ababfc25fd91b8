"""The pages, their tables, and the commands that they quote."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import typer

from failonce.surfaces.cli.app import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_QUOTED = re.compile(r"`(failonce [^`]+)`")
_SHOWN = re.compile(r"^\s*(?:\$ |podman exec failonce )?(failonce [^\n#|>]+)", re.MULTILINE)


def page(name: str) -> str:
    """The text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def part(text: str, title: str) -> str:
    """What stands below a title, up to the next of its rank."""
    rank = title.split(" ", maxsplit=1)[0]
    assert f"\n{title}\n" in text, title
    return text.split(f"\n{title}\n")[1].split(f"\n{rank} ", maxsplit=1)[0]


def rows(text: str, table: int = 0) -> list[list[str]]:
    """The rows of a table, cell by cell, without its head."""
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    lines = tables[table].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def quoted(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command of failonce that a page quotes or shows."""
    blocks = re.findall(r"```(?:sh|console)?\n(.*?)```", text, re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    found = [*_QUOTED.findall(prose), *(x for b in blocks for x in _SHOWN.findall(b))]
    for line in found:
        yield shlex.split(line.replace("…", "").replace("\\\n", " "))[1:]


def unknown(words: list[str]) -> str:
    """What of a command there is not; empty where all of it is."""
    command: click.Command = typer.main.get_command(app)
    context = click.Context(command)
    while isinstance(command, click.Group) or hasattr(command, "get_command"):
        if not words or words[0].startswith("-"):
            break
        below = command.get_command(context, words[0])  # type: ignore[attr-defined]
        if below is None:
            return f"no command {words[0]!r}"
        command, words = below, words[1:]
    known = {option for p in command.params for option in p.opts} | {"--help", "--version"}
    asked = {word.split("=")[0] for word in words if word.startswith("--") and word != "--"}
    return ", ".join(sorted(asked - known))
