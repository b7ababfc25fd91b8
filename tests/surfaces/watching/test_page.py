"""The page on watching tools names all there is."""

import inspect
from pathlib import Path

import failonce
from failonce import _HOME
from failonce.surfaces.watching.decisions import Skipped

PAGE = (Path(__file__).parents[3] / "docs/watching.md").read_text(encoding="utf-8")


def test_every_public_name_is_on_the_page() -> None:
    """Those of this package; `Status` by the function that gives it."""
    own = [n for n, home in _HOME.items() if "watching" in home and n != "Status"]
    assert len(own) > 7
    assert [n for n in own if f"failonce.{n}" not in PAGE] == []


def test_every_parameter_of_watch_is_on_the_page() -> None:
    """And no other one is in its table."""
    given = [n for n in inspect.signature(failonce.watch).parameters if n != "function"]
    told = [line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    assert told == given


def test_every_reason_of_the_log_is_on_the_page() -> None:
    """Each with what it means."""
    told = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("| ")]
    assert [str(why) for why in Skipped if str(why) not in told] == []
