"""The real programs without a hook: rules stand in the files that each reads when it starts."""

import pytest

from tests.e2e.desk import Desk
from tests.e2e.programs import ClaudeCode, Codex, Program

pytestmark = pytest.mark.e2e

RULE = "Ask for reports by month, as in 2026-11."


@pytest.fixture(params=[ClaudeCode(), Codex()], ids=lambda p: p.name)
def agent(request: pytest.FixtureRequest) -> Program:
    """Each of both."""
    program: Program = request.param
    return program


def approved(desk: Desk, settings: str) -> None:
    """A rule in force, in a project with these settings of files."""
    (desk.work / "failonce.toml").write_text(f"[files]\n{settings}\n")
    desk.failonce("learn", "office", RULE)
    (lesson,) = desk.lessons(kind="rule")
    desk.failonce("approve", lesson["id"], "--reason", "so it is")


def test_a_rule_in_the_block_of_a_project_is_given_to_both(agent: Program, desk: Desk) -> None:
    """What the project says there itself is given as before."""
    (desk.work / "AGENTS.md").write_text("Our own word: be brief.\n")
    approved(desk, 'blocks = "AGENTS.md"')
    given = agent.session(desk, servers={}).asked[0].text
    assert RULE in given
    assert "Our own word: be brief." in given


@pytest.mark.parametrize("folder", [".claude/skills", ".agents/skills"])
def test_an_agent_skill_is_offered_where_the_program_looks(
    agent: Program, desk: Desk, folder: str
) -> None:
    """By its name; Claude Code and Codex look into a folder of their own each."""
    approved(desk, f'agent_skills = "{folder}"')
    given = agent.session(desk, servers={}).asked[0].text
    own = folder.startswith(".claude") is (agent.name == "claude-code")
    assert ("failonce-office" in given) is own


def test_what_a_project_says_to_both_is_not_hidden(desk: Desk) -> None:
    """Claude Code reads AGENTS.md only where there is no CLAUDE.md: a new one would hide it."""
    (desk.work / "AGENTS.md").write_text("Our own word: be brief.\n")
    approved(desk, 'blocks = "AGENTS.md, CLAUDE.md"')
    given = ClaudeCode().session(desk, servers={}).asked[0].text
    assert RULE in given
    assert "Our own word: be brief." in given
