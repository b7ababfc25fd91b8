"""The page on make targets and the Makefile tell of the same targets and variables."""

import re

import pytest

from tests.docs.pages import ROOT, page, quoted, rows, unknown

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGE = page("make-targets.md")
TOLD = {
    quoted(target)[0].removeprefix("make "): says
    for table in range(3)
    for target, says in rows(PAGE, table)
}


def recipe(target: str) -> str:
    """What make runs for a target, with the line that names what comes before it."""
    line = rf"^(?:[\w ]+ )?{target}(?: [\w ]+)?:(?!=).*\n(?:\t.*\n)*"
    found = re.search(line, MAKEFILE, re.MULTILINE)
    assert found, target
    return found[0]


@pytest.mark.proves("S31")
def test_every_target_is_on_the_page_and_every_target_of_the_page_is_one() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert TOLD.keys() == set(phony[1].split())
    for target in TOLD:
        assert recipe(target)
    others = re.search(r"^# Other targets: (.*)$", MAKEFILE, re.MULTILINE)
    assert others
    heads = set(re.findall(r"^# make (\w+) ", MAKEFILE, re.MULTILINE))
    assert heads | set(others[1].split()) == TOLD.keys(), "the head of the Makefile"
    assert "`make demo`" in PAGE.split("##")[0], "what make does without a target"
    assert "\n.DEFAULT_GOAL := demo\n" in MAKEFILE


@pytest.mark.proves("S31")
def test_every_variable_is_on_the_page_and_every_variable_of_the_page_is_one() -> None:
    used = set(re.findall(r"(?<!\$)\$\((\w+)\)", MAKEFILE))
    set_here = set(re.findall(r"^(\w+) *:=", MAKEFILE, re.MULTILINE))
    told = set(re.findall(r"\b([A-Z_]{3,})=", PAGE)) | {"FAILONCE_DATA"}
    assert told == used - set_here


@pytest.mark.proves("S31")
def test_a_target_runs_the_commands_that_its_row_names() -> None:
    for target, says in TOLD.items():
        named = [x for x in quoted(says) if x.startswith("failonce ")]
        if target in ("mcp", "postgres", "scale", "github", "otel"):
            assert f".venv/{target}" in recipe(target).replace("%", target)
            continue
        run = re.findall(r"\$\(BIN\)/failonce ([a-z]+(?: [a-z]+)?)", recipe(target))
        assert {f"failonce {x.strip()}" for x in run} == {x.split(" --")[0] for x in named}, target
        for command in run:
            assert not unknown(command.split())
    assert recipe("check").split(":")[1].split() == ["lint", "types", "contracts"]
    assert list(TOLD)[list(TOLD).index("check") + 1 :][:3] == ["lint", "types", "contracts"]
