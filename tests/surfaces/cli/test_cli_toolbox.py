"""`failonce tools …`: tools that were learned, from a file to the way back."""

import json
from pathlib import Path

import pytest

from tests.kinds.tool.made import TITLE
from tests.sandboxed import the_sandbox
from tests.surfaces.cli.made import Shell

pytestmark = pytest.mark.slow

CALLING = '''"""Reads."""
CALLS = ["fetch"]
CASES = [{"answers": [{"tool": "fetch", "answer": "x"}], "result": "x"}]


def read_it() -> str:
    """Reads it."""
    return call("fetch")
'''


def written(shell: Shell, name: str, source: str) -> Path:
    path = shell.project / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    return path


def test_a_file_becomes_a_tool_that_runs_once_it_is_approved(shell: Shell) -> None:
    the_sandbox()
    file = written(shell, "title", TITLE)
    said = shell.ok("tools", "add", file).out
    assert "all 2 declared cases pass" in said
    assert "read: somebody must have read the code" in said
    (record,) = json.loads(shell.ok("tools", "learned", "--json").out)
    name = record["id"]
    assert (record["state"], record["health"]) == ("waiting", None)
    before = shell.run("tools", "run", "title", '{"text": "a b"}')
    assert (before.code, "No learned tool `title` is in force" in before.err) == (2, True)
    card = shell.ok("show", name).out
    assert "def title(text: str) -> str:" in card
    assert "nothing but its arguments" in card
    shell.ok("approve", name)
    assert json.loads(shell.ok("tools", "run", "title", '{"text": "a b"}').out) == "A B"
    failed = shell.run("tools", "run", "title", '{"text": ""}')
    assert failed.code == 1
    assert "raised: ValueError: no title" in failed.err
    assert "nothing" in shell.ok("tools", "learned").out
    assert json.loads(shell.ok("show", name, "--json").out)["body"] == TITLE


def test_what_the_gate_finds_is_said_and_nothing_is_kept(shell: Shell) -> None:
    the_sandbox()
    wrong = TITLE.replace('"A Tale"', '"a tale"')
    run = shell.run("tools", "add", written(shell, "title", wrong))
    assert run.code == 4
    assert 'case 1: it answered "A Tale" instead of "a tale"' in run.err
    assert "No tool was learned yet" in shell.ok("tools", "learned").out


def test_files_and_arguments_that_cannot_be_read(shell: Shell) -> None:
    binary = shell.project / "b.py"
    binary.write_bytes(b"\xff\xfe")
    for args, said in (
        (("add", shell.project / "none.py"), "none.py cannot be read: No such file"),
        (("add", binary), "no text in UTF-8"),
        (("run", "title", "{"), "no JSON"),
        (("run", "title", "[1]"), "must be one JSON object"),
        (("rollback", "title"), "No tool `title` was learned"),
    ):
        run = shell.run("tools", *args)
        assert run.code == 2, run
        assert said in run.err
        assert run.out == ""


@pytest.mark.proves("H15")
def test_the_template_is_a_tool(shell: Shell) -> None:
    the_sandbox()
    text = shell.ok("tools", "template", "my.tool").out
    assert "waits" in shell.ok("tools", "add", written(shell, "x", text), "--name", "my.tool").out


def test_there_is_a_way_back_and_its_card_says_so(shell: Shell) -> None:
    the_sandbox()
    louder = TITLE.replace("text.title()", "text.upper()").replace("A Tale", "A TALE")
    ids = []
    for source in (TITLE, louder):
        record = shell.ok("tools", "add", written(shell, "title", source), "--json").out
        ids.append(json.loads(record)["id"])
        shell.ok("approve", ids[-1])
    assert "nothing before it" not in shell.ok("show", ids[1]).out
    assert json.loads(shell.ok("tools", "run", "title", '{"text": "a b"}').out) == "A B"
    rolled = json.loads(shell.ok("tools", "rollback", "title", "--json").out)
    assert (rolled["id"], rolled["in_force"], rolled["body"]) == (ids[0], True, TITLE)
    (listed,) = json.loads(shell.ok("tools", "learned", "--json").out)
    assert [v["state"] for v in listed["versions"]] == ["canary", "deprecated"]
    shell.ok("audit", "verify")
    assert f"--to {ids[1]}" in shell.ok("show", ids[1]).out


@pytest.mark.proves("H8")
def test_the_inventory_is_drawn_from_the_store_and_is_the_same_each_time(shell: Shell) -> None:
    """Also after all that was derived from the store is gone; what it says of a tool is there."""
    the_sandbox()
    shell.ok("tools", "add", written(shell, "title", TITLE))
    (waiting,) = shell.ok("lessons", "--json").json
    shell.ok("approve", waiting["id"])
    first = shell.program("tools", "learned", "--json")
    (record,) = json.loads(first.out)
    assert (record["target"], record["body"], record["in_force"]) == ("title", TITLE, True)
    assert [v["id"] for v in record["versions"]] == [waiting["id"]]
    assert record["health"] is None, "it was never called"
    for derived in shell.data.glob("*.in-force*"):
        derived.unlink()
    assert shell.program("tools", "learned", "--json").out == first.out


def test_a_tool_that_calls_others_needs_a_process_that_has_them(shell: Shell) -> None:
    the_sandbox()
    shell.ok("tools", "add", written(shell, "read_it", CALLING))
    (record,) = json.loads(shell.ok("tools", "learned", "--json").out)
    assert "calls of `fetch`, as the agent makes them" in shell.ok("show", record["id"]).out
    shell.ok("approve", record["id"])
    run = shell.run("tools", "run", "read_it")
    assert run.code == 1
    assert "only an agent's process has it" in run.err


def test_hostile_text_in_code_is_shown_escaped(shell: Shell) -> None:
    the_sandbox()
    source = TITLE.replace("no title", "no \\x1b[2J title").replace("titles.", "titles <!-- x.")
    shell.ok("tools", "add", written(shell, "title", source))
    (record,) = json.loads(shell.ok("tools", "learned", "--json").out)
    assert "\x1b" not in shell.ok("show", record["id"]).out
    hidden = shell.run(
        "tools", "add", written(shell, "title", TITLE.replace("no title", "no \u202e"))
    )
    assert hidden.code == 4
    assert "U+202E" in hidden.err


def test_where_the_sandbox_is_masked_away_nothing_is_proposed_and_it_is_said_why(
    shell: Shell, tmp_path: Path
) -> None:
    """Refused, not passed: neither what recurs, nor what somebody wrote."""
    calls = [
        {
            "tool": tool,
            "args": args,
            "text": text,
            "session": f"s{n}",
            "ts": f"2026-11-2{n}T10:0{m}:00Z",
        }
        for n in range(6)
        for m, (tool, args, text) in enumerate(
            (
                ("find", {"query": f"order {n}"}, json.dumps({"id": f"id-{n}"})),
                ("show", {"id": f"id-{n}"}, f"order {n} of somebody"),
            )
        )
    ]
    recorded = shell.project / "calls.jsonl"
    recorded.write_text("".join(json.dumps(c) + "\n" for c in calls))
    shell.ok("import", recorded, "--format", "calls")
    empty = tmp_path / "bin"
    empty.mkdir()
    masked = {"PATH": str(empty)}

    mined = shell.program("mine", env=masked)
    assert mined.code == 0
    assert "No tool for find_then_show, although its calls recur" in mined.out
    assert "bubblewrap is not installed" in mined.out
    assert json.loads(shell.program("mine", "--json", env=masked).out)[0]["not_proposed"]
    added = shell.program("tools", "add", written(shell, "title", TITLE), env=masked)
    assert added.code == 4
    assert "bubblewrap is not installed" in added.err
    assert json.loads(shell.ok("tools", "learned", "--json").out) == []
    doctor = shell.program("doctor", env=masked).out
    assert "apt-get install bubblewrap" in doctor

    the_sandbox()
    assert "tool for find_then_show" in shell.ok("mine").out, "where it holds it is proposed"


@pytest.mark.proves("H22", "H24")
def test_the_operator_limits_what_anybody_may_grant(shell: Shell) -> None:
    """When it is proposed, and when it runs that was approved before."""
    the_sandbox()
    folder = shell.home / "data"
    folder.mkdir()
    reading = TITLE.replace("CASES", f'PERMISSIONS = {{"reads": [{str(folder)!r}]}}\nCASES', 1)
    file = written(shell, "title", reading)
    shell.set("FAILONCE_TOOLS__SAFETY_MODE", "nothing")
    refused = shell.run("tools", "add", file)
    assert (refused.code, "no code may be allowed more than nothing here" in refused.err) == (
        4,
        True,
    )
    shell.set("FAILONCE_TOOLS__SAFETY_MODE", "reading")
    name = shell.ok("tools", "add", file, "--json").json["id"]
    shell.ok("approve", name)
    assert shell.ok("tools", "run", "title", '{"text": "a b"}').out
    shell.set("FAILONCE_TOOLS__SAFETY_MODE", "nothing")
    stopped = shell.run("tools", "run", "title", '{"text": "a b"}')
    assert (stopped.code, "was not run: it asks for reading" in stopped.err) == (4, True)
    shell.set("FAILONCE_TOOLS__SAFETY_MODE", "none")
    wrong = shell.run("tools", "learned")
    assert (wrong.code, "safety_mode" in wrong.err) == (2, True)
