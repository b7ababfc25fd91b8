"""What is written into files: rules in force, and what people wrote beside them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.adapters.workspace import EDITS, FileWorkspace
from failonce.errors import BadInput
from failonce.model import State
from failonce.testing.samples import lesson
from tests.adapters.workspace.made import everything, posix, rule

# ---------------------------------------------------------- projecting


def test_the_same_rules_change_nothing_the_second_time(files: FileWorkspace, root: Path) -> None:
    rules = [rule(2, "Second."), rule(1, "First."), rule(3, target="other")]
    assert files.reconcile(rules) == [str(root / "card.md"), str(root / "other.md")]
    before = everything(root)
    assert files.reconcile(reversed(rules)) == []
    assert everything(root) == before
    assert before["card.md"].index(b"First.") < before["card.md"].index(b"Second.")


def test_only_rules_in_force_for_this_project_or_all_are_written(
    files: FileWorkspace, root: Path
) -> None:
    waiting = replace(rule(1, target="waiting"), state=State.PROPOSED)
    unsigned = replace(rule(2, target="unsigned"), approved_digest="else")
    files.reconcile(
        [
            waiting,
            unsigned,
            replace(lesson(3), state=State.CANARY, approved_digest=lesson(3).digest),
            rule(4, target="elsewhere", project="other"),
            rule(5, target="everybody", project="*"),
            rule(6, target="ours"),
        ]
    )
    assert set(everything(root)) == {"everybody.md", "ours.md"}


def test_no_rules_and_no_folder_is_nothing_to_do(files: FileWorkspace, root: Path) -> None:
    assert files.reconcile([]) == []
    assert not root.exists()


def test_files_of_others_are_not_touched(files: FileWorkspace, root: Path) -> None:
    root.mkdir()
    (root / "notes.md").write_bytes(b"mine")
    (root / "Upper Case.md").write_bytes(b"<!-- failonce:end -->\n")
    (root / "sub.md").mkdir()
    before = everything(root)
    files.reconcile([rule(1)])
    files.reconcile([])
    assert everything(root) == before


@given(
    content=st.binary(max_size=200),
    sentence=st.from_regex(r"[A-Z][a-z äß]{0,40}\.", fullmatch=True),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_undoing_restores_any_file(tmp_path: Path, content: bytes, sentence: str) -> None:
    files = FileWorkspace(tmp_path, project="shop")
    card = tmp_path / "card.md"
    card.write_bytes(content)
    try:
        files.reconcile([rule(1, sentence)])
    except BadInput:
        pass
    else:
        assert sentence.encode() in card.read_bytes()
        files.reconcile([])
    assert everything(tmp_path) == {"card.md": content}


# --------------------------------------------------------- human edits


def test_an_edited_block_is_kept_aside_and_named(files: FileWorkspace, root: Path) -> None:
    files.reconcile([rule(1)])
    card = root / "card.md"
    good = card.read_bytes()
    edited = good.replace(b"- Call", b"- Never on Fridays.\n- Call")
    card.write_bytes(b"# Mine\n" + edited)
    copy, changed = files.reconcile([rule(1)])
    assert changed == str(card)
    assert Path(copy).read_bytes() == edited
    assert Path(copy).parent == root / EDITS
    assert card.read_bytes() == b"# Mine\n" + good
    assert files.reconcile([rule(1)]) == []


def test_an_edit_does_not_keep_a_rule_in_force(files: FileWorkspace, root: Path) -> None:
    files.reconcile([rule(1)])
    card = root / "card.md"
    card.write_bytes(card.read_bytes().replace(b"Call", b"Always call"))
    copy, _ = files.reconcile([])
    assert not card.exists()
    assert b"Always call" in Path(copy).read_bytes()


@posix
def test_no_copy_goes_through_a_link_and_then_no_edit_is_lost(
    files: FileWorkspace, root: Path, tmp_path: Path
) -> None:
    files.reconcile([rule(1)])
    (tmp_path / "away").mkdir()
    (root / ".failonce").symlink_to(tmp_path / "away")
    card = root / "card.md"
    card.write_bytes(card.read_bytes().replace(b"Call", b"Always call"))
    before = everything(tmp_path)
    with pytest.raises(BadInput, match="is a link, so the edited block"):
        files.reconcile([])
    assert everything(tmp_path) == before
