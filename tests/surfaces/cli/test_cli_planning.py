"""`failonce recall` and `failonce plan`: what was learned, for whoever is about to do it."""

import json
from pathlib import Path

import pytest

from failonce.surfaces.cli.app import ExitCode
from tests.surfaces.cli.made import Call, Shell, call, write

PLAN = '{"steps": [\n  {"tool": "web.get", "args": {"n": 1.50}},\n  {"tool": "web.getter"}\n]}\r\n'


def limited() -> list[Call]:
    """Three sessions in which a page is asked for too often, a day ago."""
    out: list[Call] = []
    for s in range(3):
        failed = call("web.get", {"n": s}, "HTTP 429 Too Many Requests", session=f"s{s}")
        del failed["ts"]  # then it is as old as its file
        out.append({**failed, "read_only": True})
    return out


@pytest.fixture
def taught(shell: Shell) -> Shell:
    """A shell that knows of a tool that is called too often, and one rule for it."""
    shell.set("FAILONCE_OUTCOME__HOLDOUT", "false")
    shell.set("FAILONCE_PROJECT", "shop")
    shell.ok("import", write(shell.project / "calls.jsonl", limited()))
    rule = shell.ok("learn", "web-get", "Ask for one page at a time.", "--json").json["id"]
    shell.ok("approve", rule)
    return shell


def plan(shell: Shell, text: str = PLAN, name: str = "plan.json") -> Path:
    path = shell.project / name
    path.write_bytes(text.encode())
    return path


def test_a_tool_is_recalled_with_its_rules_and_what_it_keeps_failing_with(taught: Shell) -> None:
    said = taught.ok("recall", "web.get").out
    assert "Ask for one page at a time." in said
    assert "about 7 tokens" in said
    assert "rate_limit: failed 3 times of late, 0.67 sure; asks for rate limit, retry" in said
    found = taught.ok("recall", "web.get", "--json").json
    assert [r["tokens"] for r in found["rules"]] == [7]
    (pattern,) = found["patterns"]
    assert pattern["id"] == "pattern:web.get:rate_limit"
    assert pattern["seed_category"] == "RateLimitError"
    assert (pattern["frequency"], pattern["suggested_hints"]) == (3, ["rate-limit", "retry"])
    hints = [m["hint"] for m in (*found["suggested"], *found["skipped"])]
    assert hints == ["rate-limit", "retry"]


def test_of_an_unknown_tool_nothing_is_known(taught: Shell) -> None:
    assert "Nothing is known of `web.ge`" in taught.ok("recall", "web.ge").out
    found = taught.ok("recall", "web.ge", "--json").json
    assert found == {"tool": "web.ge", "rules": [], "patterns": [], "suggested": [], "skipped": []}


def test_a_plan_goes_through_and_only_hints_are_added(taught: Shell) -> None:
    run = taught.ok("plan", plan(taught), "--suggested")
    step = json.loads(run.out)["steps"][0]
    assert step["metadata"]["runtime.learning.rate-limit"]["burst"] == 5
    assert "1.50" in run.out
    assert run.out.endswith("}\r\n")
    assert "rate limit for web.get, at 1 call: RateLimitError: failed 3 times of late" in run.err
    assert "Ask for one page at a time." in run.err
    again = taught.ok("plan", plan(taught, run.out), "--suggested")
    assert again.out == run.out


def test_what_nothing_has_proven_is_left_out_and_named(taught: Shell) -> None:
    run = taught.ok("plan", plan(taught))
    assert run.out == PLAN
    assert "left out: rate limit for web.get: it is a suggestion that nothing has proven" in run.err
    taught.set("FAILONCE_LEARNING__MODE", "auto")
    assert taught.ok("plan", plan(taught)).out == PLAN


def test_a_plan_as_json_says_what_became_of_it(taught: Shell) -> None:
    found = taught.ok("plan", plan(taught), "--suggested", "--json").json
    assert found["format"] == "json"
    assert found["marks"]["learning.augmented"] is True
    assert found["marks"]["learning.modifications_applied"] == len(found["applied"])
    assert {m["calls"] for m in found["applied"]} == {1}
    assert [r["text"] for r in found["rules"]] == ["Ask for one page at a time."]


def test_a_plan_may_come_from_standard_input(taught: Shell) -> None:
    text = b'(call :web.get) ; (call :web.get)\n(call "web.get2" "\xc3\xa9")'
    run = taught.program("plan", "-", "--suggested", stdin=text)
    assert run.code == 0, run
    assert run.out.startswith("^{:runtime.learning.rate-limit {:requests-per-second 10")
    assert run.out.endswith('(call :web.get) ; (call :web.get)\n(call "web.get2" "é")')


@pytest.mark.parametrize(
    ("text", "args", "says"),
    [
        (b"(call :a", [], "line 1: `(` is never closed"),
        (b'[{"tool": "a",}]', [], "The plan is no JSON"),
        (b"(call :a)", ["--format", "json"], "The plan is no JSON"),
        (b"(call :a)", ["--format", "yaml"], "no format `yaml` of plans"),
        (b"\xff\xfe", [], "no text in UTF-8"),
        (b"x" * 5_000_000, [], "longer than"),
    ],
    ids=range(6),
)
def test_a_plan_that_cannot_be_read_is_wrong_input(
    shell: Shell, text: bytes, args: list[str], says: str
) -> None:
    path = shell.project / "plan"
    path.write_bytes(text)
    run = shell.run("plan", path, *args)
    assert (run.code, run.out) == (ExitCode.INPUT, "")
    assert says in run.err


def test_a_file_that_is_not_there_is_named(shell: Shell) -> None:
    run = shell.run("plan", "nothing.json")
    assert run.code == ExitCode.INPUT
    assert "nothing.json cannot be read" in run.err


def test_off_leaves_a_plan_alone(taught: Shell) -> None:
    taught.set("FAILONCE", "off")
    run = taught.ok("plan", plan(taught), "--suggested")
    assert run.out == PLAN
    assert "failonce is off here" in taught.ok("recall", "web.get").out


def test_names_that_hide_something_are_shown_escaped(taught: Shell) -> None:
    run = taught.ok("recall", "web\u200b.get\x1b[31m")
    assert "\\u200b" in run.out
    assert "\x1b" not in run.out
