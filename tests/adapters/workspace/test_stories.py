"""Rules that are learned, approved and undone, and the files that they stand in."""

from pathlib import Path

import pytest

from failonce.adapters.workspace import FileWorkspace
from failonce.errors import BadInput
from failonce.model import Action, Lesson, Mode, Proposer
from failonce.projections.changelog import changelog, pending_phrase
from failonce.review import Review
from failonce.testing import FixedClock, MemoryStore
from tests.adapters.workspace.made import everything


@pytest.fixture
def review(files: FileWorkspace) -> Review:
    return Review(store=MemoryStore(), clock=FixedClock(), workspace=files, actor="anna")


def learn(review: Review) -> Lesson:
    """The agent's own rule after `get_entity` failed."""
    return review.learn(
        "homeassistant",
        "Call `get_entity` without `detailed`.",
        reason="Invalid arg 'detailed'",
        proposer=Proposer.AGENT,
        project="shop",
    )


def status(review: Review) -> list[str]:
    return [r.status for r in changelog(review.store.lessons(), review.store.entries())]


@pytest.mark.proves("N7", "N13")
def test_in_auto_a_rule_is_written_and_can_be_taken_back(review: Review, root: Path) -> None:
    root.mkdir()
    card = root / "homeassistant.md"
    card.write_bytes("# Häuser\r\nzuerst".encode())
    before = everything(root)
    review.set_mode(Mode.AUTO)
    made = learn(review)
    assert b"- Call `get_entity` without `detailed`. <!-- RU-" in card.read_bytes()
    assert status(review) == ["auto_applied"]
    assert made.valid_until is not None
    review.undo(made.id)
    assert everything(root) == before
    assert status(review) == ["reverted"]


@pytest.mark.proves("N7", "N14")
def test_in_manual_a_rule_waits_until_a_person_approves(review: Review, root: Path) -> None:
    root.mkdir()
    (root / "homeassistant.md").write_bytes(b"# Home\n")
    before = everything(root)
    made = learn(review)
    assert everything(root) == before
    assert status(review) == ["pending"]
    assert pending_phrase(status(review).count("pending")) == "1 Pending Rule"
    review.approve(made.id)
    assert b"get_entity" in (root / "homeassistant.md").read_bytes()
    assert status(review) == ["approved"]


@pytest.mark.proves("N7")
def test_the_record_stands_before_a_file_that_cannot_be_written(review: Review, root: Path) -> None:
    (root / "homeassistant.md").mkdir(parents=True)
    review.set_mode(Mode.AUTO)
    with pytest.raises(BadInput):
        learn(review)
    assert status(review) == ["auto_applied"]
    assert [e.event.action for e in review.store.entries()][-1] is Action.APPLY_FAILED
    (root / "homeassistant.md").rmdir()
    review.reconcile()
    assert (root / "homeassistant.md").is_file()


def test_off_takes_the_rules_out_of_the_files(review: Review, root: Path) -> None:
    review.set_mode(Mode.AUTO)
    learn(review)
    review.set_mode(Mode.OFF)
    assert everything(root) == {}
