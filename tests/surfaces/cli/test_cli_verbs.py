"""`failonce snooze`, `edit`, `merge` and `split`."""

import json
import sys
from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell, renamed, stopped, write


@pytest.fixture
def mined(shell: Shell) -> str:
    """A fixer that waits."""
    shell.ok("import", write(shell.home / "calls.jsonl", renamed(12)))
    shell.ok("mine")
    (found,) = json.loads(shell.ok("lessons", "--json").out)
    return str(found["id"])


def body(shell: Shell, id: str) -> str:
    return str(shell.ok("show", id, "--json").json["body"])


def listed(shell: Shell, state: str) -> int:
    return len(json.loads(shell.ok("lessons", "--state", state, "--json").out))


def editor(shell: Shell, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """An editor that does what a line of Python says with `path`."""
    file = shell.home / "editor.py"
    file.write_text(f"import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n{script}\n")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{sys.executable}' '{file}'")


def test_a_snoozed_lesson_is_counted_apart(shell: Shell, mined: str) -> None:
    assert "snoozed until" in shell.ok("snooze", mined, "7d", "--reason", "busy").out
    assert (listed(shell, "snoozed"), listed(shell, "waiting")) == (1, 0)
    shown = shell.ok("lessons").out
    assert "snoozed until 20" in shown
    assert "1 snoozed" in shown
    assert "0 waiting" in shell.ok("status").out
    assert shell.ok("lessons", "--json").json[0]["snoozed_until"]
    shell.ok("reject", mined)
    assert (listed(shell, "snoozed"), listed(shell, "rejected")) == (0, 1)


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01", "9000d", "2026-13-01", "0d"])
def test_a_day_that_is_none_or_over_is_refused(shell: Shell, mined: str, until: str) -> None:
    run = shell.run("snooze", mined, until)
    assert run.code == 2
    assert "Traceback" not in run.err


def test_an_edit_by_file_waits_as_a_new_version(shell: Shell, mined: str) -> None:
    file = shell.home / "new.yaml"
    file.write_text(body(shell, mined).replace("Error:\\\\s+", ""))
    said = shell.ok("edit", mined, "--file", file, "--json").json
    assert (said["id"], said["version"], said["state"]) == (mined, 2, "waiting")
    assert "Nothing was changed" in shell.ok("edit", mined, "--file", file).out
    file.write_text("match: [\nb: }")
    wrong = shell.run("edit", mined, "--file", file)
    assert (wrong.code, "line 2" in wrong.err) == (2, True)
    assert shell.run("edit", mined, "--file", shell.home / "none").code == 2


def test_an_edit_in_the_editor(shell: Shell, mined: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unchanged it is given up; one in force stays so."""
    shell.ok("approve", mined)
    editor(shell, monkeypatch, "pass")
    assert "Nothing was changed" in shell.ok("edit", mined).out
    change = "path.write_text(path.read_text().replace('Error:' + chr(92) * 2 + 's+', ''))"
    editor(shell, monkeypatch, change)
    assert f"{mined} stays in force" in shell.ok("edit", mined).out
    editor(shell, monkeypatch, "sys.exit(3)")
    assert "ended with 3" in shell.run("edit", mined).err
    monkeypatch.setenv("EDITOR", str(Path("nowhere") / "editor"))
    run = shell.run("edit", mined)
    assert (run.code, "--file" in run.err) == (2, True)


def test_merge_and_split(shell: Shell, mined: str) -> None:
    assert mined
    shell.ok("import", write(shell.home / "more.jsonl", stopped(3)))
    one, other = (x["id"] for x in json.loads(shell.ok("failures", "--json").out))
    merged = shell.run("merge", other, "--into", one[:12])
    assert (merged.code, "different tools" in merged.err) == (0, True)
    assert [x["id"] for x in shell.ok("failures", "--json").json] == [one]
    assert "Nothing was changed" in shell.ok("merge", other, "--into", one).out
    assert shell.run("split", one).code == 4
    assert shell.ok("split", other, "--json").json["changed"] == [other]
    assert "Nothing was changed" in shell.ok("split", other).out
    assert len(json.loads(shell.ok("failures", "--json").out)) == 2
    assert shell.run("merge", "nothing", "--into", one).code == 2
