"""A hook that had to load the lessons stays, and answers those to come as they would themselves."""

import os
import shutil
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from failonce.adapters.whereabouts import Place
from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from failonce.kinds.rule import Rule
from failonce.surfaces.hooks import staying
from failonce.surfaces.hooks.memory import FOLDER
from failonce.surfaces.hooks.payload import Happened
from tests.surfaces.hooks.made import ENTRY, Agent
from tests.surfaces.hooks.test_troubles import loaded
from tests.surfaces.watching.made import PROJECT, guardrail, renaming

PATIENT = f"from failonce.surfaces.hooks import staying; staying._ANSWER_S = 60.0; {ENTRY}"
"""The program, where whoever stays may take its time."""
TOOL = "mcp__home__get_entity"
LAMP = {"id": "lamp", "detailed": True}

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or not hasattr(socket, "SO_PEERCRED"), reason="nobody can stay here"
)


def until(holds: Callable[[], Any], within_s: float = 60.0) -> Any:
    """What something comes to once it is true."""
    end = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return found


def who(agent: Agent) -> int:
    """The process that stays, 0 where none does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        try:
            asking.connect(str(agent.hooks / "asked"))
        except OSError:
            return 0
        told = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, _, _ = struct.unpack("3i", told)
    return int(process)


def alive(process: int) -> bool:
    """Whether a process works: one that ended may be there until its parent, init, looks."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


@pytest.fixture
def company(agent: Agent) -> Iterator[Agent]:
    """An agent whose hooks may stay; who stayed is gone at the end."""
    agent.patch.setenv("FAILONCE_STAY", "on")
    agent.entry = PATIENT
    yield agent
    if process := who(agent):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    shutil.rmtree(agent.hooks, ignore_errors=True)
    agent.hooks.touch()  # whoever waits for its turn finds no room


def blocked(agent: Agent, **environ: str) -> dict[str, Any]:
    call = {"tool_name": TOOL, "tool_input": LAMP, "tool_use_id": "x"}
    return agent.process(agent.payload("PreToolUse", **call), **environ)


def test_the_first_stays_and_the_next_ask_it(company: Agent) -> None:
    """What takes long is not loaded again; what is answered is the same, whoever does."""
    company.teach(guardrail(TOOL, "detailed"))
    first = blocked(company)
    assert first["permissionDecision"] == "deny"
    process = until(lambda: who(company))
    call = {"tool_name": TOOL, "tool_input": LAMP, "tool_use_id": "x"}
    modules = loaded(company, company.payload("PreToolUse", **call))
    assert "failonce.surfaces.hooks.staying" in modules
    assert not {"failonce.model", "dataclasses", "failonce.skill.decide", "socket"} & modules
    assert blocked(company) == first
    assert who(company) == process, "there is one only"
    assert company.effects() == ["prevented"] * 3
    assert company.troubles() == []


def test_it_goes_where_hooks_are_taken_out(company: Agent) -> None:
    """It is not left behind for the rest of its hour."""
    store = str(company.hooks).removesuffix(FOLDER)
    staying.dismiss(store)
    company.teach(guardrail(TOOL, "detailed"))
    blocked(company)
    process = until(lambda: who(company))
    assert staying.there(store)
    staying.dismiss(store)
    assert not staying.there(store)
    until(lambda: not alive(process))


def test_every_kind_is_answered_alike_by_the_one_that_stays(company: Agent) -> None:
    """The law: with company, alone and in one process a session gets the same answers."""
    company.teach(
        guardrail("Read", "detailed"),
        guardrail("Read", "slow", Strength.WARN),
        renaming("Read", "name", "id"),
        renaming("Read", "alias", "id", moment=Moment.AFTER_FAILURE, regex="Invalid arg"),
        Rule(component="read", sentence="Read it whole."),
    )
    given = ({"detailed": 1}, {"name": "x"}, {"slow": 1}, {"alias": "x"}, {"id": "x"})
    events: list[tuple[str, dict[str, Any]]] = [
        ("SessionStart", {"source": "startup"}),
        *(("PreToolUse", {"tool_input": args}) for args in given),
        ("PostToolUseFailure", {"tool_input": {"alias": "x"}, "error": "Invalid arg"}),
    ]

    def answers(send: Callable[[object], dict[str, Any]], session: str) -> list[dict[str, Any]]:
        company.session = session
        call = {"tool_name": "Read", "tool_use_id": "t"}
        return [send(company.payload(name, **call, **fields)) for name, fields in events]

    def without(payload: object) -> dict[str, Any]:
        return company.process(payload, FAILONCE_STAY="off")

    together = answers(company.process, "s1")
    assert who(company)
    assert together == answers(without, "s2") == answers(company.send, "s3")
    assert [bool(a) for a in together] == [True, True, True, True, False, False, True]
    assert company.troubles() == []
    sessions = [x.session for x in company.exposures()]
    assert sessions.count("s1") == sessions.count("s2") == sessions.count("s3") > 3


def test_what_is_decided_meanwhile_holds_at_once(company: Agent) -> None:
    (lesson,) = company.teach(guardrail(TOOL, "detailed"))
    assert blocked(company)["permissionDecision"] == "deny"
    process = until(lambda: who(company))
    company.failonce("undo", lesson)
    assert blocked(company) == {}
    company.teach(guardrail(TOOL, "detailed", Strength.WARN))
    assert "additionalContext" in blocked(company)
    assert who(company) == process


def test_a_session_in_which_lessons_may_speak_begins_with_one_that_stays(company: Agent) -> None:
    company.process(company.payload("SessionStart", source="startup"))
    company.teach(guardrail(TOOL, "detailed"))
    time.sleep(0.2)
    assert not who(company), "nothing was in force"
    assert company.process(company.payload("SessionStart", source="startup")) == {}
    until(lambda: who(company))


def test_nobody_stays_where_that_is_switched_off(company: Agent) -> None:
    company.teach(guardrail(TOOL, "detailed"))
    assert blocked(company, FAILONCE_STAY="off")
    assert not (company.hooks / "asked").exists()


def test_one_that_was_killed_or_hangs_is_done_without(
    company: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.teach(guardrail(TOOL, "detailed"))
    answer = blocked(company)
    process = until(lambda: who(company))
    os.kill(process, signal.SIGKILL)
    until(lambda: not alive(process))
    assert blocked(company) == answer
    other = until(lambda: who(company))
    assert other != process
    os.kill(other, signal.SIGSTOP)
    try:
        monkeypatch.setattr(staying, "_ANSWER_S", 0.1)
        company.entry = PATIENT.replace("_S = 60.0; from", "_S = 0.1; from")
        happened = Happened(company.payload("PreToolUse", tool_name=TOOL), "claude-code")
        here = Place(PROJECT, str(company.store.path), off=False, usually_off=False)
        assert staying.asked(happened, here, "") == []
        assert blocked(company) == answer
    finally:
        os.kill(other, signal.SIGCONT)
    assert company.troubles() == []


def test_it_goes_where_its_socket_is_gone_or_nobody_asks(
    company: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staying, "LOOK_S", 0.05)
    store = str(company.store.path)
    company.hooks.mkdir(exist_ok=True)
    staying.stay(store)
    process = until(lambda: who(company))
    (company.hooks / "asked").unlink()
    until(lambda: not alive(process))
    staying.stay(store, idle_s=0.2)
    until(lambda: who(company))
    until(lambda: not (company.hooks / "asked").exists())


def test_of_several_that_would_stay_one_does(company: Agent) -> None:
    company.teach(guardrail(TOOL, "detailed"))
    threads = [threading.Thread(target=blocked, args=(company,)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    process = until(lambda: who(company))
    time.sleep(0.1)
    assert who(company) == process
    assert len(company.effects()) == 4
    assert company.troubles() == []


def test_one_of_another_version_makes_room(company: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    company.teach(guardrail(TOOL, "detailed"))
    blocked(company)
    process = until(lambda: who(company))
    with monkeypatch.context() as patch:
        patch.setattr(staying, "__version__", "0.0.0")
        happened = Happened(company.payload("PreToolUse", tool_name=TOOL), "claude-code")
        here = Place(PROJECT, str(company.store.path), off=False, usually_off=False)
        assert staying.asked(happened, here, "") == []
    until(lambda: not alive(process))


def test_whoever_says_nonsense_or_leaves_ends_nothing(company: Agent) -> None:
    company.teach(guardrail(TOOL, "detailed"))
    answer = blocked(company)
    process = until(lambda: who(company))
    for sent in (b"", b"\0", b"\0\0\0\4null", b"\xff" * 64, b"\0\0\0\2[]"):
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as asking:
            asking.connect(str(company.hooks / "asked"))
            asking.sendall(sent)
    assert blocked(company) == answer
    assert who(company) == process


def test_it_holds_nothing_of_whoever_started_it(company: Agent) -> None:
    """Neither the streams that a client waits for, nor its folder, nor its terminal."""
    company.teach(guardrail(TOOL, "detailed"))
    blocked(company)
    process = until(lambda: who(company))
    own = Path(f"/proc/{process}")
    kept = {link.readlink() for link in (own / "fd").iterdir() if link.name in "012"}
    assert kept == {Path(os.devnull)}
    assert (own / "cwd").readlink() == Path("/")
    assert os.getsid(process) == process
    for path in (company.hooks / "asked", company.hooks / "staying"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_path_that_is_no_address_is_done_without() -> None:
    far = f"/{'x' * 100}/store.db"
    assert not staying.able(far, {})
    assert not staying.able("store.db", {})
    assert staying.able("/home/anna/.local/share/failonce/failonce.db", {})
