"""Programs end their servers as they like, one of them by a signal that nobody hears."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from failonce.adapters.sql_store import open_store, store_url
from failonce.compose import SystemClock, configure
from failonce.compose.calling import drain
from tests.surfaces.mcp.proxy.wire import proxied, started

PATIENCE_S = 0.02

pytestmark = pytest.mark.slow

SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    result = {"content": [{"type": "text", "text": "fine"}]}
    if asked["method"] == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                  "serverInfo": {"name": "x", "version": "1"}}
    if asked["method"] == "tools/list":
        result = {"tools": [{"name": "get", "inputSchema": {"type": "object"}}]}
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.torture)])
def test_an_answered_call_outlives_the_proxy(data: Path, tmp_path: Path, times: int) -> None:
    """Killed a moment after the answer to the first call, and to one later; each time."""
    command = proxied([sys.executable, "-u", "-c", SERVER], "--name", "demo", "--no-learned")
    calls = [1 + 2 * (n % 2) for n in range(times)]

    async def go(count: int) -> None:
        async with started(command, cwd=tmp_path) as wire:
            await wire.hello("2025-11-25")
            await wire.ask("tools/list")
            for number in range(count):
                await wire.call("get", {"number": number})
            await asyncio.sleep(PATIENCE_S)
            wire.process.kill()

    url = store_url(data / "failonce.db")
    kept = []
    for count in calls:
        asyncio.run(go(count))
        drain(configure(store=url, directory=tmp_path), SystemClock())
        kept.append(sum(open_store(url).projects().values()))
    assert kept == [sum(calls[: n + 1]) for n in range(times)]


@pytest.mark.usefixtures("data")
def test_a_client_that_reads_no_more_and_leaves_is_no_trouble(tmp_path: Path) -> None:
    """Its end of the output is closed before its end of the input."""
    reads, writes = os.pipe()
    process = subprocess.Popen(
        proxied([sys.executable, "-u", "-c", SERVER], "--no-learned"),
        stdin=subprocess.PIPE,
        stdout=writes,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    os.close(writes)
    os.close(reads)
    hello = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n'
    _, said = process.communicate(hello, timeout=30)
    assert b"bug" not in said
    assert process.returncode == 0
