"""Whatever is wrong with failonce, the agent runs as without it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pydantic_ai import Agent, ModelRetry

import failonce
from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from failonce.kinds.hint import Retry
from failonce.kinds.rule import Rule
from failonce.model import Mode
from failonce.review import Review
from failonce.surfaces.agents.pydantic_ai import calls, capability, specs
from failonce.surfaces.watching import course, host, tool
from tests.looped import Desk
from tests.surfaces.agents.made import Script, Turn, agent, call
from tests.surfaces.watching.made import guardrail, hint, renaming
from tests.surfaces.watching.made import room as made


def find(what: str, color: str = "red") -> str:
    """Find something."""
    if what == "bad":
        raise ModelRetry("There is no such thing.")
    return f"{color} {what}"


def turns() -> list[Turn]:
    """Good calls, a refused one, one that the tool refuses."""
    return [
        [call("find", what="a"), call("find", what="b", color="blue")],
        [call("find", who="a")],
        [call("find", what="bad")],
        [call("find", what="c")],
        "done",
    ]


def plain(script: Script) -> Any:
    """What a model reads of its tools."""
    return [[(a.content, a.outcome, a.retry) for a in told.answers] for told in script.told]


LESSONS = (
    renaming("find", "x", "what"),
    renaming("find", "y", "what", moment=Moment.AFTER_FAILURE, regex="no such thing"),
    guardrail("find", "color", Strength.WARN),
    hint("find", Retry(max_retries=1)),
    Rule(component="find", sentence="Look twice."),
)

PLACES = [
    (capability, "Run"),
    (capability.Run, "_rules"),
    (capability.Run, "_missing"),
    (calls.Invocation, "__init__"),
    (calls, "decoded"),
    (capability, "AgentTool"),
    (specs, "spec_from"),
    (specs.Specs, "of"),
    (host.Host, "known"),
    (host.Host, "situation"),
    (host.Host, "put"),
    (host.Host, "tell"),
    (tool.Tool, "_begin"),
    (tool.Tool, "reported"),
    (course.Begun, "over"),
    (course.Begun, "failure"),
    (course.Begun, "handed"),
    (calls, "course"),
    (calls, "advance"),
    (calls, "_going_on"),
]


@pytest.mark.parametrize(("where", "name"), PLACES, ids=lambda x: getattr(x, "__name__", x))
def test_whatever_breaks_the_agent_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    """The model reads the same of its tools, and each tool runs as often."""

    def broken(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("a bug of failonce")

    expected, script = Script(turns()), Script(turns())
    Agent(expected.model, tools=[find], retries=2).run_sync("go")
    with made(tmp_path) as room:
        room.teach(*LESSONS)
        monkeypatch.setattr(where, name, broken)
        ran: list[str] = []

        def counted(what: str, color: str = "red") -> str:
            ran.append(what)
            return find(what, color)

        counted.__name__ = "find"
        counted.__doc__ = find.__doc__
        assert agent(script, counted, retries=2).run_sync("go").output == "done"
        assert room.host.lost > 0
        assert "a bug of failonce" in room.host.last
        assert room.host.in_force.refused == 0
    assert plain(script) == plain(expected)
    assert sorted(ran) == ["a", "b", "bad", "c"]


def test_where_a_project_is_off_nothing_is_done(tmp_path: Path) -> None:
    """Nothing recorded, nothing repaired, nothing in the instructions."""
    with made(tmp_path) as room:
        room.teach(*LESSONS)
        review = Review(store=room.store, clock=room.host.clock, workspace=Desk())
        review.set_mode(Mode.OFF)
        room.publish()
        expected, script = Script(turns()), Script(turns())
        Agent(expected.model, tools=[find], retries=2).run_sync("go")
        agent(script, find, retries=2).run_sync("go")
        assert plain(script) == plain(expected)
        assert {(t.words, t.instructions) for t in script.told} == {(("go",), ""), ((), "")}
        assert room.calls() == []


SCRIPT = """
import sys, threading
from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
import failonce

def find(what: str) -> str:
    return what

def model(messages, info):
    if len(messages) == 1:
        return ModelResponse(parts=[ToolCallPart("find", {"what": "a"})])
    return ModelResponse(parts=[TextPart("done")])

agent = Agent(FunctionModel(model), tools=[find], capabilities=[failonce.capability()])
print(agent.run_sync("go").output)
print([t.name for t in threading.enumerate() if "failonce" in t.name])
"""


def test_off_for_a_process_makes_no_file(tmp_path: Path) -> None:
    """And starts no thread."""
    env = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    env |= {"XDG_CONFIG_HOME": str(tmp_path / "config"), "FAILONCE": "off"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "done\n[]\n", done.stderr
    assert sorted(tmp_path.rglob("*")) == []


def test_without_the_extra_one_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else of failonce needs it."""
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    with pytest.raises(ImportError, match=r"pip install 'failonce\[pydantic-ai\]'") as caught:
        failonce.capability()
    assert "\n" not in str(caught.value)


def test_only_who_asks_for_it_loads_the_library() -> None:
    """Importing failonce does not."""
    script = "import failonce, sys; failonce.capability; print('pydantic_ai' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
