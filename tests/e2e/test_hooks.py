"""The real programs with hooks: what failed in one session is known in the next."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.desk import Desk
from tests.e2e.programs import ClaudeCode, Codex, Program, entity, report
from tests.e2e.standin import Say
from tests.e2e.stories import ADVICE, CALLS, PASSES, hooked, taught

pytestmark = pytest.mark.e2e


CLAUDE_CODE, CODEX = ClaudeCode(), Codex()


@pytest.fixture(scope="module", params=[CLAUDE_CODE, CODEX], ids=lambda p: p.name)
def agent(request: pytest.FixtureRequest) -> Program:
    """Each of both."""
    program: Program = request.param
    return program


@pytest.fixture(scope="module")
def desk(agent: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """After three sessions that failed, with two lessons in force."""
    made = taught(hooked(Desk(folder=tmp_path_factory.mktemp("desk")), agent), agent)
    yield made
    made.leave()


def test_what_was_recorded_is_what_the_program_wrote_down(agent: Program, desk: Desk) -> None:
    """So an import of the same sessions finds nothing new."""
    sessions = desk.home / agent.folder / agent.sessions
    told = json.loads(desk.failonce("import", str(sessions), "--json"))
    assert (told["calls"], told["failures"], told["new"]) == (CALLS, CALLS // 2, 0)


def test_the_call_is_blocked_with_advice_that_the_model_sees(agent: Program, desk: Desk) -> None:
    before = len(desk.calls)
    session = agent.session(desk, report(agent, "2026-11", draft=True), report(agent, "2026-11"))
    assert ADVICE in session.results[0]
    assert [c["args"] for c in desk.calls[before:]] == [{"month": "2026-11"}]
    assert "report of 2026-11" in session.results[1]


def test_the_call_is_repaired(agent: Program, desk: Desk) -> None:
    before = len(desk.calls)
    session = agent.session(desk, entity(agent, "lamp.hall", detailed=True))
    assert [c["args"] for c in desk.calls[before:]] == [{"entity_id": "lamp.hall"}]
    assert "lamp.hall is on" in session.results[0]
    assert "Invalid arg" not in session.results[0]


@pytest.mark.parametrize("agent", [CLAUDE_CODE], indirect=True, ids=lambda p: p.name)
def test_a_repair_grants_no_permission(agent: Program, desk: Desk) -> None:
    """Where a person would be asked and is not there, the repaired call is not made."""
    before = len(desk.calls)
    wrong = entity(agent, "lamp.hall", detailed=True)
    desk.claude_code(wrong, Say(text="Done."), servers={"office": desk.office}, allowed=False)
    assert desk.calls[before:] == []


def test_the_rule_is_in_what_the_model_is_given_first(agent: Program, desk: Desk) -> None:
    rule = "Ask for reports by month, as in 2026-11."
    desk.failonce("learn", "office", rule)
    (lesson,) = desk.lessons(kind="rule")
    assert rule not in agent.session(desk).asked[0].text
    desk.failonce("approve", lesson["id"], "--reason", "so it is")
    assert rule in agent.session(desk).asked[0].text


def test_our_own_block_is_no_failure_of_the_tool(agent: Program, desk: Desk) -> None:
    """The program writes it down as an error; it must not teach anything."""
    agent.session(desk, report(agent, "2026-11", draft=True))
    desk.failonce("import", str(desk.home / agent.folder / agent.sessions))
    assert "Prevented" not in desk.failonce("failures")


def test_a_reason_passes_the_block(agent: Program, desk: Desk) -> None:
    before = len(desk.calls)
    (block,) = desk.lessons(kind="guardrail")
    agent.session(
        desk,
        report(agent, "2026-11", draft=True),
        agent.shell(f"true # failonce {block['id']}: drafts were promised for today"),
        report(agent, "2026-11", draft=True),
    )
    assert [c["args"] for c in desk.calls[before:]] == [PASSES]
    assert desk.comes_to_say("drafts were promised for today", "audit", "list", "--json")


@pytest.mark.parametrize("agent", [CODEX], indirect=True, ids=lambda p: p.name)
def test_codex_runs_no_hook_that_nobody_trusted(agent: Program, desk: Desk) -> None:
    """Why `failonce install codex` asks for `/hooks`: Codex itself says nothing of it."""
    before = len(desk.calls)
    session = Codex(trusted=False).session(desk, report(agent, "2026-11", draft=True))
    assert [c["args"] for c in desk.calls[before:]] == [PASSES]
    assert "trust" not in session.out


@pytest.mark.parametrize("agent", [CODEX], indirect=True, ids=lambda p: p.name)
def test_codex_finds_nothing_wrong_with_what_is_installed(agent: Program, desk: Desk) -> None:
    assert "hooks.json" not in agent.session(desk).out


def test_a_store_that_cannot_be_read_does_not_hold_up_the_agent(
    agent: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk = hooked(Desk(folder=tmp_path_factory.mktemp("broken")), agent)
    data = desk.home / ".local/share/failonce"
    data.mkdir(parents=True, exist_ok=True)
    for name in ("failonce.db", "failonce.db.in-force"):
        (data / name).write_bytes(b"\xff no such thing")
    agent.session(desk, report(agent, "2026-11", draft=True))
    assert [c["args"] for c in desk.calls] == [PASSES]


def test_taken_out_it_does_nothing(agent: Program, desk: Desk) -> None:
    """The last of this desk."""
    desk.failonce("uninstall", agent.name, "--yes")
    before = len(desk.calls)
    agent.session(desk, report(agent, "2026-11", draft=True))
    assert [c["args"] for c in desk.calls[before:]] == [PASSES]
