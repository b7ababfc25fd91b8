"""Recordings for the command line's tests, and a shell to run it in."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from failonce.surfaces.cli import main

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROJECT = "shop"

Call = dict[str, Any]


def call(
    tool: str, args: Mapping[str, object], error: str = "", *, session: str = "s", n: int = 0
) -> Call:
    return {
        "project": PROJECT,
        "session": session,
        "ts": (START + timedelta(seconds=n)).isoformat(),
        "tool": tool,
        "args": dict(args),
        "text": error or "fine",
        "is_error": bool(error),
    }


def renamed(sessions: int, tool: str = "read") -> list[Call]:
    """Sessions in which a tool is called with `path`, and then with `file`: a fixer."""
    out: list[Call] = []
    for s in range(sessions):
        name, session = f"notes-{s}.txt", f"r{s}"
        out += [
            call(tool, {"path": name}, "Error: unexpected argument 'path'", session=session),
            call(tool, {"file": name}, session=session, n=1),
            *(call(tool, {"file": f"{i}.txt"}, session=session, n=2 + i) for i in range(20)),
        ]
    return out


def stopped(sessions: int) -> list[Call]:
    """Sessions in which a call fails for its arguments and is never mended: a guardrail."""
    out: list[Call] = []
    for s in range(sessions):
        args, session = {"entity": f"light.{s}", "detailed": True}, f"e{s}"
        error = "Error: unexpected argument 'detailed'"
        out += [
            call("get_entity", args, error, session=session),
            *(call("get_entity", {"entity": f"x{i}"}, session=session, n=1 + i) for i in range(9)),
        ]
    return out


def history() -> list[Call]:
    """A history that teaches one fixer and one guardrail."""
    return [*renamed(12), *stopped(12)]


def write(path: Path, calls: Iterable[Call]) -> Path:
    path.write_text("".join(json.dumps(c) + "\n" for c in calls))
    return path


@dataclass(frozen=True, kw_only=True)
class Run:
    """What became of one command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of its output."""
        return json.loads(self.out.splitlines()[-1])

    @property
    def lines(self) -> list[Any]:
        """Every line of its output."""
        return [json.loads(line) for line in self.out.splitlines()]


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


class Shell:
    """A project, a home folder of its own, and the program in them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = folder / "home"
        self.project = folder / "project"
        for path in (self.home, self.project / ".git"):
            path.mkdir(parents=True)
        for name in list(os.environ):
            if name.startswith(("FAILONCE", "SKILL_LEARNING", "FORMAL_AI", "XDG_")):
                monkeypatch.delenv(name)
        monkeypatch.setenv("HOME", str(self.home))
        monkeypatch.chdir(self.project)
        self._set = monkeypatch.setenv

    @property
    def data(self) -> Path:
        """The user's data folder of failonce."""
        return self.home / ".local/share/failonce"

    @property
    def store(self) -> Path:
        """The default store."""
        return self.data / "failonce.db"

    def set(self, name: str, value: str) -> None:
        """Set a variable of the environment."""
        self._set(name, value)

    def run(self, *args: str | Path) -> Run:
        """Run a command in this process."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(a) for a in args])
        return Run(code=code, out=_written(out), err=_written(err))

    def ok(self, *args: str | Path) -> Run:
        """Run a command that must succeed."""
        run = self.run(*args)
        assert run.code == 0, run
        return run

    def program(
        self, *args: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> Run:
        """Run a command as a process of its own."""
        done = subprocess.run(
            self.argv(*args),
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
            env={**os.environ, **(env or {})},
        )
        return Run(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())

    def argv(self, *args: str | Path) -> Sequence[str]:
        """What starts a command."""
        return [sys.executable, "-m", "failonce", *map(str, args)]

    def learned(self) -> list[Any]:
        """Import the history, mine it, and list the lessons."""
        self.ok("import", write(self.project / "history.jsonl", history()))
        self.ok("mine")
        found = self.ok("lessons", "--json").json
        assert isinstance(found, list)
        return found

    def lesson(self, kind: str) -> str:
        """The id of the only lesson of a kind, learned from the history."""
        (found,) = [x["id"] for x in self.learned() if x["kind"] == kind]
        return str(found)
