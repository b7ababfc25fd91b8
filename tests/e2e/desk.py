"""A desk of its own for one story: a home, a folder to work in, and both programs.

Nothing of whoever runs the tests reaches it: the environment is made from nothing, all keys are
made up, and every way out leads to the stand-in, which notes who asks and lets nobody through.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from time import monotonic, sleep
from typing import Any

from tests.e2e.standin import Asked, Line, standing_in

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
SOURCES = HERE.parent.parent / "src"
SECONDS = 120
"""A session that takes longer is ended, and the test fails."""
GRACE_S = 10
"""In which servers write down what they still hold, once their program is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session of a program that is over."""

    out: str
    """What it printed: its events, one JSON object a line."""
    asked: tuple[Asked, ...]
    """What it asked its model, in the agent's own loop."""

    @property
    def results(self) -> tuple[str, ...]:
        """What the model was told of its calls, in their order, as JSON."""
        return self.asked[-1].results


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One home and one folder of work, in which sessions follow each other."""

    folder: Path

    @property
    def home(self) -> Path:
        """Where the programs keep what is the user's. No session goes without a lesson.

        That is said in a file: Codex hands little of its environment to servers.
        """
        home = self._made("home")
        settings = home / ".config/failonce/config.toml"
        if not settings.exists():
            settings.parent.mkdir(parents=True)
            settings.write_text("[outcome]\nholdout = false\n")
        return home

    @property
    def work(self) -> Path:
        """The folder that the agent works in: the project."""
        return self._made("work")

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What arrived at the server `office`, all sessions, in its order."""
        log = self.folder / "calls.jsonl"
        return [json.loads(x) for x in log.read_text().splitlines()] if log.exists() else []

    @property
    def office(self) -> tuple[str, ...]:
        """The command of the server that the agent's tools are on."""
        return (sys.executable, "-S", str(HERE / "office.py"), str(self.folder / "calls.jsonl"))

    @staticmethod
    def own(*args: str) -> tuple[str, ...]:
        """The command of `failonce …` as a server, of these very sources."""
        return ("env", f"PYTHONPATH={SOURCES}", sys.executable, "-m", "failonce", *args)

    @property
    def env(self) -> dict[str, str]:
        """The environment of all that runs here, `failonce` too."""
        return {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "SHELL": "/bin/sh",
            "PYTHONPATH": str(SOURCES),
        }

    def failonce(self, *args: str) -> str:
        """What `failonce …` prints, called in the folder of work; it must end well."""
        done = subprocess.run(
            [sys.executable, "-m", "failonce", *args],
            cwd=self.work,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            stdin=DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def leave(self) -> None:
        """Who stays for hooks goes without its socket."""
        for asked in self.folder.rglob("*.hooks/asked"):
            asked.unlink()

    def comes_to_say(self, text: str, *args: str) -> bool:
        """Whether `failonce …` prints this now or soon: sessions are taken in behind them."""
        deadline = monotonic() + SECONDS / 4
        while text not in (said := self.failonce(*args)) and monotonic() < deadline:
            sleep(0.5)
        return text in said

    def lessons(self, **wanted: str) -> list[dict[str, Any]]:
        """The lessons, or those with these fields."""
        found = json.loads(self.failonce("lessons", "--json"))
        return [x for x in found if all(x.get(k) == v for k, v in wanted.items())]

    def claude_code(
        self,
        *answers: Line,
        servers: Mapping[str, Sequence[str]] = {},
        allowed: bool = True,
    ) -> Session:
        """A session of Claude Code in which the model gives these answers.

        `allowed`: the tools of the servers, named with their commands, and the shell need no
        permission. Without it a person would be asked, and as there is none it is refused.
        """
        config = {n: {"command": c, "args": args} for n, (c, *args) in servers.items()}
        own = {
            "IS_SANDBOX": "1",
            "ANTHROPIC_API_KEY": "sk-ant-made-up",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        }
        command = (
            str(_binary("@anthropic-ai/claude-code-linux-*/claude")),
            *("-p", "Do it.", "--output-format", "stream-json", "--verbose"),
            *("--mcp-config", json.dumps({"mcpServers": config})),
            *(["--allowedTools", ",".join(("Bash", *(f"mcp__{n}" for n in servers)))] * allowed),
        )
        with standing_in(*answers) as model:
            out = self._run(
                command, own | {"ANTHROPIC_BASE_URL": model.url} | _no_way_out(model.url)
            )
            model.alone()
            return Session(out=out, asked=model.script.turns())

    def codex(
        self,
        *answers: Line,
        servers: Mapping[str, Sequence[str]] = {},
        trusted: bool = True,
    ) -> Session:
        """A session of Codex in which the model gives these answers.

        `trusted`: its hooks run although no person looked at them in its own `/hooks`.
        """
        with standing_in(*answers) as model:
            given = {
                "model": "made-up",
                "model_provider": "standin",
                "model_providers.standin.name": "standin",
                "model_providers.standin.base_url": f"{model.url}/v1",
                "model_providers.standin.wire_api": "responses",
                "model_providers.standin.env_key": "STANDIN_KEY",
                "analytics.enabled": False,
                "features.plugins": False,
                "check_for_update_on_startup": False,
            }
            for name, (command, *args) in servers.items():
                given[f"mcp_servers.{name}.command"] = command
                given[f"mcp_servers.{name}.args"] = args
                # else a server that takes a second to start is not there in the whole turn
                given[f"mcp_servers.{name}.required"] = True
            command = (
                str(_binary("@openai/codex-linux-*/vendor/*/bin/codex")),
                *("exec", "--json", "--skip-git-repo-check"),
                "--dangerously-bypass-approvals-and-sandbox",
                *(["--dangerously-bypass-hook-trust"] if trusted else []),
                *(
                    word
                    for key, value in given.items()
                    for word in ("-c", f"{key}={json.dumps(value)}")
                ),
                "Do it.",
            )
            out = self._run(command, {"STANDIN_KEY": "made-up"} | _no_way_out(model.url))
            model.alone()
            return Session(out=out, asked=model.script.turns())

    def _run(self, command: Sequence[str], more: Mapping[str, str]) -> str:
        """What a program prints. All that it started ends with it, or soon after."""
        with Popen(
            command,
            cwd=self.work,
            env=self.env | dict(more),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
            start_new_session=True,
        ) as program:
            try:
                out, err = program.communicate(timeout=SECONDS)
            finally:
                _end(program)
        assert program.returncode == 0, out + err
        return out

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def _end(program: Popen[str]) -> None:
    """Give what a program started the time to end by itself, as a machine would; then end it."""
    deadline = monotonic() + GRACE_S
    with suppress(ProcessLookupError):
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
        while monotonic() < deadline:
            os.killpg(program.pid, 0)
            sleep(0.05)
        os.killpg(program.pid, signal.SIGKILL)


def _binary(pattern: str) -> Path:
    found = sorted(MODULES.glob(pattern))
    assert found, f"{pattern} is not installed in {MODULES}: run `make e2e`"
    return found[0]


def _no_way_out(url: str) -> dict[str, str]:
    return {"HTTPS_PROXY": url, "HTTP_PROXY": url, "NO_PROXY": "127.0.0.1"}
