"""The eighteen components of a seed, each found by asking what does the work."""

import sqlite3
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Enforced
from tests.endpoint import Reply, serving
from tests.kinds.tool.made import TITLE
from tests.sandboxed import the_sandbox
from tests.surfaces.cli.made import Shell

Found = dict[str, dict[str, Any]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, monkeypatch)


def parts(shell: Shell) -> Found:
    run = shell.ok("status", "--parts", "--json")
    return {c["name"]: c for c in run.json["parts"]}


def told(shell: Shell) -> dict[str, int]:
    found = shell.ok("status", "--json").json["tools"]
    assert isinstance(found, dict)
    return found


def approved(shell: Shell, source: str = TITLE) -> str:
    """A learned tool in force."""
    the_sandbox()
    path = shell.project / "title.py"
    path.write_text(source)
    lesson = str(shell.ok("tools", "add", path, "--json").json["id"])
    shell.ok("approve", lesson)
    return lesson


@pytest.mark.proves("H31")
def test_eighteen_are_told_and_nothing_is_learned_at_first(shell: Shell) -> None:
    the_sandbox()
    found = parts(shell)
    groups = Counter(c["group"] for c in found.values())
    assert groups == {"core": 7, "registry": 4, "dynamic tools": 4, "server": 3}
    states = Counter(c["stands"] for c in found.values())
    assert states == {"ready": 15, "partly": 2, "absent": 1}
    lacking = {n: c["stands"] for n, c in found.items() if c["stands"] != "ready"}
    assert lacking == {
        "CodeGenerator": "partly",
        "Tool generator": "partly",
        "GPT interface": "absent",
    }
    assert set(told(shell).values()) == {0}
    said = shell.ok("status", "--parts").out
    assert "Tools    0 known, 0 learned (0 generated, 0 in force, 0 waiting)" in said
    assert "Parts of learning tools: 15 ready, 2 partly, 1 absent, of 18" in said
    assert "model.name: optional: none is configured, and nothing is sent → set model.name" in said


@pytest.mark.proves("H7", "H11", "H16", "H31")
def test_the_mcp_server_is_started_and_asked_for_its_tools(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = parts(shell)
    assert found["MCP server"]["detail"] == "it was started, and listed 12 tools to a client"
    approved(shell)
    assert "listed 13 tools" in parts(shell)["Self-learning integration"]["detail"]
    for name in [n for n in sys.modules if n.startswith("failonce.surfaces.mcp")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mcp", None)
    found = parts(shell)
    assert {found[n]["stands"] for n in ("MCP server", "Self-learning integration")} == {"absent"}
    assert found["MCP server"]["cure"] == "pip install 'failonce[mcp]'"
    assert found["Integration module"]["stands"] == "partly"


@pytest.mark.proves("H31")
def test_without_a_sandbox_what_needs_one_says_so(shell: Shell, tmp_path: Path) -> None:
    shell.set("PATH", str(tmp_path))
    found = parts(shell)
    assert found["SandboxExecutor"]["stands"] == "absent"
    assert "install the package bubblewrap" in found["SandboxExecutor"]["detail"]
    assert found["CodeValidator"]["stands"] == "partly"
    assert found["CodeGenerator"]["stands"] == found["Tool generator"]["stands"] == "absent"
    assert found["Memory manager"]["stands"] == "ready"


def test_only_who_asks_for_the_parts_waits_for_the_sandbox(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    real = Bubblewrap.barriers

    def barriers(self: Bubblewrap) -> Sequence[Enforced]:
        asked.append(True)
        return real(self)

    monkeypatch.setattr(Bubblewrap, "barriers", barriers)
    assert shell.ok("status", "--json").json["parts"] is None
    assert "status --parts" in shell.ok("status").out
    assert not asked
    parts(shell)
    assert asked


def test_a_model_is_ready_once_it_can_be_asked_and_is_not_asked(shell: Shell) -> None:
    the_sandbox()
    shell.set("FAILONCE_MODEL__NAME", "scripted")
    shell.set("FAILONCE_MODEL__KEY", "NO_SUCH_KEY_HERE")
    found = parts(shell)
    assert found["GPT interface"]["stands"] == found["Tool generator"]["stands"] == "broken"
    assert "NO_SUCH_KEY_HERE, which is not set" in found["GPT interface"]["detail"]
    assert found["CodeGenerator"]["stands"] == "partly", "calls that recur need no model"
    shell.set("NO_SUCH_KEY_HERE", "k-1")
    with serving(Reply()) as server:
        shell.set("FAILONCE_MODEL__URL", server.url)
        found = parts(shell)
        assert not server.asked
    assert {found[n]["stands"] for n in ("GPT interface", "CodeGenerator", "Tool generator")} == {
        "ready"
    }
    assert "scripted" in found["GPT interface"]["detail"]


def test_where_learning_is_off_the_loop_is_absent(shell: Shell) -> None:
    shell.ok("config", "mode", "off")
    off = parts(shell)["SelfLearningController"]
    assert (off["stands"], off["cure"]) == ("absent", "failonce config mode manual")
    shell.ok("config", "mode", "manual")
    shell.set("FAILONCE", "off")
    assert parts(shell)["SelfLearningController"]["cure"] == "unset FAILONCE"


def test_a_learned_tool_is_counted_and_looked_for_where_processes_look(shell: Shell) -> None:
    approved(shell)
    assert told(shell) == {
        "known": 0, "tools": 1, "generated": 0, "in_force": 1, "waiting": 0, "versions": 1,
    }  # fmt: skip
    found = parts(shell)
    assert "1 version of 1 tool" in found["CodeUpdater"]["detail"]
    assert found["Dynamic tool loader"]["detail"].startswith("1 tool ")
    file = shell.store.with_name(f"{shell.store.name}.in-force")
    content = file.read_bytes()
    file.write_bytes(content[:-40] + bytes(40))
    assert parts(shell)["Dynamic tool loader"]["stands"] == "broken"
    file.unlink()
    shell.set("FAILONCE", "off")  # else the command itself puts the file back
    gone = parts(shell)["Dynamic tool loader"]
    assert gone["stands"] == "partly"
    assert "title" in gone["detail"]
    shell.set("FAILONCE", "")
    assert parts(shell)["Dynamic tool loader"]["stands"] == "ready"


def test_a_tool_whose_bytes_changed_is_not_told_as_kept(shell: Shell) -> None:
    lesson = approved(shell)
    with sqlite3.connect(shell.store) as db:
        for kind, name in db.execute("select type, name from sqlite_master").fetchall():
            if kind == "trigger":
                db.execute(f'drop trigger "{name}"')
        db.execute("update lesson_version set proposal = replace(proposal, 'no title', 'bad')")
    changed = parts(shell)["CodeUpdater"]
    assert changed["stands"] == "broken"
    assert lesson in changed["detail"]


@pytest.mark.proves("H14")
def test_what_is_known_of_tools_is_counted(shell: Shell) -> None:
    (shell.project / "a.py").write_text("def one(): pass\ndef two(): pass\n")
    assert parts(shell)["Tools directory"]["cure"] == "failonce tools import FOLDER"
    shell.ok("tools", "import", shell.project / "a.py")
    assert told(shell)["known"] == 2
    found = parts(shell)
    assert found["Tools directory"]["detail"] == "2 tools in this project"
    assert found["Capability registry"]["detail"] == "2 from code, 0 learned"
