"""`FAILONCE=off`: byte for byte as if failonce were not there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell, history, write

HOST = """
import sys
if {watched}:
    import failonce
    advise, observe = failonce.advise, failonce.observe
else:
    advise = observe = lambda *a, **k: None
for i in range(3):
    advise("read", {{"path": str(i)}}, session="s")
    observe("read", {{"path": str(i)}}, error="Error: unexpected argument 'path'", session="s")
    print("call", i)
print("done", file=sys.stderr)
"""


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def host(*, watched: bool) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", HOST.format(watched=watched)],
        capture_output=True,
        timeout=60,
        check=True,
    )


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("word", ["off", "OFF", "0", "false"])
def test_a_host_does_the_same_with_failonce_off_and_without_it(
    shell: Shell, word: str, learned: bool
) -> None:
    if learned:
        shell.ok("approve", shell.lesson("fixer"))
    before = everything(shell.home.parent)
    shell.set("FAILONCE", word)
    with_it, without = host(watched=True), host(watched=False)
    assert (with_it.stdout, with_it.stderr) == (without.stdout, without.stderr)
    assert everything(shell.home.parent) == before


def test_commands_that_record_do_nothing_and_say_so(shell: Shell) -> None:
    path = write(shell.project / "calls.jsonl", history())
    before = everything(shell.home.parent)
    shell.set("FAILONCE", "off")
    run = shell.ok("import", path, "--json")
    assert run.json["ignored"] == {}
    assert not any(run.json.values())
    assert "FAILONCE=off" in run.err
    mined = shell.ok("mine", "--json")
    assert mined.json == []
    assert "FAILONCE=off" in mined.err
    assert everything(shell.home.parent) == before


def test_decisions_are_refused_and_skill_files_left_alone(shell: Shell) -> None:
    rule = shell.ok("learn", "read", "Name the file.", "--json").json["id"]
    shell.ok("approve", rule)
    before = everything(shell.home.parent)
    shell.set("FAILONCE", "off")
    for command in (
        ["undo", rule],
        ["approve", rule],
        ["wrong", rule],
        ["learn", "read", "Another one."],
        ["config", "mode", "auto"],
    ):
        run = shell.run(*command)
        assert run.code == 4
        assert "FAILONCE=off" in run.err
    assert {k: v for k, v in everything(shell.home.parent).items() if ".db-" not in k} == before


def test_a_misspelt_switch_is_not_taken_for_on(shell: Shell) -> None:
    shell.set("FAILONCE", "of")
    run = shell.run("status")
    assert run.code == 2
    assert "FAILONCE is `of`" in run.err
