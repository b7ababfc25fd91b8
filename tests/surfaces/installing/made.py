"""A home with clients in it, and the commands that change their configuration."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from failonce.surfaces.installing.clients import Client, Scope, Surroundings
from failonce.surfaces.installing.installer import HOOKS, Installer, Plan


@dataclass(kw_only=True)
class Home:
    """A user's home, with a project in it."""

    folder: Path
    patch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.project = self.home / "shop"
        (self.project / ".git").mkdir(parents=True)
        self.environ = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}
        self.here = Surroundings(environ=self.environ, home=self.home, directory=self.project)
        self.installer = Installer(self.home / "installed")

    def file(self, client: Client = Client.CLAUDE_CODE, scope: Scope = Scope.USER) -> Path:
        return self.here.hooks_file(client, scope)

    def write(self, content: str | bytes, client: Client = Client.CLAUDE_CODE) -> Path:
        path = self.file(client)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def install(self, client: Client = Client.CLAUDE_CODE) -> Plan:
        plan = self.installer.hooks(client, self.file(client))
        self.installer.carry_out(plan)
        return plan

    def uninstall(self, client: Client = Client.CLAUDE_CODE) -> Plan:
        from failonce.surfaces.installing.changes import without_hooks

        plan = self.installer.removal(self.file(client), HOOKS, without_hooks)
        self.installer.carry_out(plan)
        return plan

    def failonce(self, *args: str) -> tuple[int, str]:
        """How a command ends, and what it prints."""
        import os

        environ = {k: v for k, v in os.environ.items() if not k.startswith(("FAILONCE", "XDG"))}
        done = subprocess.run(
            [sys.executable, "-m", "failonce", *args],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environ | self.environ,
            cwd=self.project,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr
