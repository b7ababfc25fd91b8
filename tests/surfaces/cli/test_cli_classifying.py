"""`failonce explain`: what a failure is taken for, and what decided it."""

import json

import pytest

from tests.surfaces.cli.made import Shell, call, renamed, write


def test_a_text_is_explained_by_what_decided_its_cause(shell: Shell) -> None:
    found = shell.ok("explain", "boom", "--status", "429", "--tool", "fetch", "--json").json
    assert (found["verdict"], found["category"]) == ("failure", "rate_limit")
    assert found["because"] == "its HTTP or JSON-RPC status"
    assert found["error_type"] == "HTTP 429"
    said = shell.ok("explain", "Error: no such file or directory", "--tool", "read").out
    assert "not_found" in said
    assert "Told by its words." in said
    assert "Lessons    of any kind" in said
    nothing = shell.ok("explain", "hm", "--json").json
    assert (nothing["category"], nothing["because"]) == (
        "unknown",
        "nothing: no code, class or known words",
    )
    assert shell.ok("explain", "x", "--type", "TimeoutError", "--json").json["because"] == (
        "the class of its exception"
    )
    assert shell.ok("explain", "x", "--exit-code", "127", "--json").json["because"] == (
        "its exit code"
    )


@pytest.mark.proves("S25")
def test_own_patterns_decide_before_everything_else(shell: Shell) -> None:
    (shell.project / "failonce.toml").write_text(
        "[classification.category]\n"
        '"QUOTA (used up|reached)$" = "RateLimitError"\n'
        '"quota" = "auth"\n'
        "[classification.kind]\n"
        '"quota" = "hint"\n'
    )
    found = shell.ok("explain", "the quota reached", "--status", "404", "--json").json
    assert found["category"] == "rate_limit"
    assert found["because"] == "your pattern 'QUOTA (used up|reached)$'"
    assert (found["kind"], found["kind_pattern"], found["usual_kind"]) == ("hint", "quota", "hint")
    assert shell.ok("explain", "a quota", "--json").json["category"] == "auth"
    said = shell.ok("explain", "a quota").out
    assert "only of kind hint, by your pattern 'quota'" in said


@pytest.mark.proves("S25")
def test_own_patterns_hold_for_what_is_recorded_from_then_on(shell: Shell) -> None:
    error = "Error: the widget is sulking"
    first = [call("widget", {"a": n}, error, session=f"a{n}") for n in range(2)]
    shell.ok("import", write(shell.project / "a.jsonl", first))
    shell.set("FAILONCE_CLASSIFICATION__CATEGORY", json.dumps({"is sulking": "conflict"}))
    second = [call("gadget", {"a": n}, error, session=f"b{n}") for n in range(2)]
    shell.ok("import", write(shell.project / "b.jsonl", second))
    found = {f["tool"]: f for f in shell.ok("failures", "--json").json}
    assert (found["widget"]["category"], found["gadget"]["category"]) == ("unknown", "conflict")
    said = shell.ok("explain", found["widget"]["id"]).out
    assert "conflict" in said
    assert "Recorded   as failure (unknown)" in said
    assert "Recorded" not in shell.ok("explain", found["gadget"]["short"]).out


@pytest.mark.proves("S25")
def test_a_pattern_for_a_kind_leaves_the_other_kinds_out(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", renamed(12)))
    shell.set("FAILONCE_CLASSIFICATION__KIND", '{"unexpected argument": "hint"}')
    assert shell.ok("mine", "--json").json[0]["new"] == []
    shell.set("FAILONCE_CLASSIFICATION__KIND", '{"unexpected argument": "fixer"}')
    (lesson,) = shell.ok("mine", "--json").json[0]["new"]
    assert lesson.startswith("FX-")


def test_what_is_no_failure_is_said(shell: Shell) -> None:
    refused = "The user doesn't want to proceed with this tool use."
    said = shell.ok("explain", refused, "--tool", "edit").out
    assert "a person's no" in said
    assert "Cause" not in said


def test_hostile_text_is_shown_escaped(shell: Shell) -> None:
    said = shell.ok("explain", "boom \x1b[2J\u202e").out
    assert "\x1b" not in said
    assert "\u202e" not in said
