"""The real programs with `failonce mcp`: an agent proposes, a person approves, both learn."""

from time import sleep

import pytest

from tests.e2e.desk import Desk
from tests.e2e.programs import ClaudeCode, Codex, Program
from tests.e2e.standin import Meanwhile
from tests.e2e.stories import THINKS_S, hooked

pytestmark = pytest.mark.e2e

TOOL = '''"""Says a text loudly."""

CASES = [
    {"arguments": {"text": "a"}, "result": "A!"},
]


def shout(text: str) -> str:
    """Say a text loudly."""
    return text.upper() + "!"
'''


@pytest.fixture(params=[ClaudeCode(), Codex()], ids=lambda p: p.name)
def agent(request: pytest.FixtureRequest) -> Program:
    """Each of both."""
    program: Program = request.param
    return program


def test_a_rule_that_an_agent_proposes_is_known_in_the_next_session(
    agent: Program, desk: Desk
) -> None:
    """It waits until a person approves it; then the hook says it, and the server where asked."""
    hooked(desk, agent)
    servers = {"failonce": desk.own("mcp")}
    rule = "Ask for reports by month, as in 2026-11."
    proposed = agent.call(
        "failonce", "learn_skill_rule", skill_name="office", rule_content=rule, reason="it failed"
    )
    session = agent.session(desk, proposed, servers=servers)
    (lesson,) = desk.lessons(kind="rule", state="waiting")
    assert lesson["id"] in session.asked[1].text

    desk.failonce("approve", lesson["id"], "--reason", "so it is")
    recall = agent.call("failonce", "recall", tools=["office"])
    session = agent.session(desk, recall, servers=servers)
    assert rule in session.asked[0].text
    assert rule in session.results[-1]


def test_a_tool_that_is_approved_in_the_middle_of_a_session_can_be_called(
    agent: Program, desk: Desk
) -> None:
    """Claude Code looks at the list again; Codex does not, for it there is the dispatcher."""
    file = desk.work / "shout.py"
    file.write_text(TOOL)
    desk.failonce("tools", "add", str(file))
    (lesson,) = desk.lessons(kind="tool", state="waiting")

    def approved() -> None:
        desk.failonce("approve", lesson["id"], "--reason", "read it")
        sleep(THINKS_S)

    run = agent.call("failonce", "run_learned_tool", name="shout", args={"text": "hello"})
    session = agent.session(
        desk,
        agent.call("failonce", "run_learned_tool"),
        Meanwhile(happens=approved, answer=agent.call("failonce", "recall", tools=["shout"])),
        agent.call("failonce", "shout", text="hello"),
        run,
        servers={"failonce": desk.own("mcp")},
    )
    by_name, dispatched = session.results[-2:]
    assert "HELLO!" in dispatched
    if agent.name == "claude-code":
        assert "HELLO!" in by_name
    else:
        assert "unsupported call" in by_name
