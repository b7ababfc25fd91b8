"""Skill files on a real disk: atomic, exact, and shut to everything outside the folder."""

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.adapters import workspace
from failonce.adapters.workspace import EDITS, FileWorkspace
from failonce.errors import BadInput, FailonceError, RefusedLesson, StoreBusy, StoreError, StoreFull
from failonce.identity import body_digest
from failonce.model import Action, KindName, Lesson, Mode, Proposer, State
from failonce.projections.changelog import changelog, pending_phrase
from failonce.projections.managed_block import find
from failonce.review import Review
from failonce.testing import FixedClock, MemoryStore
from failonce.testing.samples import lesson, proposal

STRIDE = 1 if os.environ.get("FAILONCE_TORTURE") else 7
"""Every line is a point to be killed at in the torture run, every seventh in others."""
REPOSITORY = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and forks of POSIX")


def rule(
    n: int,
    sentence: str = "Call `list` before `get`.",
    *,
    target: str = "card",
    project: str = "shop",
) -> Lesson:
    """A rule in force."""
    said = proposal(n, kind=KindName.RULE, target=target, body=sentence, project=project)
    digest = body_digest(said)
    return replace(
        lesson(n),
        id=f"RU-{n:08X}",
        proposal=said,
        digest=digest,
        approved_digest=digest,
        state=State.CANARY,
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "skills"


@pytest.fixture
def files(root: Path) -> FileWorkspace:
    return FileWorkspace(root, project="shop")


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# ---------------------------------------------------------------- stories


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


# ------------------------------------------------------------ projecting


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


# ---------------------------------------------------------- human edits


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


# --------------------------------------------------------------- hostile


@pytest.mark.parametrize(
    "target", ["../card", "/tmp/card", "a/b", "..", ".", "", "Card", "a b", "a\0b", "c\u200bd", "é"]
)
def test_a_target_that_is_no_name_is_refused(
    files: FileWorkspace, tmp_path: Path, target: str
) -> None:
    with pytest.raises(RefusedLesson, match="RU-00000001"):
        files.reconcile([rule(1, target=target)])
    assert everything(tmp_path) == {}


@pytest.mark.parametrize(
    "sentence",
    ["# Heading", "one\ntwo", "a <!-- b", "--> b", "``` c", "hidden \u202e text", "x" * 301, ""],
)
def test_a_sentence_that_could_be_structure_is_refused(
    files: FileWorkspace, root: Path, sentence: str
) -> None:
    with pytest.raises(FailonceError):
        files.reconcile([rule(1, sentence), rule(2, "Fine.")])
    assert everything(root)["card.md"].count(b"\n- ") == 1


def test_bytes_that_nobody_approved_are_not_written(files: FileWorkspace, root: Path) -> None:
    good = rule(1)
    flipped = replace(good, proposal=replace(good.proposal, body="Call `list` before `gets`."))
    files.reconcile([good, rule(2, "Other.")])
    with pytest.raises(RefusedLesson, match="not the one that was approved"):
        files.reconcile([flipped, rule(2, "Other.")])
    assert b"gets" not in everything(root)["card.md"]
    assert b"Other." in everything(root)["card.md"]


def test_text_within_another_rule_is_no_duplicate(files: FileWorkspace, root: Path) -> None:
    files.reconcile([rule(1, "Call `list` before `get`."), rule(2, "Call `list`.")])
    assert everything(root)["card.md"].count(b"\n- ") == 2


@posix
@pytest.mark.parametrize("where", ["outside.md", "skills/inside.md"])
def test_links_are_not_followed(
    files: FileWorkspace, root: Path, tmp_path: Path, where: str
) -> None:
    root.mkdir()
    (tmp_path / where).write_bytes(b"precious")
    (root / "card.md").symlink_to(tmp_path / where)
    with pytest.raises(BadInput, match="it is a link"):
        files.reconcile([rule(1)])
    assert (tmp_path / where).read_bytes() == b"precious"
    assert (root / "card.md").is_symlink()


@posix
def test_folders_pipes_and_read_only_files_are_refused_and_the_rest_goes_on(
    files: FileWorkspace, root: Path
) -> None:
    root.mkdir()
    (root / "folder.md").mkdir()
    os.mkfifo(root / "pipe.md")
    (root / "locked.md").write_bytes(b"text")
    (root / "locked.md").chmod(0o444)
    targets = ("folder", "pipe", "locked", "zebra")
    with pytest.raises(BadInput, match="2 more"):
        files.reconcile([rule(n, target=t) for n, t in enumerate(targets)])
    assert (root / "locked.md").read_bytes() == b"text"
    assert b"Call" in (root / "zebra.md").read_bytes()


@pytest.mark.parametrize("content", [b"\x7fELF\0\0", "card".encode("utf-16")])
def test_binary_files_are_refused(files: FileWorkspace, root: Path, content: bytes) -> None:
    root.mkdir()
    (root / "card.md").write_bytes(content)
    with pytest.raises(BadInput, match="UTF-8"):
        files.reconcile([rule(1)])
    assert everything(root) == {"card.md": content}


def test_a_file_in_place_of_the_folder_is_an_error(files: FileWorkspace, root: Path) -> None:
    root.write_bytes(b"I am a file")
    with pytest.raises(StoreError, match="skills"):
        files.reconcile([rule(1)])
    assert root.read_bytes() == b"I am a file"


@posix
def test_a_folder_without_permission_is_an_error(tmp_path: Path) -> None:
    """In a child of its own: root writes everywhere, so the child is nobody."""
    script = (
        "import os; from pathlib import Path\n"
        "from tests.adapters.test_workspace import FileWorkspace, rule\n"
        "os.getuid() or os.setuid(65534)\n"
        "FileWorkspace(Path('.'), project='shop').reconcile([rule(1)])"
    )
    (tmp_path / "card.md").write_bytes(b"mine")
    (tmp_path / "card.md").chmod(0o666)
    tmp_path.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    tmp_path.chmod(0o755)
    assert "StoreError: card.md was left as it is: Permission denied" in done.stderr
    assert everything(tmp_path) == {"card.md": b"mine"}


def test_a_full_disk_leaves_the_old_file(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.reconcile([rule(1)])
    before = everything(root)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull, match=r"card\.md"):
        files.reconcile([rule(1), rule(2)])
    assert everything(root) == before


# ------------------------------------------------------- modes and crashes


@posix
def test_mode_bits_stay_and_new_files_obey_the_umask(files: FileWorkspace, root: Path) -> None:
    root.mkdir()
    (root / "card.md").write_bytes(b"text")
    (root / "card.md").chmod(0o604)
    old = os.umask(0o027)
    try:
        files.reconcile([rule(1), rule(2, target="new")])
    finally:
        os.umask(old)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in root.iterdir()}
    assert modes == {"card.md": 0o604, "new.md": 0o640}


def test_what_somebody_writes_at_the_same_moment_stays(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir()
    card = root / "card.md"
    card.write_bytes(b"first\n")
    write = workspace._write
    writes = 0

    def interrupted(path: Path, content: bytes, like: os.stat_result | None) -> None:
        nonlocal writes
        write(path, content, like)
        writes += 1
        if writes == 1:
            card.write_bytes(b"first\nsecond\n")

    monkeypatch.setattr(workspace, "_write", interrupted)
    files.reconcile([rule(1)])
    assert card.read_bytes().startswith(b"first\nsecond\n<!-- failonce:begin")
    files.reconcile([])
    assert card.read_bytes() == b"first\nsecond\n"


def test_a_file_that_never_rests_is_given_up(
    files: FileWorkspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir()
    card = root / "card.md"
    card.write_bytes(b"0\n")
    write = workspace._write

    def restless(path: Path, content: bytes, like: os.stat_result | None) -> None:
        write(path, content, like)
        card.write_bytes(card.read_bytes() + b"more\n")

    monkeypatch.setattr(workspace, "_write", restless)
    with pytest.raises(StoreBusy):
        files.reconcile([rule(1)])
    assert [p.name for p in root.iterdir()] == ["card.md"]


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do `work` in a child that kills itself with -9 before its n-th line in `workspace`.

    False where the work took fewer lines.
    """
    child = os.fork()
    if child == 0:
        lines = 0

        def trace(frame: object, event: str, arg: object) -> object:  # noqa: ARG001 - given
            nonlocal lines
            if getattr(frame, "f_code").co_filename != workspace.__file__:  # noqa: B009 - typed object
                return None
            lines += event == "line"
            if lines > step:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            sys.settrace(trace)  # type: ignore[arg-type]
            work()
        finally:
            os._exit(0)
    _, code = os.waitpid(child, 0)
    return os.WIFSIGNALED(code)


def edit(card: Path) -> None:
    card.write_bytes(card.read_bytes().replace(b"- Call", b"- Mine.\n- Call"))


@posix
@pytest.mark.parametrize(
    ("first", "then", "edited"),
    [
        ([], [rule(1)], False),
        ([rule(1)], [rule(1), rule(2)], False),
        ([rule(1)], [], False),
        ([rule(1)], [], True),
    ],
    ids=["new", "changed", "removed", "edited"],
)
def test_killed_between_any_two_lines_a_file_is_old_or_new(
    tmp_path: Path, first: Sequence[Lesson], then: Sequence[Lesson], edited: bool
) -> None:
    files = FileWorkspace(tmp_path, project="shop")
    card = tmp_path / "card.md"

    def prepare() -> bytes:
        card.unlink(missing_ok=True)
        card.write_bytes(b"# Card\nno line end")
        files.reconcile(first)
        if edited:
            edit(card)
        return card.read_bytes()

    old = prepare()
    files.reconcile(then)
    new = card.read_bytes()
    for step in range(0, 2000, STRIDE):
        prepare()
        if not killed_at(step, lambda: files.reconcile(then)):
            break
        assert card.read_bytes() in (old, new)
        if edited and card.read_bytes() == new:
            assert b"- Mine." in next((tmp_path / EDITS).iterdir()).read_bytes()
        files.reconcile(then)
        assert card.read_bytes() == new
        assert not list(tmp_path.rglob("*.failonce-tmp"))
    assert step > 50


@posix
def test_two_writers_at_once_leave_whole_files(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.adapters.test_workspace import FileWorkspace, rule\n"
        "files = FileWorkspace(Path(sys.argv[1]), project='shop')\n"
        "for i in range(60): files.reconcile([rule(n) for n in range(i % int(sys.argv[2]))])\n"
        "files.reconcile([rule(1), rule(2)])"
    )
    card = tmp_path / "card.md"
    card.write_bytes(b"# Card\r\nmine")
    writers = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path, str(n)], cwd=REPOSITORY)
        for n in (3, 4, 5)
    ]
    while any(w.poll() is None for w in writers):
        seen = card.read_bytes()
        assert seen.startswith(b"# Card\r\nmine")
        assert not find(seen).edited
    assert [w.returncode for w in writers] == [0, 0, 0]
    assert set(everything(tmp_path)) == {"card.md"}
    FileWorkspace(tmp_path, project="shop").reconcile([])
    assert card.read_bytes() == b"# Card\r\nmine"
