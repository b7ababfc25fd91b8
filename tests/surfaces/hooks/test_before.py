"""Before a call: stopped with advice, mended, told something; or nothing at all."""

from typing import Any

import pytest

from failonce.kinds.guardrail import Strength
from failonce.kinds.rule import Rule
from failonce.model import Action, Arm
from failonce.policy import Policy
from tests.surfaces.hooks.made import Agent
from tests.surfaces.watching.made import guardrail, renaming

TOOL = "mcp__home__get_entity"


def test_nothing_is_said_where_nothing_is_in_force(agent: Agent) -> None:
    assert agent.before("Bash", {"command": "ls"}) == {}
    assert agent.process(agent.payload("PreToolUse", tool_name="Bash", tool_input={})) == {}
    assert agent.troubles() == []


def test_a_blocked_call_is_denied_with_advice_and_the_way_past_it(agent: Agent) -> None:
    (lesson,) = agent.teach(guardrail(TOOL, "detailed"))
    answer = agent.before(TOOL, {"id": "lamp", "detailed": True})
    assert answer["permissionDecision"] == "deny"
    reason = answer["permissionDecisionReason"]
    assert "Leave `detailed` out." in reason
    assert f"true # failonce {lesson}: why" in reason
    assert agent.before(TOOL, {"id": "lamp"}) == {}
    assert agent.effects() == ["prevented"]


def test_a_process_of_its_own_denies_alike(agent: Agent) -> None:
    agent.teach(guardrail(TOOL, "detailed"))
    call = {"tool_name": TOOL, "tool_input": {"detailed": 1}, "tool_use_id": "x"}
    answer = agent.process(agent.payload("PreToolUse", **call))
    assert answer["permissionDecision"] == "deny"
    assert agent.process(agent.payload("PreToolUse", **call), FAILONCE="off") == {}


def test_a_fixer_mends_the_call_and_grants_it_no_permission(agent: Agent) -> None:
    agent.teach(renaming(TOOL, "name", "id"))
    answer = agent.before(TOOL, {"name": "lamp", "more": [1]})
    assert answer["updatedInput"] == {"id": "lamp", "more": [1]}
    assert set(answer) == {"hookEventName", "updatedInput"}, "and says nothing of it"
    agent.worked(TOOL, {"id": "lamp", "more": [1]})
    assert agent.effects() == ["repaired"]


def test_codex_takes_other_arguments_only_with_leave(agent: Agent) -> None:
    agent.client = "codex"
    agent.teach(renaming(TOOL, "name", "id"))
    answer = agent.before(TOOL, {"name": "lamp"})
    assert answer["updatedInput"] == {"id": "lamp"}
    assert answer["permissionDecision"] == "allow"
    assert set(answer) <= {
        "hookEventName", "permissionDecision", "updatedInput", "additionalContext",
    }  # fmt: skip


def test_codex_calls_its_shell_as_its_rollouts_do(agent: Agent) -> None:
    """Lessons learned from rollouts are about `exec_command` and its `cmd`."""
    agent.client = "codex"
    agent.teach(renaming("exec_command", "command", "cmd"), guardrail("exec_command", "cmd"))
    answer = agent.before("Bash", {"command": "ls"})
    assert answer["permissionDecision"] == "deny"
    assert "# failonce: why" in answer["permissionDecisionReason"]


def test_a_long_text_that_no_lesson_touches_stays_whole(agent: Agent) -> None:
    agent.teach(renaming(TOOL, "name", "id"))
    text = "x" * 100_000
    answer = agent.before(TOOL, {"name": "lamp", "content": text})
    assert answer["updatedInput"] == {"id": "lamp", "content": text}


def test_a_rule_is_told_once_a_session(agent: Agent) -> None:
    agent.teach(Rule(component="bash", sentence="Run tests with -x."))
    first = agent.before("Bash", {"command": "pytest"})
    assert first["additionalContext"] == "Run tests with -x."
    assert agent.before("Bash", {"command": "pytest -q"}) == {}
    agent.session = "s2"
    assert agent.before("Bash", {"command": "pytest"}) == first
    assert [x.session for x in agent.exposures()] == ["s1", "s2"]


def test_a_warning_is_told_each_time(agent: Agent) -> None:
    agent.teach(guardrail("Bash", "timeout", Strength.WARN))
    args = {"command": "ls", "timeout": 1}
    first = agent.before("Bash", args)
    assert "Leave `timeout` out." in first["additionalContext"]
    assert agent.before("Bash", args) == first
    assert agent.before("Bash", {"command": "ls"}) == {}
    agent.teach(Rule(component="bash", sentence="Run tests with -x."))
    both = agent.before("Bash", args)["additionalContext"]
    assert "Run tests with -x." in both
    assert "Leave `timeout` out." in both
    assert agent.before("Bash", args) == first, "a rule is said once all the same"


def test_a_session_that_goes_without_a_lesson_does_so_in_every_hook(agent: Agent) -> None:
    agent.publish(Policy(holdout_approved=1.0))
    agent.teach(Rule(component="bash", sentence="Run tests with -x."))
    assert agent.before("Bash", {"command": "pytest"}) == {}
    assert agent.exposures() == []
    assert len(agent.exposures(Arm.HOLDOUT)) == 1


@pytest.mark.parametrize("session", ["s1", "s2", "s3", "s4", "s5", "s6"])
def test_who_is_withheld_is_drawn_alike_by_hooks_and_hosts(agent: Agent, session: str) -> None:
    """A rule that a session goes without at its start is not said before its calls either."""
    agent.publish(Policy(holdout_approved=0.5))
    agent.teach(Rule(component="bash", sentence="Run tests with -x."))
    agent.session = session
    started = agent.send(agent.payload("SessionStart", source="startup"))
    agent.before("Bash", {"command": "pytest"})
    assert bool(started) == bool(agent.exposures())


def test_a_lesson_that_only_watches_says_nothing_and_is_told_of(agent: Agent) -> None:
    from failonce.testing.samples import proposed
    from tests.surfaces.watching.made import taught

    agent.store.commit(proposed(taught(1, guardrail("Bash", "timeout"))))
    agent.publisher.publish()
    assert agent.before("Bash", {"command": "ls", "timeout": 1}) == {}
    assert len(agent.exposures(Arm.SHADOW)) == 1


def test_arguments_that_are_no_object_pass(agent: Agent) -> None:
    agent.teach(guardrail("Bash", "timeout"))
    for args in ("ls", None, [1], 3):
        assert agent.before("Bash", args) == {}
    assert agent.troubles() == []


def test_a_mode_that_is_off_rests_hooks(agent: Agent) -> None:
    agent.teach(guardrail("Bash", "timeout"))
    args: dict[str, Any] = {"command": "ls", "timeout": 1}
    toml = agent.project / "failonce.toml"
    toml.write_text('project = "shop"\n[learning]\nmode = "off"\n')
    assert agent.before("Bash", args) == {}
    agent.worked("Bash", args)
    assert agent.recorded() == []
    agent.patch.setenv("FAILONCE_LEARNING__MODE", "off")
    toml.write_text('project = "shop"\n')
    assert agent.before("Bash", args) == {}
    agent.patch.delenv("FAILONCE_LEARNING__MODE")
    assert agent.before("Bash", args)["permissionDecision"] == "deny"


# ------------------------------------------------------------- past a block


def test_a_command_with_a_reason_runs_and_is_a_wrong_block_where_it_works(agent: Agent) -> None:
    (lesson,) = agent.teach(guardrail("Bash", "timeout"))
    args = {"command": "make", "timeout": 1}
    assert "# failonce: why" in agent.before("Bash", args)["permissionDecisionReason"]
    again = {"command": "make  # failonce: it takes an hour", "timeout": 1}
    assert agent.before("Bash", again) == {}
    agent.worked("Bash", again)
    assert agent.effects() == ["prevented", "wrong"]
    (entry,) = [e.event for e in agent.store.entries() if e.event.action is Action.OVERRIDE]
    assert (entry.subject, entry.reason, entry.actor) == (lesson, "it takes an hour", "hook")


def test_a_call_of_another_tool_is_passed_with_a_reason_given_in_the_shell(agent: Agent) -> None:
    (lesson,) = agent.teach(guardrail(TOOL, "detailed"))
    args = {"id": "lamp", "detailed": True}
    other = {"id": "door", "detailed": True}
    agent.before(TOOL, other)
    agent.before(TOOL, args)
    assert agent.before("Bash", {"command": f"true # failonce {lesson}: it is new"}) == {}
    assert agent.before(TOOL, other)["permissionDecision"] == "deny", "of that nobody spoke"
    agent.before(TOOL, args)
    assert agent.before("Bash", {"command": f"true # failonce {lesson}: it is new"}) == {}
    assert agent.before(TOOL, args) == {}
    agent.failed(TOOL, args, "Invalid arg 'detailed'")
    assert agent.before(TOOL, args)["permissionDecision"] == "deny", "a reason is good for one call"
    assert agent.effects().count("no_effect") == 1


def test_a_reason_for_a_lesson_that_stopped_nothing_passes_nothing(agent: Agent) -> None:
    (lesson,) = agent.teach(guardrail(TOOL, "detailed"))
    agent.before("Bash", {"command": f"true # failonce {lesson}: beforehand"})
    assert agent.before(TOOL, {"detailed": 1})["permissionDecision"] == "deny"
