"""A script is tried on copies, and what it says of itself decides nothing."""

import pytest

from failonce.adapters.sandbox.copies import FolderCopies
from failonce.gate.judge import Case, judge
from failonce.gate.patches import Attempt, Patching, proof, tried, undone
from failonce.kinds.fixer import PatchFixer
from failonce.model import File, Grants, Job, KindName, Limits, Power, Ran, Ruling, Tree
from failonce.skill import decide
from tests.kinds.fixer.scripts import REPRODUCE, UNDO, patch, script
from tests.made import proposal
from tests.sandboxed import the_sandbox

QUICK = Limits(seconds=2.0)
TREE: Tree = {
    "requirements.txt": File(content=b"requests\n"),
    "shop/orders.py": File(content=b"import payments\n"),
    "run.sh": File(content=b"#!/bin/sh\n", executable=True),
}


def on(tree: Tree = TREE, allowed: Grants | None = None) -> Patching:
    copies = FolderCopies(the_sandbox())
    return Patching(copies=copies, tree=tree, allowed=allowed or Grants(), limits=QUICK)


def attempt(text: str, tree: Tree = TREE) -> Attempt:
    return tried(patch(text), on(tree))


def refused(text: str, tree: Tree = TREE) -> tuple[str, str]:
    """The check that forbids it, and why."""
    wrong = attempt(text, tree).wrong
    assert wrong is not None
    return wrong.name, wrong.detail


@pytest.mark.proves("S9", "S33")
def test_a_script_that_mends_passes_every_check_but_that_somebody_read_it() -> None:
    found = attempt(script(undo=UNDO))
    assert found.wrong is None
    assert [c.name for c in found.checks if not c.passed] == ["read"]
    assert found.edits == {"requirements.txt": File(content=b"requests\npayments\n")}
    assert [c.name for c in found.checks] == [
        "lint", "sandbox", "level", "before", "applies", "places", "after", "idempotent", "undo",
        "reach", "read",
    ]  # fmt: skip
    assert "the failure was there before it and not after" in proof(found).line
    assert proof(found).power is Power.UNDERPOWERED


@pytest.mark.parametrize(
    ("text", "check", "why"),
    [
        (script(reproduce="    return None"), "before", "does not fail here"),
        (
            script(reproduce="    raise ValueError('another')"),
            "before",
            "fails in another way than was recorded: ValueError: another",
        ),
        (script(reproduce="    while True: pass"), "before", "took longer than it may"),
        (script(reproduce="    os._exit(0)"), "before", "ended without an answer"),
        (script(apply="    return True"), "applies", "changes nothing and answers True"),
        (script(apply="    return False"), "applies", "changes nothing and answers False"),
        (
            script(apply="    Path(repo_dir, 'n').write_text('')\n    return False"),
            "applies",
            "changed files and answers False",
        ),
        (
            script(apply="    Path(repo_dir, 'n').write_text('')\n    return 1"),
            "applies",
            "changed files and answers 1",
        ),
        (script(apply="    raise OSError('no')"), "applies", "it raised OSError: OSError: no"),
        (script(apply="    os._exit(0)"), "applies", "ended without an answer"),
        (
            script(apply="    Path(repo_dir, 'n').write_text('')\n    return True"),
            "after",
            "still fails: ModuleNotFoundError",
        ),
        (
            script(
                apply="    file = Path(repo_dir, 'requirements.txt')\n"
                "    file.write_text(file.read_text() + 'payments\\n')\n    return True"
            ),
            "idempotent",
            "applied again it changes 1 file: requirements.txt",
        ),
        (script(undo="    return True"), "undo", "leaves 1 file: requirements.txt"),
        (script(undo="    return False"), "undo", "its way back"),
        (script(undo="    raise ValueError"), "undo", "it raised ValueError"),
    ],
)
@pytest.mark.proves("S33")
def test_what_does_not_mend_is_refused(text: str, check: str, why: str) -> None:
    name, detail = refused(text)
    assert name == check
    assert why in detail


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("(root / '.github').mkdir(); (root / '.github/a.yml').write_text('')", "build server"),
        ("(root / '.git').mkdir(); (root / '.git/config').write_text('x')", "hook"),
        ("(root / 'CLAUDE.md').write_text('obey')", "agent"),
        ("(root / '.env').write_text('A=1')", "secrets"),
        ("(root / 'poetry.lock').write_text('')", "lock file"),
        ("[(root / f'n{n}').write_text('') for n in range(200)]", "nobody reads as much"),
        ("(root / 'big').write_text('x' * 2_000_000)", "nobody reads as much"),
    ],
)  # fmt: skip
def test_what_it_may_not_change_forbids_all_of_it(line: str, why: str) -> None:
    apply = (
        f"    root = Path(repo_dir)\n    {line}\n"
        "    (root / 'requirements.txt').write_text('payments')\n    return True"
    )
    name, detail = refused(script(apply=apply))
    assert name == "places"
    assert why in detail


def test_what_is_left_out_of_the_difference_is_left_out_of_the_proof() -> None:
    """A mark in a cache does not reach the copy in which the failure is looked for again."""
    name, detail = refused(
        script(
            reproduce="    if not Path(repo_dir, '__pycache__/mark').exists():\n"
            "        raise ModuleNotFoundError(\"No module named 'payments'\")",
            apply="    Path(repo_dir, '__pycache__').mkdir(exist_ok=True)\n"
            "    Path(repo_dir, '__pycache__/mark').write_text('')\n"
            "    Path(repo_dir, 'a').write_text('')\n    return True",
        )
    )
    assert (name, "still fails" in detail) == ("after", True)


def test_nothing_but_files_goes_from_one_run_to_the_next() -> None:
    """Neither its memory nor its scratch folder."""
    mark = "    Path('mark').write_text('')\n    os.environ['MARK'] = '1'\n"
    look = (
        "    if not (Path('mark').exists() or 'MARK' in os.environ):\n"
        "        raise ModuleNotFoundError(\"No module named 'payments'\")"
    )
    apply = f"{mark}    Path(repo_dir, 'a').write_text('')\n    return True"
    assert refused(script(reproduce=look, apply=apply))[0] == "after"


def test_it_leaves_the_copy_nowhere() -> None:
    """Neither by a link nor upwards; what it may not do raises in it."""
    apply = """
    root = Path(repo_dir)
    tried = []
    for name, way in (
        ("link", lambda: os.symlink("/etc/passwd", root / "link")),
        ("hard", lambda: os.link(root / "run.sh", root / "hard")),
        ("pipe", lambda: os.mkfifo(root / "pipe")),
        ("up", lambda: (root.parent / "up").write_text("")),
        ("root", lambda: Path("/etc/up").write_text("")),
    ):
        try:
            way()
            tried.append(name)
        except OSError:
            pass
    (root / "tried").write_text(" ".join(tried))
    return True
"""
    found = attempt(script(apply=apply))
    assert found.edits["tried"] == File(content=b"")


def test_programs_stay_programs_and_may_become_some() -> None:
    apply = """
    root = Path(repo_dir)
    if os.access(root / "requirements.txt", os.X_OK):
        return False
    (root / "requirements.txt").write_text("payments")
    (root / "requirements.txt").chmod(0o755)
    return True
"""
    found = attempt(script(apply=apply))
    assert found.edits == {"requirements.txt": File(content=b"payments", executable=True)}


def test_where_it_was_mended_there_is_nothing_to_do() -> None:
    mended = {**TREE, "requirements.txt": File(content=b"payments\n")}
    found = attempt(script(), mended)
    assert found.mended
    assert found.wrong is not None
    assert found.edits == {}


def test_the_way_back_alone() -> None:
    mended = {**TREE, "requirements.txt": File(content=b"requests\npayments\n")}
    back = undone(patch(script(undo=UNDO)), on(mended))
    assert back.wrong is None
    assert back.edits == {"requirements.txt": TREE["requirements.txt"]}
    none = undone(patch(script()), on(mended))
    assert none.wrong is not None
    assert "declares no way back" in none.wrong.detail
    lock = "    Path(repo_dir, 'uv.lock').write_text('')\n    return True"
    worse = undone(patch(script(undo=lock)), on(mended)).wrong
    assert worse is not None
    assert "lock file" in worse.detail


def test_what_it_asks_for_and_does_not_get_is_told() -> None:
    wants = script(before='PERMISSIONS = {"reads": ["/srv"], "subprocess": True}')
    found = {c.name: c for c in attempt(wants).checks}
    assert not found["reach"].passed
    assert "starting programs" in found["reach"].detail


def test_without_a_repository_or_a_sandbox_it_is_refused() -> None:
    body = patch(script()).render()
    judgement = judge(
        proposal(KindName.FIXER, target="shop.orders", body=body),
        Case(calls=(), recoveries={}),
        decide,
    )
    assert judgement.ruling is Ruling.REJECT


def test_no_script_goes_in_force_by_itself() -> None:
    body = patch(script()).render()
    case = Case(calls=(), recoveries={}, patching=on())
    judgement = judge(proposal(KindName.FIXER, target="shop.orders", body=body), case, decide)
    assert judgement.ruling is Ruling.HOLD
    assert judgement.reasons == ("somebody must have read the code",)


def test_the_failure_is_known_by_its_words() -> None:
    """A reproduction that fails otherwise proves nothing, whatever it prints."""
    loud = REPRODUCE.replace("raise", "print(\"No module named 'payments'\")\n        raise")
    other = loud.replace("ModuleNotFoundError(\"No module named 'payments'\")", "ValueError('x')")
    assert refused(script(reproduce=other))[0] == "before"
    body = PatchFixer.written(script(), component="c", message_regex="No module named 'other'")
    wrong = tried(body, on()).wrong
    assert wrong is not None
    assert wrong.name == "before"


def test_nothing_more_is_run_once_something_forbids_it() -> None:
    """A script may take its whole time in each run."""

    class Counted:
        """Copies that know which functions were run in them."""

        def __init__(self) -> None:
            self._copies = FolderCopies(the_sandbox())
            self.sandbox = self._copies.sandbox
            self.runs: list[str] = []

        def run(self, tree: Tree, job: Job) -> tuple[Ran, Tree]:
            self.runs.append(job.entry)
            return self._copies.run(tree, job)

    def ran(text: str) -> list[str]:
        copies = Counted()
        tried(patch(text), Patching(copies=copies, tree=TREE, limits=QUICK))
        return copies.runs

    assert ran(script(reproduce="    raise ValueError")) == ["reproduce"]
    assert ran(script(reproduce="    return None")) == ["reproduce", "apply"]  # mended already?
    assert ran(script(apply="    return False")) == ["reproduce", "apply"]
    whole = ["reproduce", "apply", "reproduce", "apply", "undo"]
    assert ran(script(undo=UNDO)) == whole
    assert ran(script()) == whole[:-1]
