"""The pages of help: what they list, what they cost, and that the documents say the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from failonce.compose.settings import described, variable
from failonce.surfaces.cli.app import FIRST, MORE, Commands, Entry, ExitCode, app
from tests.surfaces.cli.made import Shell

DOCS = Path(__file__).parents[3] / "docs"
PAGE_ONE = (
    "import failures lessons show approve reject undo why report status serve proxy doctor install"
)
BEHIND = (
    "group mine collect propose pr replay learn wrong reopen snooze edit merge split audit gaps "
    "tools patches files try explain recall plan outcomes health uninstall config mcp token "
    "account pack promote schedule store prune forget export"
)
EVERY = [*FIRST, *MORE]


def listed(page: str) -> list[str]:
    """The names in the table of commands."""
    table = page.split("Commands:\n")[1].split("\n\n", maxsplit=1)[0]
    return [line.split()[0] for line in table.splitlines()]


def test_the_first_page_lists_these_commands_and_no_others(shell: Shell) -> None:
    for args in (["--help"], []):
        assert listed(shell.ok(*args).out) == PAGE_ONE.split()


def test_all_commands_are_behind_one_more_word(shell: Shell) -> None:
    for args in (["--help", "--all"], ["--all", "--help"]):
        assert listed(shell.ok(*args).out) == [*PAGE_ONE.split(), *BEHIND.split()]


def test_the_first_page_costs_no_heavy_import() -> None:
    """What takes the 150 ms are imports, so those are counted and not the clock."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "failonce", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    heavy = {"rich", "pydantic", "sqlalchemy", "jinja2", "re2", "ruamel.yaml", "failonce.loop"}
    assert not heavy & imported
    assert len(imported) < 400


LOADED = """
import gc, importlib, sys
searched = []
gc.callbacks.append(lambda phase, info: searched.append(phase) if phase == "start" else None)
from failonce.surfaces.cli import main
assert main() == 0
for name in ("session", "hooking", "mcp"):
    importlib.import_module("failonce.surfaces.cli." + name)
print(len(searched), gc.get_freeze_count(), *sorted(sys.modules))
"""


def test_a_command_loads_no_room_that_it_does_not_ask(shell: Shell) -> None:
    """Nor does the garbage collector search what is loaded, neither at the start nor at the end."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "lessons", "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=shell.project,
    )
    listed, told = done.stdout.splitlines()
    assert listed == "[]"
    searched, left_alone, *modules = told.split()
    assert int(searched) < 30
    assert int(left_alone) > 20_000
    assert "failonce.review" in modules
    rooms = ("loop", "mining", "making", "developing", "editing", "patching", "adapters.sandbox")
    assert not {f"failonce.{room}" for room in rooms} & set(modules)


def test_the_version_is_that_of_the_package(shell: Shell) -> None:
    assert re.fullmatch(r"failonce \d+\.\d+\.\d+\n", shell.ok("--version").out)


@pytest.mark.parametrize("entry", EVERY, ids=lambda e: e.name)
def test_every_command_explains_itself_as_the_table_does(shell: Shell, entry: Entry) -> None:
    page = shell.ok(entry.name, "--help").out
    assert page.startswith(f"Usage: failonce {entry.name} ")
    assert entry.summary in " ".join(page.split())


def test_a_typo_is_answered_with_what_is_near(shell: Shell) -> None:
    assert "Did you mean 'lessons'?" in shell.run("lesons").err


LISTINGS = [
    ["failures"],
    ["lessons"],
    ["gaps"],
    ["outcomes"],
    ["health"],
    ["tools"],
    ["tools", "suggest"],
    ["status"],
    ["files"],
    ["files", "write"],
    ["files", "adopt"],
    ["report"],
    ["doctor"],
    ["mine"],
    ["audit", "list"],
    ["audit", "verify"],
    ["token", "list"],
    ["account", "list"],
    ["config", "show"],
    ["config", "mode"],
    ["config", "template", "test"],
]


@pytest.mark.parametrize("command", LISTINGS, ids=" ".join)
def test_every_listing_has_json_also_where_it_is_empty(shell: Shell, command: list[str]) -> None:
    run = shell.ok(*command, "--json")
    assert run.out.count("\n") == 1
    assert isinstance(run.json, list | dict)


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_shells_can_complete(shell: Shell, name: str) -> None:
    # Typer asks which program started it; under make that is `sh`, so the test names the shell.
    env = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    run = shell.program("--show-completion", name, env=env)
    assert "_FAILONCE_COMPLETE" in run.out


def test_completion_answers_with_commands(shell: Shell) -> None:
    run = shell.program(
        env={
            "_FAILONCE_COMPLETE": "complete_bash",
            "COMP_WORDS": "failonce le",
            "COMP_CWORD": "1",
        }
    )
    assert run.out.split() == ["lessons", "learn"]


def test_no_color_means_no_color(shell: Shell) -> None:
    run = shell.program("doctor", env={"NO_COLOR": "1", "FORCE_COLOR": ""})
    assert "\x1b" not in run.out


# ------------------------------------------------------------- the documents


def commands() -> list[str]:
    """Every command, also those below `config`, `audit` and `export`."""
    root = typer.main.get_command(app)
    assert isinstance(root, Commands)
    names: list[str] = []

    def walk(name: str, command: object) -> None:
        inner = getattr(command, "commands", None)
        if not inner:
            names.append(name)
        for key, below in (inner or {}).items():
            walk(f"{name} {key}", below)

    for entry in EVERY:
        walk(entry.name, root.get_command(None, entry.name))
    return names


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_documented(shell: Shell, name: str) -> None:
    text = (DOCS / "command-line.md").read_text()
    title = f"\n### failonce {name}\n"
    assert title in text
    section = text.split(title)[1].split("\n### ")[0].split("\n## ")[0]
    page = shell.ok(*name.split(), "--help").out
    for option in set(re.findall(r"(?<!\w)--[a-z][a-z_-]+", page.split("Options:")[1])):
        if option not in ("--help", "--store", "--json"):
            assert f"`{option}" in section, f"{option} of {name}"


def test_every_exit_code_is_documented() -> None:
    text = (DOCS / "command-line.md").read_text()
    for code in ExitCode:
        assert f"\n| {code.value} |" in text


def test_every_setting_is_documented_with_its_variable() -> None:
    text = (DOCS / "settings.md").read_text()
    for name, description in described():
        assert description
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        assert f"`{variable(name)}`" in row
        assert description in row


def test_no_setting_is_documented_that_is_none() -> None:
    text = (DOCS / "settings.md").read_text().split("\n## ")[0]
    names = re.findall(r"^\| `([a-z_.0-9]+)` \|", text, re.MULTILINE)
    assert names == [name for name, _ in described()]
