"""The training set: what was learned, as examples."""

import json
from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell


def examples(shell: Shell) -> list[dict[str, object]]:
    return [json.loads(line) for line in shell.ok("export", "training").out.splitlines()]


@pytest.mark.proves("S8")
def test_lessons_in_force_make_examples_and_good_calls_stand_beside_them(shell: Shell) -> None:
    lessons = shell.learned()
    assert examples(shell) == [], "what waits teaches nobody"
    for lesson in lessons:
        shell.ok("approve", lesson["id"])
    found = examples(shell)
    taught = [x for x in found if x["error"]]
    assert {x["result"] for x in taught} == {"prevented", "repaired"}
    assert len(taught) == 24
    repaired = next(x for x in taught if x["result"] == "repaired")
    assert isinstance(repaired["args"], dict)
    assert repaired["better_args"] == {"file": repaired["args"]["path"]}
    good = [x for x in found if not x["error"]]
    assert {x["action"] for x in good} == {"allow"}
    for tool in ("read", "get_entity"):
        assert sum(x["tool"] == tool for x in good) == 12
    assert examples(shell) == found, "the same each time"


def test_the_targets_of_the_document_are_there_and_call_what_there_is(shell: Shell) -> None:
    """`make skills-db-setup`, `skills-mine` and `retrain`; the page says what each runs."""
    root = Path(__file__).parents[3]
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    page = (root / "docs" / "make-targets.md").read_text(encoding="utf-8")
    for target in ("skills-db-setup", "skills-mine", "retrain"):
        assert f"\n{target}: " in makefile
        assert f"`make {target}`" in page
        recipe = makefile.split(f"\n{target}: ")[1].split("\n\n")[0]
        for line in recipe.splitlines()[1:]:
            command = line.split("failonce ")[1].split("$")[0].split(">")[0].split()
            assert shell.ok(*[w for w in command if "/" not in w], "--help")
