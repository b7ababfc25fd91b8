"""Rules recalled for a tool or a plan: few, in their own words, and measured."""

from pathlib import Path

import pytest

from failonce.errors import BadInput
from failonce.model import Arm
from tests.surfaces.learning.made import Planner

PLAN = '{"steps": [{"tool": "read"}, {"tool": "write"}, {"tool": "read"}]}'


def test_a_tool_is_answered_with_the_words_of_its_rules(planner: Planner) -> None:
    one = planner.rule("read", "Read the file before you edit it.")
    planner.rule("reading", "Another tool's.")
    (said,) = planner.learned.recall("read")
    assert (said.tool, said.lesson, said.text) == (
        "read",
        one,
        "Read the file before you edit it.",
    )
    assert said.tokens == 9  # 33 bytes, about four to a token
    assert planner.learned.recall("other") == ()


def test_a_rule_of_a_server_concerns_its_tools(planner: Planner) -> None:
    planner.rule("github", "Ask for a page of ten.")
    assert [r.tool for r in planner.learned.recall("mcp__github__list")] == ["mcp__github__list"]


def test_a_plan_is_answered_with_three_at_most_each_once(planner: Planner) -> None:
    for n in range(3):
        planner.rule("read", f"Read rule {n}.")
    planner.rule("write", "Write rule.")
    said = planner.learned.recall_for_plan(PLAN)
    assert [r.text for r in said] == ["Read rule 0.", "Read rule 1.", "Read rule 2."]


def test_a_rule_for_two_tools_of_a_plan_is_said_once(planner: Planner) -> None:
    planner.rule("github", "Ask for a page of ten.")
    plan = "(do (call :mcp__github__list) (call :mcp__github__get))"
    assert [r.tool for r in planner.learned.recall_for_plan(plan)] == ["mcp__github__list"]


def test_the_budget_is_a_setting(tmp_path: Path) -> None:
    planner = Planner(tmp_path, FAILONCE_HINTS__MAX_SUGGESTIONS="1")
    planner.rule("write", "Write rule.")
    planner.rule("read", "Read rule.")
    assert [r.text for r in planner.learned.recall_for_plan(PLAN)] == ["Read rule."]


def test_only_rules_in_force_are_said(planner: Planner) -> None:
    one = planner.rule("read", "Read rule.")
    planner.hint("read")
    assert len(planner.learned.recall("read")) == 1
    planner.parts.review.undo(one)
    assert planner.learned.recall("read") == ()


def test_off_says_nothing(tmp_path: Path) -> None:
    planner = Planner(tmp_path, FAILONCE_LEARNING__MODE="off")
    planner.rule("read", "Read rule.")
    assert planner.learned.recall("read") == ()


def test_what_was_said_to_a_session_is_recorded_once(planner: Planner) -> None:
    one = planner.rule("read", "Read rule.")
    for _ in range(3):
        planner.learned.recall("read", session="s1")
        planner.learned.recall_for_plan(PLAN, session="s1")
    planner.learned.recall("read")
    (told,) = planner.store.exposures()
    assert (told.lesson, told.session, told.arm) == (one, "s1", Arm.APPLIED)


def test_a_session_that_goes_without_a_rule_does_not_hear_of_it_here(tmp_path: Path) -> None:
    planner = Planner(
        tmp_path, FAILONCE_OUTCOME__HOLDOUT="true", FAILONCE_OUTCOME__HOLDOUT_APPROVED="0.5"
    )
    planner.rule("read", "Read rule.")
    heard = {s for s in map(str, range(40)) if planner.learned.recall("read", session=s)}
    arms = {x.session: x.arm for x in planner.store.exposures()}
    assert 0 < len(heard) < 40
    assert heard == {s for s, arm in arms.items() if arm is Arm.APPLIED}
    assert set(arms.values()) == {Arm.APPLIED, Arm.HOLDOUT}
    assert len(arms) == 40


def test_a_plan_that_cannot_be_read_is_refused(planner: Planner) -> None:
    with pytest.raises(BadInput, match="no RTFS"):
        planner.learned.recall_for_plan("(call :read")
