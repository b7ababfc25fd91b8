"""The page on plans shows what really happens."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/plans.md"


def test_the_examples_of_the_page_are_true() -> None:
    done = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert done.attempted > 9
    assert done.failed == 0
