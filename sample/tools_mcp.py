"""Real MCP servers as a tool box: started by the official Python SDK, spoken to over stdio.

The SDK is imported by name, for it is installed only where the recording is made
(`requirements.txt`). Tool names carry their server's, as agent programs show them:
`mcp__filesystem__read_text_file`.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sample.recorder import Args
from sample.steady import renamed_root

SHOWN_ROOT = "/workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Where the servers are: npm's folder and two virtual environments (`README.md`)."""

    node: Path
    python: Path
    sqlite: Path

    def commands(self, root: Path, now: datetime) -> dict[str, list[str]]:
        """Return how each server is started."""
        npm, bin_ = self.node / "node_modules" / ".bin", self.python / "bin"
        clock = str(Path(__file__).with_name("time_server.py"))
        return {
            "filesystem": [str(npm / "mcp-server-filesystem"), str(root)],
            "memory": [str(npm / "mcp-server-memory")],
            "everything": [str(npm / "mcp-server-everything")],
            "git": [str(bin_ / "mcp-server-git")],
            "time": [str(bin_ / "python"), clock, now.isoformat(), "--local-timezone", "UTC"],
            "sqlite": [
                str(self.sqlite / "bin" / "mcp-server-sqlite"),
                "--db-path",
                str(root / "catalogue.db"),
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerBox:
    """Runs the tools of the started servers; paths are the workspace's in both directions."""

    root: Path
    clients: Mapping[str, Callable[[str, dict[str, object]], tuple[str, bool]]]

    def call(self, tool: str, args: Args) -> tuple[str, bool]:
        """Run `mcp__server__tool`."""
        _, server, name = tool.split("__", 2)
        real = {key: _map(value, SHOWN_ROOT, str(self.root)) for key, value in args.items()}
        text, is_error = self.clients[server](name, real)
        return renamed_root(text, real=str(self.root), shown=SHOWN_ROOT), is_error


@contextmanager
def started(
    installed: Installed, *, root: Path, memory: Path, now: datetime
) -> Iterator[ServerBox]:
    """Start all servers with their clock at `now` and stop them afterwards."""
    sdk: Any = importlib.import_module("mcp")
    portals: Any = importlib.import_module("anyio.from_thread")
    moment = now.strftime("%Y-%m-%dT%H:%M:%S+0000")
    environment = {
        "MEMORY_FILE_PATH": str(memory),
        "TZ": "UTC",
        "LC_ALL": "C",
        "HOME": str(root),
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(root.parent),
        "GIT_AUTHOR_NAME": "Agent",
        "GIT_AUTHOR_EMAIL": "agent@example.com",
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_NAME": "Agent",
        "GIT_COMMITTER_EMAIL": "agent@example.com",
        "GIT_COMMITTER_DATE": moment,
    }
    with ExitStack() as stack:
        portal = stack.enter_context(portals.start_blocking_portal())
        clients = {}
        for name, words in installed.commands(root, now).items():
            start = sdk.StdioServerParameters(
                command=words[0], args=words[1:], env=environment, cwd=root
            )
            quiet = stack.enter_context(Path(os.devnull).open("w"))
            client = sdk.Client(sdk.stdio_client(start, errlog=quiet))
            stack.enter_context(portal.wrap_async_context_manager(client))
            clients[name] = _caller(portal, client, sdk.MCPError)
        yield ServerBox(root=root, clients=clients)


def _caller(
    portal: Any, client: Any, protocol_error: type[Exception]
) -> Callable[[str, dict[str, object]], tuple[str, bool]]:
    def call(name: str, args: dict[str, object]) -> tuple[str, bool]:
        try:
            result = portal.call(client.call_tool, name, args)
        except protocol_error as error:
            return str(error), True
        parts = [getattr(part, "text", f"<{part.type}>") for part in result.content]
        return "\n".join(parts), bool(result.is_error)

    return call


def _map(value: object, old: str, new: str) -> object:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_map(part, old, new) for part in value]
    if isinstance(value, dict):
        return {key: _map(part, old, new) for key, part in value.items()}
    return value
