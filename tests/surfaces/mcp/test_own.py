"""The tools of our own server: what an agent may say and ask, and what it may not."""

import json

import pytest

from failonce.adapters.sql_store import open_store, store_url
from failonce.model import AuditEntry
from tests.surfaces.cli.made import Shell, call, history, write
from tests.surfaces.mcp.made import MODES, RULE, asked, called, text


def opened_entries(shell: Shell) -> list[AuditEntry]:
    """The audit."""
    store = open_store(store_url(shell.store))
    try:
        return list(store.entries())
    finally:
        store.close()


def learned(shell: Shell, rule: str = RULE, reason: str = "Invalid arg 'detailed'") -> str:
    """The id of a rule that an agent proposed."""
    result = called(
        "learn_skill_rule", skill_name="homeassistant", rule_content=rule, reason=reason
    )
    assert not result.is_error, text(result)
    return str(shell.ok("lessons", "--json").json[0]["id"])


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("mode", MODES)
def test_every_revision_lists_the_same_tools(mode: str) -> None:
    listed = asked(lambda client: client.list_tools(), mode)
    names = [t.name for t in listed.tools]
    assert names[:4] == ["learn_skill_rule", "recall", "report_failure", "report_wrong_block"]
    assert names[-1] == "run_learned_tool"
    assert len(names) == len(set(names)) == 12
    for tool in listed.tools:
        assert tool.input_schema["additionalProperties"] is False, tool.name
        assert tool.description, tool.name


@pytest.mark.proves("N6", "N7", "N14")
@pytest.mark.parametrize("mode", MODES)
def test_scenario_b_an_agents_rule_waits_and_a_person_writes_it(mode: str, shell: Shell) -> None:
    """In manual no file changes before somebody approves; the answer says how that is done."""
    card = shell.project / "skills" / "homeassistant.md"
    result = called(
        "learn_skill_rule",
        mode,
        skill_name="homeassistant",
        rule_content=RULE,
        reason="Invalid arg 'detailed'",
    )
    (rule,) = shell.ok("lessons", "--json").json
    assert not result.is_error
    assert f"failonce approve {rule['id']}" in text(result)
    assert "1 Pending Rule" in text(result)
    assert "1 Pending Rule" in shell.ok("status").out
    assert not card.exists()
    assert (rule["proposer"], rule["state"], rule["mode"]) == ("agent", "waiting", "manual")
    shell.ok("approve", rule["id"])
    assert RULE in card.read_text()
    (row,) = shell.ok("export", "changelog").lines
    assert (row["status"], row["reason"]) == ("approved", "Invalid arg 'detailed'")
    proposed, _ = [e.event for e in opened_entries(shell)]
    assert (proposed.actor, proposed.via) == ("agent", "mcp")


@pytest.mark.proves("N6", "N13")
def test_scenario_a_in_auto_the_rule_is_in_the_file_and_is_taken_back(shell: Shell) -> None:
    card = shell.project / "skills" / "homeassistant.md"
    card.parent.mkdir()
    card.write_bytes(b"# Home Assistant\r\n")
    shell.ok("config", "mode", "auto")
    result = called(
        "learn_skill_rule",
        skill_name="homeassistant",
        rule_content=RULE,
        reason="get_entity: Invalid arg 'detailed'",
    )
    (rule,) = shell.ok("lessons", "--json").json
    assert f"{rule['id']} is in force on trial until" in text(result)
    assert f"failonce undo {rule['id']}" in text(result)
    assert RULE in card.read_text()
    (row,) = shell.ok("export", "changelog").lines
    assert row["status"] == "auto_applied"
    shell.ok("undo", rule["id"])
    assert card.read_bytes() == b"# Home Assistant\r\n"


def test_the_same_rule_again_says_what_became_of_it(shell: Shell) -> None:
    lesson = learned(shell)
    again = called("learn_skill_rule", skill_name="homeassistant", rule_content=RULE, reason="x")
    assert f"known as {lesson} and waits" in text(again)
    shell.ok("reject", lesson)
    again = called("learn_skill_rule", skill_name="homeassistant", rule_content=RULE, reason="x")
    assert "was rejected" in text(again)
    assert "do not propose it again" in text(again)
    assert len(shell.ok("lessons", "--json").json) == 1


def test_where_learning_is_off_nothing_is_written_and_the_answer_says_so(shell: Shell) -> None:
    shell.ok("config", "mode", "off")
    for name, given in (
        ("learn_skill_rule", {"skill_name": "a", "rule_content": RULE, "reason": "x"}),
        ("report_failure", {"tool": "a", "error": "Error: no"}),
        ("recall", {"tools": ["a"]}),
        ("handle_unknown_command", {"text": "pdf merger"}),
    ):
        result = called(name, **given)
        assert result.is_error, name
        assert "failonce config mode manual" in text(result), name
    assert shell.ok("lessons", "--json").json == []


def test_failonce_off_rests_all_of_it(shell: Shell) -> None:
    shell.set("FAILONCE", "off")
    result = called("recall", tools=["a"])
    assert result.is_error
    assert "FAILONCE=off" in text(result)
    assert not shell.store.exists()


# ------------------------------------------------------------------- recall


@pytest.mark.proves("C5")
def test_recall_says_what_is_in_force_within_its_budget_and_is_recorded(shell: Shell) -> None:
    for n in range(5):
        shell.ok("learn", "fetch", f"Rule number {n} of fetching.")
    for x in shell.ok("lessons", "--json").json:
        shell.ok("approve", x["id"])
    result = called("recall", tools=["fetch"], intent="fetch a page")
    assert text(result).count("Rule number") == 3
    assert called("recall", tools=["other"]).content[0].text.startswith("Nothing was learned")
    by_plan = called("recall", plan='{"steps": [{"tool": "fetch", "args": {}}]}')
    assert text(by_plan).count("Rule number") == 3
    by_words = called("recall", intent="I am going to use `fetch`.")
    assert text(by_words).count("Rule number") == 3
    store = open_store(store_url(shell.store))
    exposures = list(store.exposures())
    store.close()
    assert len({x.lesson for x in exposures}) == 3
    assert {x.session for x in exposures} == {"mcp-test"}


@pytest.mark.proves("C5")
def test_recall_fills_up_with_what_failures_suggest(shell: Shell) -> None:
    calls = [
        call("read", {"a": n}, "HTTP 429 Too Many Requests", session=f"s{n}", n=n) for n in range(4)
    ]
    for c in calls:
        del c["ts"], c["project"]
    shell.ok("import", write(shell.project / "calls.jsonl", calls))
    said = text(called("recall", tools=["read"]))
    assert "proven by nothing yet" in said
    assert "- read: rate-limit" in said
    assert len([line for line in said.splitlines() if line.startswith("- ")]) <= 3


@pytest.mark.usefixtures("shell")
def test_a_plan_that_cannot_be_read_is_told() -> None:
    result = called("recall", plan='{"steps": [')
    assert result.is_error
    assert "plan" in text(result)


# ----------------------------------------------------------------- failures


def test_a_reported_failure_is_taken_in_as_any_other(shell: Shell) -> None:
    error = "Error: unexpected argument 'detailed' token=sk-ant-REDACTED"
    result = called(
        "report_failure", tool="get_entity", error=error, args={"entity": "x", "detailed": True}
    )
    assert "Recorded as failure" in text(result)
    assert "cause: invalid_args" in text(result)
    (one,) = shell.ok("export", "calls").lines
    assert (one["tool"], one["is_error"], one["args"]["entity"]) == ("get_entity", True, "x")
    assert "sk-ant" not in json.dumps(one)
    again = called("report_failure", tool="get_entity", error=error, args={"entity": "y"})
    assert "seen 2 times" in text(again)


@pytest.mark.usefixtures("shell")
def test_what_is_no_failure_of_the_tool_is_said_to_be_none() -> None:
    said = "The user doesn't want to proceed with this tool use. The tool use was rejected"
    result = called("report_failure", tool="Bash", error=said, args={"command": "rm x"})
    assert "taken for rejection" in text(result)


def test_an_agents_word_against_a_lesson_counts_once(shell: Shell) -> None:
    """It cannot take a lesson out of force; a person who agrees can."""
    lesson = learned(shell)
    shell.ok("approve", lesson)
    first = called("report_wrong_block", lesson=lesson, reason="It was right.")
    assert "1 report" in text(first)
    for reason in ("It was right.", "Really.", "Once more."):
        assert "counts once" in text(called("report_wrong_block", lesson=lesson, reason=reason))
    (x,) = shell.ok("lessons", "--json").json
    assert (x["in_force"], x["wrong_reports"]) == (True, 1)
    shell.ok("wrong", lesson, "--reason", "I agree")
    (x,) = shell.ok("lessons", "--json").json
    assert (x["in_force"], x["state"]) == (False, "waiting")


def test_no_tool_decides_anything(shell: Shell) -> None:
    """Approving, undoing and switching are for people, under every name that one may try."""
    lesson = learned(shell)
    for name in ("approve", "undo", "reject", "set_mode", "config", "manual_learn_capability"):
        result = called(name, lesson=lesson, id=lesson, mode="auto")
        assert result.is_error, name
        assert "There is no tool" in text(result), name
    (x,) = shell.ok("lessons", "--json").json
    assert x["state"] == "waiting"


# ------------------------------------------------------------- capabilities


@pytest.mark.proves("C18", "H16")
def test_the_learning_capabilities_answer_under_both_of_their_names(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()), "--project", ".")
    for own, seed in (
        ("learning_extract_patterns", "learning.extract_patterns"),
        ("learning_get_failure_stats", "learning.get_failure_stats"),
    ):
        assert text(called(own)) == text(called(seed))


@pytest.mark.proves("H16", "H19", "H28")
def test_a_tool_that_is_missing_is_a_gap_where_no_model_is_configured(shell: Shell) -> None:
    result = called("handle_unknown_command", text="create a wifi speed test tool")
    assert not result.is_error
    assert text(result).startswith("There is no tool for it; that is kept as a gap")
    (gap,) = shell.ok("gaps", "--json").json
    assert "wifi" in json.dumps(gap)


@pytest.mark.proves("H20", "H29")
def test_a_tool_that_failed_is_looked_at_under_both_names(shell: Shell) -> None:
    shell.ok("import", write(shell.project / "calls.jsonl", history()), "--project", ".")
    for name in ("learn_from_failure", "handle_tool_failure"):
        given = {"tool_name": "read", "error": "Error: unexpected argument 'path'"}
        result = called(name, **given, user_intent="read a file")
        assert not result.is_error, text(result)
        assert "Recorded data follows" in text(result)
