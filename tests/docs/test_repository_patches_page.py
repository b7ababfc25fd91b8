"""The page on repository patches names each check that a script must pass, in its order."""

import re

import pytest

from failonce.gate.sandboxed import READ
from failonce.kinds.fixer.patch import APPLY, REPRODUCE, UNDO
from tests.docs.pages import ROOT, page, part, quoted, rows

PAGE = page("repository-fixers.md")


@pytest.mark.proves("S31")
def test_every_function_of_a_script_is_on_the_page() -> None:
    told = [quoted(row[0])[0].split("(")[0] for row in rows(part(PAGE, "## The script"))]
    assert told == [REPRODUCE, APPLY, UNDO]


@pytest.mark.proves("S31")
def test_every_check_is_on_the_page() -> None:
    told = re.findall(r"^\d\. \*\*(\w+)\*\*", part(PAGE, "## What is asked of it"), re.MULTILINE)
    source = (ROOT / "src/failonce/gate/patches.py").read_text(encoding="utf-8")
    made = re.findall(r'_fatal\(\s*"(\w+)"', source)
    assert told[-1] == READ.name
    assert set(told[:-1]) == set(made)
