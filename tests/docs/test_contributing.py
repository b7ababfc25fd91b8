"""CONTRIBUTING.md: the places that invite contributions are there, with the check of each."""

import re

import pytest

from tests.docs.pages import ROOT, quoted, rows, unknown

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PLACES = rows(TEXT.split("## Good places to begin")[1])
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
INVITED = {
    "detection": "told from noise",
    "masks": "masks for volatile text",
    "template variants": "a template variant",
    "tests": "a test,",
    "edge cases": "an edge case",
    "shared patches": "a repository patch to share",
}
"""The six places of the document, and the words of the table."""


@pytest.mark.proves("S32")
@pytest.mark.parametrize("place", INVITED)
def test_each_of_the_six_places_says_where_and_what_must_hold(place: str) -> None:
    (row,) = [row for row in PLACES if INVITED[place] in row[0]]
    assert all(row), "where, what must hold, and what checks it"


@pytest.mark.proves("S32")
@pytest.mark.parametrize("row", PLACES, ids=lambda row: row[0])
def test_the_place_and_its_check_are_there(row: list[str]) -> None:
    """Folders, commands and targets of make that there are; files of tests have some."""
    _, where, _, checked = row
    for name in quoted(where):
        assert (ROOT / name).is_dir() or (ROOT / "src/failonce" / name).is_dir(), name
    checks = quoted(checked)
    assert checks
    for check in checks:
        if check.startswith("failonce "):
            assert not unknown(check.split()[1:]), check
        elif check.startswith("make "):
            assert re.search(rf"^{check.split()[1]}:", MAKEFILE, re.MULTILINE), check
        else:
            path = ROOT / check
            files = list(path.rglob("test_*.py")) if path.is_dir() else [path]
            assert any("def test_" in file.read_text(encoding="utf-8") for file in files), check
