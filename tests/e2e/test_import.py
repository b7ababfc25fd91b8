"""From nothing: sessions without failonce, their record imported, then the hooks put in."""

import pytest

from tests.e2e.desk import Desk
from tests.e2e.programs import ClaudeCode, Codex, Program, mistakes, report
from tests.e2e.stories import ADVICE, CALLS, SESSIONS

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("agent", [ClaudeCode(), Codex()], ids=lambda p: p.name)
def test_what_failed_before_there_was_failonce_is_blocked(agent: Program, desk: Desk) -> None:
    for session in range(SESSIONS):
        agent.session(desk, *mistakes(agent, session))
    told = desk.failonce("import", str(desk.home / agent.folder / agent.sessions))
    assert f"{CALLS} new" in told
    desk.failonce("mine")
    (block,) = desk.lessons(kind="guardrail", state="waiting")
    desk.failonce("approve", block["id"], "--reason", "the proof")
    desk.failonce("install", agent.name, "--yes")
    before = len(desk.calls)
    session = agent.session(desk, report(agent, "2026-11", draft=True))
    assert ADVICE in session.results[0]
    assert len(desk.calls) == before
