"""A client of MCP servers that knows only the wire: what it got can be compared as it came."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
MODULES = ROOT / "node_modules"
PEERS = ROOT / ".peers/bin/python"
NEWEST = "2026-07-28"
META = "io.modelcontextprotocol"


def npm(package: str) -> list[str]:
    """The command of a server from npm; skips where it is not installed, and fails on CI."""
    folder = MODULES / package
    node = shutil.which("node")
    if node is None or not folder.is_dir():
        _missing(f"{package} is not installed: make assets (it needs npm)")
    assert node is not None
    told = json.loads((folder / "package.json").read_text())["bin"]
    program = told if isinstance(told, str) else next(iter(told.values()))
    return [node, str(folder / program)]


def pypi(module: str) -> list[str]:
    """The command of a server from PyPI, in the environment that is theirs."""
    if not PEERS.is_file():
        _missing(f"{module} is not installed: make install")
    return [str(PEERS), "-m", module]


def _missing(why: str) -> None:
    """Skip, and fail on CI."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def proxied(command: Sequence[str], *options: str) -> list[str]:
    """The same behind the proxy."""
    return [sys.executable, "-m", "failonce", "proxy", *options, "--", *command]


@dataclass
class Wire:
    """One conversation over a process's input and output."""

    process: asyncio.subprocess.Process
    replies: Mapping[str, Any]
    """What requests of the server are answered with, by method."""
    got: list[dict[str, Any]] = field(default_factory=list)
    noise: list[bytes] = field(default_factory=list)
    ids: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := await stream.readline():
            try:
                message = json.loads(line)
            except ValueError:
                self.noise.append(line)
                continue
            self.got.append(message)
            self.changed.set()
            if "method" in message and "id" in message:
                if message["method"] in self.replies:
                    self.send({"id": message["id"], "result": self.replies[message["method"]]})
                else:
                    error = {"code": -32601, "message": "Method not found"}
                    self.send({"id": message["id"], "error": error})

    def send(self, message: Mapping[str, Any]) -> None:
        self.raw(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def raw(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")

    def begin(self, method: str, params: Mapping[str, Any] | None = None) -> int:
        self.ids += 1
        message: dict[str, Any] = {"id": self.ids, "method": method}
        self.send(message if params is None else {**message, "params": params})
        return self.ids

    async def answer(self, id: object, seconds: float = 20) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while True:
                for message in self.got:
                    if message.get("id") == id and "method" not in message:
                        return message
                self.changed.clear()
                await self.changed.wait()

    async def until(self, method: str, count: int = 1, seconds: float = 20) -> None:
        """Wait for so many notifications or requests of the server."""
        async with asyncio.timeout(seconds):
            while sum(m.get("method") == method for m in self.got) < count:
                self.changed.clear()
                await self.changed.wait()

    async def ask(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return await self.answer(self.begin(method, params))

    async def call(self, tool: str, arguments: Mapping[str, Any], **params: Any) -> dict[str, Any]:
        return await self.ask("tools/call", {"name": tool, "arguments": arguments, **params})

    async def hello(self, version: str, capabilities: Mapping[str, Any] | None = None) -> None:
        """Shake hands."""
        client = {"name": "wire", "version": "1"}
        given = {"protocolVersion": version, "capabilities": capabilities or {}}
        await self.ask("initialize", {**given, "clientInfo": client})
        self.send({"method": "notifications/initialized"})

    async def leave(self, seconds: float = 10) -> int:
        """Close the input and wait for the end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        async with asyncio.timeout(seconds):
            return await self.process.wait()


def envelope(**more: Any) -> dict[str, Any]:
    """What each request of the newest revision says of its client."""
    return {
        "_meta": {
            f"{META}/protocolVersion": NEWEST,
            f"{META}/clientInfo": {"name": "wire", "version": "1"},
            f"{META}/clientCapabilities": {},
            **more,
        }
    }


class started:  # noqa: N801 - reads as a function
    """`async with started(command) as wire:`"""

    def __init__(
        self, command: Sequence[str], *, replies: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        self._command = command
        self._replies = replies or {}
        self._options = {"stderr": asyncio.subprocess.DEVNULL, "limit": 1 << 28, **options}

    async def __aenter__(self) -> Wire:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            **self._options,
        )
        self._wire = Wire(process, self._replies)
        self._reading = asyncio.get_running_loop().create_task(self._wire.read())
        return self._wire

    async def __aexit__(self, *_: object) -> None:
        process = self._wire.process
        if process.returncode is None:
            process.kill()
        await process.wait()
        await self._reading
