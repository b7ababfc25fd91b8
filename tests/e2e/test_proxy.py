"""The real programs with `failonce proxy` before a server, and no hooks: they change nothing."""

import json
from time import sleep

import pytest

from tests.e2e.desk import Desk
from tests.e2e.programs import ClaudeCode, Codex, Program, Servers, entity, mistakes, report
from tests.e2e.standin import Meanwhile
from tests.e2e.stories import ADVICE, PASSES, THINKS_S, hooked, taught

pytestmark = pytest.mark.e2e


def proxied(desk: Desk) -> Servers:
    """The office behind the proxy."""
    return {"office": desk.own("proxy", "--name", "office", "--", *desk.office)}


CLAUDE_CODE, CODEX = ClaudeCode(), Codex()


@pytest.fixture(scope="module", params=[CLAUDE_CODE, CODEX], ids=lambda p: p.name)
def agent(request: pytest.FixtureRequest) -> Program:
    """Each of both."""
    program: Program = request.param
    return program


@pytest.fixture(scope="module")
def desk(agent: Program, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """After three sessions that failed, with two lessons in force."""
    found = Desk(folder=tmp_path_factory.mktemp("desk"))
    return taught(found, agent, proxied(found))


def test_a_call_is_blocked_and_another_repaired(agent: Program, desk: Desk) -> None:
    before = len(desk.calls)
    session = agent.session(
        desk,
        report(agent, "2026-11", draft=True),
        entity(agent, "lamp.hall", detailed=True),
        servers=proxied(desk),
    )
    assert ADVICE in session.results[0]
    assert "lamp.hall is on" in session.results[1]
    assert [c["args"] for c in desk.calls[before:]] == [{"entity_id": "lamp.hall"}]


def test_a_reason_passes_the_block(agent: Program, desk: Desk) -> None:
    before = len(desk.calls)
    why = "drafts were promised for today"
    agent.session(
        desk,
        report(agent, "2026-11", draft=True),
        report(agent, "2026-11", draft=True, failonce_reason=why),
        servers=proxied(desk),
    )
    assert [c["args"] for c in desk.calls[before:]] == [PASSES]
    assert desk.comes_to_say(why, "audit", "list", "--json")


def test_with_hooks_too_a_call_is_counted_once(
    agent: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Both programs tell a server which call it is: hooks, proxy and record name it alike."""
    desk = hooked(Desk(folder=tmp_path_factory.mktemp("both")), agent)
    agent.session(desk, *mistakes(agent, 0), servers=proxied(desk))
    desk.failonce("import", str(desk.home / agent.folder / agent.sessions))
    found = json.loads(desk.failonce("failures", "--json"))
    assert {x["sessions"] for x in found} == {1}
    assert desk.comes_to_say("Recorded 8 calls", "status")


@pytest.mark.parametrize("agent", [CODEX], indirect=True, ids=lambda p: p.name)
def test_nothing_is_lost_of_a_session_that_ends_at_once(
    agent: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk = Desk(folder=tmp_path_factory.mktemp("at-once"))
    agent.session(desk, *mistakes(agent, 0), servers=proxied(desk))
    assert desk.comes_to_say("Recorded 8 calls", "status")


def test_what_a_person_undoes_in_the_middle_of_a_session_holds_no_more(
    agent: Program, desk: Desk
) -> None:
    """The last of this desk: the server runs on, and looks four times a second."""
    before = len(desk.calls)
    (block,) = desk.lessons(kind="guardrail")

    def undone() -> None:
        desk.failonce("undo", block["id"], "--reason", "drafts exist now")
        sleep(THINKS_S)

    session = agent.session(
        desk,
        report(agent, "2026-11", draft=True),
        Meanwhile(happens=undone, answer=report(agent, "2026-11", draft=True)),
        servers=proxied(desk),
    )
    assert ADVICE in session.results[0]
    assert [c["args"] for c in desk.calls[before:]] == [PASSES]
    assert "drafts are not available" in session.results[1]
