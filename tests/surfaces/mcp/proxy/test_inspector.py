"""The official inspector's command line before a server, and before the same behind the proxy."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.surfaces.mcp.proxy.wire import ROOT, npm

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("data")]


def asked(config: Path, *args: str) -> Any:
    """What the inspector prints, of the one server of a configuration."""
    inspector = npm("@modelcontextprotocol/inspector")
    done = subprocess.run(
        [*inspector, "--cli", "--config", str(config), "--server", "everything", *args],
        cwd=config.parent,
        env={**os.environ, "HOME": str(config.parent / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = done.stdout or done.stderr.splitlines()[-1]
    return done.returncode, json.loads(said)


@pytest.fixture
def configs(tmp_path: Path) -> tuple[Path, Path]:
    """A client's configuration, and the same with its server put behind the proxy."""
    (tmp_path / "home").mkdir()
    kept = {n: os.environ[n] for n in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    kept["PYTHONPATH"] = os.environ.get("PYTHONPATH", str(ROOT / "src"))
    command, *args = npm("@modelcontextprotocol/server-everything")
    server = {"command": command, "args": args, "env": kept}
    direct, behind = tmp_path / "direct.json", tmp_path / "behind.json"
    for path in (direct, behind):
        path.write_text(json.dumps({"mcpServers": {"everything": server}}, indent=2))
    wrap = [sys.executable, "-m", "failonce", "proxy", "--config", str(behind), "--yes"]
    subprocess.run(wrap, check=True, capture_output=True)
    assert behind.read_text() != direct.read_text()
    return direct, behind


LIST = ["--method", "tools/list"]
SUM = ["--method", "tools/call", "--tool-name", "get-sum", "--tool-arg", "a=1", "b=2"]
UNKNOWN = ["--method", "tools/call", "--tool-name", "none"]
MORE = [
    ["--method", "tools/call", "--tool-name", "get-structured-content",
     "--tool-arg", "location=Chicago"],
    ["--method", "resources/list"],
    ["--method", "resources/templates/list"],
    ["--method", "prompts/get", "--prompt-name", "args-prompt", "--prompt-args", "city=Ghent"],
]  # fmt: skip
"""What `test_servers` shows of the same server over the wire."""


@pytest.mark.parametrize(
    "args",
    [LIST, SUM, UNKNOWN, *(pytest.param(x, marks=pytest.mark.torture) for x in MORE)],
    ids=lambda args: " ".join(args[1:5:2]),
)
def test_it_sees_the_same(args: list[str], configs: tuple[Path, Path]) -> None:
    """But for the one tool that runs what was learned."""
    direct, behind = configs
    expected = asked(direct, *args)
    code, found = asked(behind, *args)
    if "tools" in found:
        assert found["tools"].pop()["name"] == "run_learned_tool"
    assert (code, found) == expected
