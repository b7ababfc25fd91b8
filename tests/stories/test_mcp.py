"""The first seed's two scenarios from end to end: an agent over MCP, a person at the dashboard.

The agent's client and the server that it starts are real processes; the dashboard is the product's
own application over the same store and project.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from failonce.model import Mode, Scope
from tests.surfaces.mcp.made import RULE, text
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.pages.test_skill_audit import audit, press

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(configuration(tmp_path))
    yield made
    made.house.close()


def proposed(served: Served) -> str:
    """What an agent is told that proposes the seed's rule."""
    started = StdioServerParameters(
        command=sys.executable,
        args=["-m", "failonce", "mcp", "--store", served.config.url],
        env={"HOME": str(served.config.root.parent), "PYTHONPATH": ":".join(sys.path)},
        cwd=served.config.root,
    )

    async def run() -> str:
        async with Client(started, mode="legacy") as client:
            result = await client.call_tool(
                "learn_skill_rule",
                {
                    "skill_name": "homeassistant",
                    "rule_content": RULE,
                    "reason": "get_entity: Invalid arg 'detailed'",
                },
            )
            assert not result.is_error, text(result)
            return text(result)

    return asyncio.run(run())


@pytest.mark.proves("N6", "N7", "N14")
def test_scenario_b_an_agent_proposes_and_the_dashboard_approves(served: Served) -> None:
    """Pending, no file change, "1 Pending Rule"; Approve writes the rule."""
    card, person = served.config.skills / "homeassistant.md", served.person(Scope.REVIEW)
    card.parent.mkdir()
    card.write_bytes(b"# Home Assistant\n")
    assert "1 Pending Rule" in proposed(served)
    assert card.read_bytes() == b"# Home Assistant\n"
    assert "1 Pending Rule<" in person.get("/integrations").text
    press(person, "Approve")
    assert RULE in card.read_text(encoding="utf-8")
    assert [x["status"] for x in audit(person)["rows"]] == ["approved"]
    events = [e.event for e in served.house.main.entries() if e.event.subject.startswith("RU-")]
    assert [(e.actor, e.via.split(",")[0]) for e in events] == [
        ("agent", "mcp"),
        ("anna", "dashboard"),
    ]


@pytest.mark.proves("N6", "N13")
def test_scenario_a_in_auto_the_rule_lands_and_the_dashboard_reverts_it(served: Served) -> None:
    """Applied at once, seen later, reverted: the file has its bytes back."""
    card, person = served.config.skills / "homeassistant.md", served.person(Scope.REVIEW)
    served.parts().review.set_mode(Mode.AUTO)
    assert "is in force on trial until" in proposed(served)
    assert RULE in card.read_text(encoding="utf-8")
    (row,) = audit(person, "/integrations.json?show=auto_applied")["rows"]
    assert (row["skill"], row["reason"]) == ("homeassistant", "get_entity: Invalid arg 'detailed'")
    press(person, "Revert")
    assert not card.exists()
