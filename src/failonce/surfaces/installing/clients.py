"""Which clients there are, where their configuration is, and what goes into it."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from failonce.adapters.whereabouts import project_root
from failonce.model import Json
from failonce.surfaces.hooks import payload as events
from failonce.surfaces.installing import commands

TIMEOUT_S: Final = 10
"""After so long a client ends a hook of ours, should it not have ended itself."""
SERVER: Final = "failonce"
"""What our own MCP server is called in a client's configuration."""


class Client(StrEnum):
    """A coding agent whose configuration can be changed."""

    CLAUDE_CODE = events.CLAUDE_CODE
    CODEX = events.CODEX

    @property
    def makers(self) -> str:
        """As its makers write it."""
        return {"claude-code": "Claude Code", "codex": "Codex"}[self]

    @property
    def program(self) -> str:
        """What it is called on the PATH."""
        return {"claude-code": "claude", "codex": "codex"}[self]


class Scope(StrEnum):
    """For whom a configuration holds."""

    USER = "user"
    """In all projects of this user."""
    PROJECT = "project"
    """In one project, on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a user's files are, as the environment says."""

    environ: Mapping[str, str]
    home: Path
    directory: Path

    @classmethod
    def here(cls) -> "Surroundings":
        """Those of this process."""
        return cls(environ=os.environ, home=Path.home(), directory=Path.cwd())

    @property
    def project(self) -> Path:
        """The project of the working directory."""
        return Path(project_root(str(self.directory)))

    def folder(self, client: Client) -> Path:
        """The user's folder of a client."""
        variable, usual = _FOLDERS[client]
        named = self.environ.get(variable, "").strip()
        return Path(named).expanduser() if named else self.home / usual

    def found(self, client: Client) -> str:
        """Where a client is on this machine, empty where it is not."""
        where = shutil.which(client.program, path=self.environ.get("PATH"))
        if where:
            return where
        folder = self.folder(client)
        return str(folder) if folder.is_dir() else ""

    def hooks_file(self, client: Client, scope: Scope) -> Path:
        """The file that a client's hooks stand in.

        In a project it is one that is not shared: the path of a program on this machine stands
        in it.
        """
        if client is Client.CLAUDE_CODE:
            if scope is Scope.USER:
                return self.folder(client) / "settings.json"
            return self.project / ".claude" / "settings.local.json"
        folder = self.folder(client) if scope is Scope.USER else self.project / ".codex"
        return folder / "hooks.json"

    def servers_file(self, client: Client, scope: Scope) -> Path:
        """The file that a client's MCP servers stand in."""
        if client is Client.CODEX:
            folder = self.folder(client) if scope is Scope.USER else self.project / ".codex"
            return folder / "config.toml"
        if scope is Scope.PROJECT:
            return self.project / ".mcp.json"
        named = self.environ.get(_FOLDERS[client][0], "").strip()
        return (Path(named).expanduser() if named else self.home) / ".claude.json"


_FOLDERS: Final[Mapping[Client, tuple[str, str]]] = {
    Client.CLAUDE_CODE: ("CLAUDE_CONFIG_DIR", ".claude"),
    Client.CODEX: ("CODEX_HOME", ".codex"),
}

_EVENTS: Final[Mapping[Client, tuple[str, ...]]] = {
    Client.CLAUDE_CODE: (events.BEFORE, events.AFTER, events.FAILED, events.START, events.END),
    Client.CODEX: (events.BEFORE, events.AFTER, events.START, events.END),
}
_OF_TOOLS: Final = (events.BEFORE, events.AFTER, events.FAILED)


def groups(client: Client) -> dict[str, Json]:
    """The hooks of failonce in the form of a client, by event."""
    program, *rest = command = commands.hook(client)
    entry: dict[str, Json]
    if client is Client.CLAUDE_CODE:  # called without a shell: nothing has to be quoted
        entry = {"type": "command", "command": program, "args": list[Json](rest)}
    else:
        entry = {"type": "command", "command": commands.shell(command)}
    entry["timeout"] = TIMEOUT_S
    return {event: _group(client, event, entry) for event in _EVENTS[client]}


def _group(client: Client, event: str, entry: Json) -> Json:
    matches = client is Client.CLAUDE_CODE and event in _OF_TOOLS
    return {**({"matcher": "*"} if matches else {}), "hooks": [entry]}


def server() -> dict[str, Json]:
    """Our own MCP server, as clients configure one."""
    program, *rest = commands.server()
    return {"command": program, "args": list[Json](rest)}
