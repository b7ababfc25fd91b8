"""`failonce try`: what any lesson does, before anybody puts it in force."""

import json

import pytest

from tests.kinds.tool.made import TITLE
from tests.sandboxed import the_sandbox
from tests.surfaces.cli.made import Shell, history, write

pytestmark = pytest.mark.proves("S2")


@pytest.fixture
def mined(shell: Shell) -> dict[str, str]:
    """A lesson of each kind that this history teaches, waiting."""
    shell.ok("import", write(shell.home / "calls.jsonl", history()))
    shell.ok("mine")
    found = json.loads(shell.ok("lessons", "--json").out)
    return {x["kind"]: x["id"] for x in found}


def test_a_fixer_says_what_it_makes_of_a_call(shell: Shell, mined: dict[str, str]) -> None:
    said = shell.ok("try", mined["fixer"], '{"path": "a.txt"}', "--json").json
    assert (said["does"], said["args"]) == ("changed", {"file": "a.txt"})
    shown = shell.ok("try", mined["fixer"], '{"path": "a.txt"}').out
    assert 'It runs changed: {"file": "a.txt"}' in shown
    left = shell.ok("try", mined["fixer"], '{"file": "a.txt"}').out
    assert "The lesson leaves it alone." in left


def test_a_guardrail_says_what_the_caller_reads(shell: Shell, mined: dict[str, str]) -> None:
    said = shell.ok("try", mined["guardrail"], '{"entity": "x", "detailed": true}').out
    assert "It is stopped, and the caller reads: " in said or "the caller reads: " in said
    assert "leaves it alone" in shell.ok("try", mined["guardrail"], '{"entity": "x"}').out


def test_a_rule_and_a_hint(shell: Shell, mined: dict[str, str]) -> None:
    assert mined
    shell.ok("learn", "read", "Name the file by `file`.")
    rules = json.loads(shell.ok("lessons", "--kind", "rule", "--json").out)
    said = shell.ok("try", rules[0]["id"]).out
    assert "Name the file by `file`." in said


def test_a_tool_runs_in_the_sandbox_before_it_is_approved(shell: Shell) -> None:
    the_sandbox()
    file = shell.project / "title.py"
    file.write_text(TITLE)
    name = shell.ok("tools", "add", file, "--json").json["id"]
    assert '"A B"' in shell.ok("try", name, '{"text": "a b"}').out
    wrong = shell.run("try", name, '{"text": ""}')
    assert (wrong.code, "ValueError: no title" in wrong.out) == (1, True)
    told = json.loads(shell.ok("try", name, '{"text": "a b"}', "--json").out)
    assert (told["ending"], told["value"]) == ("returned", "A B")
    assert json.loads(shell.ok("tools", "learned", "--json").out)[0]["state"] == "waiting"


def test_a_waiting_tool_has_not_what_it_asks_for(shell: Shell) -> None:
    """It gets that by the approval, and not by being tried."""
    the_sandbox()
    secret = shell.home / "secret"
    secret.write_text("secret")
    file = shell.project / "reader.py"
    file.write_text(
        f'''"""Reads."""
PERMISSIONS = {{"reads": [{str(secret)!r}]}}
CASES = [{{"arguments": {{"n": 0}}, "result": 0}}]


def reader(n: int) -> str | int:
    """Reads it, unless nothing is asked."""
    return open({str(secret)!r}).read() if n else 0
'''
    )
    name = shell.ok("tools", "add", file, "--json").json["id"]
    before = shell.run("try", name, '{"n": 1}')
    assert (before.code, "FileNotFoundError" in before.out) == (1, True)
    shell.ok("approve", name)
    assert '"secret"' in shell.ok("try", name, '{"n": 1}').out


def test_what_is_no_call(shell: Shell, mined: dict[str, str]) -> None:
    for text, said in (("{", "no JSON"), ("[1]", "one JSON object")):
        run = shell.run("try", mined["fixer"], text)
        assert (run.code, said in run.err) == (2, True)
