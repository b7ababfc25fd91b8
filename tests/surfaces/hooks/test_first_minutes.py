"""From nothing to a lesson in force, as somebody new to it goes: in a fresh home, by commands."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from failonce.model import Effect

TOOL = "mcp__home__get_entity"


class Newcomer:
    """A home in which Claude Code worked on a repository before, in two of its folders."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.repository = home / "shop"
        (self.repository / ".git").mkdir(parents=True)
        (self.repository / "below").mkdir()
        self.projects = home / ".claude" / "projects" / "-shop"
        self.projects.mkdir(parents=True)
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("FAILONCE", "XDG"))}
        self.environ = plain | {"HOME": str(home)}

    def record(self, n: int) -> None:
        """A session in which an argument is given that the tool does not take, and then not."""
        cwd = self.repository if n % 2 else self.repository / "below"
        lines = []

        def line(kind: str, block: dict[str, Any], minute: int, **more: object) -> None:
            at = f"2026-11-{10 + n:02}T10:{minute:02}:00Z"
            told = {"type": kind, "sessionId": f"s{n}", "cwd": str(cwd), "uuid": f"{n}-{minute}"}
            lines.append(
                json.dumps({**told, "timestamp": at, "message": {"content": [block]}} | more)
            )

        for k in range(6):
            args = {"entity_id": f"light.{n}{k // 2}"} | ({} if k % 2 else {"detailed": True})
            own, error = f"toolu_{n}_{k}", "" if k % 2 else "Invalid arg 'detailed'"
            line("assistant", {"type": "tool_use", "id": own, "name": TOOL, "input": args}, 2 * k)
            result = {"type": "tool_result", "tool_use_id": own, "content": error or "on"}
            line("user", {**result, "is_error": bool(error)}, 2 * k + 1)
        (self.projects / f"s{n}.jsonl").write_text("\n".join(lines))

    def failonce(self, *args: str) -> str:
        return self._run([sys.executable, "-m", "failonce", *args])

    def hook(self, event: str, **fields: object) -> dict[str, Any]:
        """What the command in Claude Code's settings answers."""
        settings = json.loads((self.home / ".claude" / "settings.json").read_text())
        (entry,) = settings["hooks"][event][0]["hooks"]
        common = {"session_id": "new", "cwd": str(self.repository / "below")}
        text = json.dumps({**common, "hook_event_name": event, "transcript_path": "", **fields})
        out = self._run([entry["command"], *entry["args"]], text)
        answer: dict[str, Any] = json.loads(out)["hookSpecificOutput"] if out else {}
        return answer

    def _run(self, command: list[str], text: str = "") -> str:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            env=self.environ,
            cwd=self.repository,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def test_from_what_claude_code_recorded_to_a_lesson_in_force(tmp_path: Path) -> None:
    new = Newcomer(tmp_path)
    for n in range(1, 9):
        new.record(n)
    assert "24 failure" in new.failonce("import", str(tmp_path / ".claude" / "projects"))
    assert "1 new lesson" in new.failonce("mine"), "both folders are one project"
    (lesson,) = json.loads(new.failonce("lessons", "--json"))
    new.failonce("approve", lesson["id"])
    assert "Done." in new.failonce("install", "claude-code", "--yes")

    wrong = {"entity_id": "light.1", "detailed": True}
    call = {"tool_name": TOOL, "tool_use_id": "x1"}
    for n in range(40):  # one session in ten goes without the lesson
        answer = new.hook("PreToolUse", **call, tool_input=wrong, session_id=f"new{n}")
        if answer:
            break
    right = {"entity_id": "light.1"}
    assert answer["updatedInput"] == right
    new.hook("PostToolUse", **call, tool_input=right, tool_response="on", session_id=f"new{n}")
    new.hook("SessionEnd", reason="other", session_id=f"new{n}")
    end = time.monotonic() + 120
    while Effect.REPAIRED not in new.failonce("show", lesson["id"], "--json"):
        assert time.monotonic() < end
        time.sleep(0.2)
    new.failonce("uninstall", "claude-code", "--yes")
    assert not (tmp_path / ".claude" / "settings.json").exists()
