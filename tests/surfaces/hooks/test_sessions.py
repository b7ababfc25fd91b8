"""A session begins with the rules in force, and ends with what came of it."""

import os
import time
from pathlib import Path

import pytest

from failonce.kinds.rule import Rule
from failonce.surfaces.hooks import launching, memory
from tests.surfaces.hooks.made import Agent
from tests.surfaces.watching.made import guardrail


def rule(tool: str, n: int = 0) -> Rule:
    return Rule(component=tool, sentence=f"Rule {n} of {tool}.")


def started(agent: Agent, source: str = "startup") -> str:
    answer = agent.send(agent.payload("SessionStart", source=source))
    return str(answer.get("additionalContext", ""))


def test_a_session_begins_with_the_rules_in_force(agent: Agent) -> None:
    assert started(agent) == ""
    agent.teach(rule("bash"), rule("edit"), guardrail("Bash", "timeout"))
    text = started(agent)
    assert "- bash: Rule 0 of bash." in text
    assert "- edit: Rule 0 of edit." in text
    assert "timeout" not in text


def test_what_it_began_with_is_not_said_again_until_it_is_gone(agent: Agent) -> None:
    agent.teach(rule("bash"))
    assert started(agent)
    assert agent.before("Bash", {"command": "ls"}) == {}
    assert len(agent.exposures()) == 1, "the call met the rule all the same"
    assert started(agent, "compact"), "what was said was cut out of the conversation"
    assert started(agent, "resume")


def test_only_so_much_is_said_at_once(agent: Agent) -> None:
    agent.teach(*(Rule(component=f"tool{n}", sentence=f"{n} " + "x" * 200) for n in range(40)))
    text = started(agent)
    assert len(text) < 4_300
    assert "more, shown when their tool is called" in text


def test_the_end_of_a_session_closes_it_where_it_met_a_lesson(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind: list[tuple[str, str]] = []
    monkeypatch.setattr(launching, "drain_behind", lambda t, cwd, _: behind.append((t, cwd)))
    agent.teach(guardrail("Bash", "timeout"))
    agent.before("Bash", {"timeout": 1})
    agent.send(agent.payload("SessionEnd", reason="other"))
    agent.session = "s2"
    agent.send(agent.payload("SessionEnd", reason="other"))
    agent.drain()
    assert list(agent.store.closings("shop", ["s1", "s2"])) == ["s1"]
    assert behind == [("", str(agent.project))] * 2


def test_what_was_spooled_is_in_the_store_soon_after_the_end(agent: Agent) -> None:
    """The process that ends the session does not wait for the one that takes it there."""
    agent.before("Bash", {"command": "ls"})
    agent.worked("Bash", {"command": "ls"})
    agent.process(agent.payload("SessionEnd", reason="other"))
    end = time.monotonic() + 60
    while not list(agent.store.calls()):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_sessions_that_nobody_went_on_with_are_forgotten(agent: Agent) -> None:
    agent.worked("Bash", {"command": "ls"})
    (calls,) = agent.hooks.glob("*.calls")
    assert memory.forget(str(agent.store.path), time.time()) == 0
    os.utime(calls, (0, 0))
    assert memory.forget(str(agent.store.path), time.time()) == 1
    assert not calls.exists()


def test_a_session_remembers_its_last_calls_only(tmp_path: Path) -> None:
    own = memory.Memory(str(tmp_path / "x.db"), "s")
    for n in range(300):
        own.remember({"n": n, "text": "x" * 10_000})
    assert [c["n"] for c in own.calls()] == list(range(250, 300))
    (file,) = (tmp_path / "x.db.hooks").glob("*.calls")
    assert file.stat().st_size < 2 << 20
