"""`failonce patches …`: from a recorded failure and a script to changed files, and back."""

import json
from pathlib import Path

import pytest

from failonce.projections import lesson_file
from tests.kinds.fixer.scripts import SAYS, UNDO, script
from tests.sandboxed import the_sandbox
from tests.surfaces.cli.made import Shell, call, write

pytestmark = pytest.mark.proves("S9", "S33")


@pytest.fixture
def failing(shell: Shell) -> str:
    """A shop that lacks a package, and the id of its failure."""
    the_sandbox()
    (shell.project / "requirements.txt").write_text("requests\n")
    (shell.project / ".env").write_text("TOKEN=1\n")
    error = f"ModuleNotFoundError: {SAYS}"
    calls = [call("shop.orders", {"id": n}, error, session=f"s{n}") for n in range(3)]
    shell.ok("import", write(shell.home / "calls.jsonl", calls))
    (failure,) = json.loads(shell.ok("failures", "--json").out)
    found: str = failure["id"]
    return found


def proposed(shell: Shell, failing: str, text: str = "") -> str:
    file = shell.home / "fix.py"
    file.write_text(text or script(undo=UNDO))
    found: str = shell.ok("patches", "add", file, "--for", failing[:10], "--json").json["id"]
    return found


def requirements(shell: Shell) -> str:
    return (shell.project / "requirements.txt").read_text()


def test_from_the_script_to_the_files_and_back(shell: Shell, failing: str) -> None:
    """Tried before it is approved, applied once it is, taken back; each on record."""
    name = proposed(shell, failing)
    card = shell.ok("show", name).out
    assert "the failure was there before it and not after" in card
    assert "def apply(repo_dir: str) -> bool:" in card
    assert "a copy of the repository, without its secrets and links" in card
    dry = shell.ok("try", name)
    assert "+payments" in dry.out
    assert ".env: its name says that it holds secrets" in dry.err
    early = shell.run("patches", "apply", name, "--write")
    assert (early.code, "is not in force" in early.err) == (4, True)
    approved = shell.ok("approve", name).out
    assert f"It may be applied: failonce patches apply {name}" in approved
    assert "Nothing was changed." in shell.ok("patches", "apply", name).out
    assert requirements(shell) == "requests\n"
    written = shell.ok("patches", "apply", name, "--write", "--json").json
    assert (written["written"], written["files"]) == (True, ["requirements.txt"])
    assert requirements(shell) == "requests\npayments\n"
    again = shell.ok("patches", "apply", name, "--write")
    assert "There is nothing to mend" in again.out
    shell.ok("patches", "undo", name, "--write")
    assert requirements(shell) == "requests\n"
    entries = [json.loads(x) for x in shell.ok("audit", "list", "--json").out.splitlines()]
    done = [e["reason"] for e in (entries[0] if isinstance(entries[0], list) else entries)
            if e["action"] == "patched"]  # fmt: skip
    assert done == ["applied in project: 1 file", "taken back in project: 1 file"]
    assert "The audit holds" in shell.ok("audit", "verify").out


def test_the_file_of_the_lesson_is_the_one_of_the_seed(shell: Shell, failing: str) -> None:
    """`dry_run` is true until somebody approves it."""
    name = proposed(shell, failing)
    target = shell.home / "out"
    for dry_run in (True, False):
        shell.ok("export", "lessons", target)
        (file,) = target.rglob(f"{name}_*.yaml")
        text = file.read_text()
        read = lesson_file.parse(text)
        assert (read.dry_run, "script: |" in text) == (dry_run, True)
        assert "def apply(repo_dir: str) -> bool:" in read.body
        shell.ok("approve", name) if dry_run else None


def test_what_does_not_mend_is_told_and_nothing_is_kept(shell: Shell, failing: str) -> None:
    file = shell.home / "fix.py"
    file.write_text(script(apply="    return True"))
    run = shell.run("patches", "add", file, "--for", failing)
    assert run.code == 4
    assert "changes nothing and answers True" in run.err
    assert "No script mends a repository yet" in shell.ok("patches").out


def test_a_repository_that_is_another_one_is_left_alone(shell: Shell, failing: str) -> None:
    """What was true where it was approved is asked again where it is applied."""
    name = proposed(shell, failing)
    shell.ok("approve", name)
    other = shell.home / "other"
    other.mkdir()
    (other / "requirements.in").write_text("requests\n")
    run = shell.run("patches", "apply", name, "--repo", other, "--write")
    assert run.code == 1
    assert "fails in another way than was recorded" in run.out
    assert "So nothing is changed." in run.out
    assert [p.name for p in other.iterdir()] == ["requirements.in"]


def test_undone_it_is_applied_no_more(shell: Shell, failing: str) -> None:
    name = proposed(shell, failing)
    shell.ok("approve", name)
    shell.ok("undo", name)
    assert shell.run("patches", "apply", name, "--write").code == 4
    assert "undone" in shell.ok("patches").out


def test_what_cannot_be_read(shell: Shell, failing: str) -> None:
    file = shell.home / "fix.py"
    file.write_text(script())
    binary = shell.home / "b.py"
    binary.write_bytes(b"\xff\xfe")
    for args, said in (
        (("add", shell.home / "none.py", "--for", failing), "cannot be read: No such file"),
        (("add", binary, "--for", failing), "no text in UTF-8"),
        (("add", file, "--for", "abcdef12"), "No failure has the id"),
        (("add", file, "--for", ""), "No failure has the id"),
        (("add", file, "--for", failing, "--repo", shell.home / "no"), "is no folder"),
        (("add", file, "--for", failing, "--says", "("), "pattern"),
        (("apply", "FX-00000000"), "There is no lesson"),
    ):
        run = shell.run("patches", *args)
        assert run.code == 2, run
        assert said in run.err
        assert "Traceback" not in run.err


def test_a_lesson_for_calls_mends_no_repository(shell: Shell) -> None:
    from tests.surfaces.cli.made import history

    shell.ok("import", write(shell.home / "calls.jsonl", history()))
    shell.ok("mine")
    name = json.loads(shell.ok("lessons", "--kind", "fixer", "--json").out)[0]["id"]
    run = shell.run("patches", "apply", name)
    assert (run.code, "mends calls and no repository" in run.err) == (2, True)


def test_the_template_is_a_script_that_mends(shell: Shell, failing: str) -> None:
    text = shell.ok("patches", "template").out
    assert proposed(shell, failing, text)


def test_hostile_names_and_lines_reach_no_terminal(shell: Shell, failing: str) -> None:
    apply = (
        "    file = Path(repo_dir, 'requirements.txt')\n"
        "    if 'payments' in file.read_text():\n        return False\n"
        "    file.write_text('payments \\x1b[31m\\u202e\\n')\n    return True"
    )
    name = proposed(shell, failing, script(apply=apply))
    shown = shell.ok("try", name).out
    assert "\\x1b" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_the_folder_may_be_named(shell: Shell, failing: str, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "requirements.txt").write_text("flask\n")
    name = proposed(shell, failing)
    shell.ok("approve", name)
    shell.ok("patches", "apply", name, "--repo", other, "--write")
    assert (other / "requirements.txt").read_text() == "flask\npayments\n"
    assert requirements(shell) == "requests\n"
