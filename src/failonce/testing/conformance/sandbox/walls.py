# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""Nothing is reached that was not granted."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from failonce.model import (
    Ending,
)
from failonce.ports import Sandbox
from failonce.testing.conformance.sandbox.jobs import OPENING, job, knocked, listening


class WallConformance:
    """Nothing that was not granted is reached."""

    def test_files_of_the_host(self, sandbox: Sandbox) -> None:
        """Not to read, not to write, not to name, where everybody else may."""
        with TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            bait = Path(folder, "bait")
            bait.write_text("secret")
            bait.chmod(0o666)
            ran = sandbox.run(job(OPENING, {"path": str(bait)}))
            assert ran.value == [False]
            assert bait.read_text() == "secret"

    def test_the_network(self, sandbox: Sandbox) -> None:
        """Not even this machine's own loopback."""
        source = """
            import socket
            def f(port):
                with socket.create_connection(("127.0.0.1", port), 1) as s:
                    return s.send(b"x")
        """
        with listening() as (door, port):
            ran = sandbox.run(job(source, {"port": port}))
            assert ran.ending is Ending.RAISED
            assert not knocked(door)

    def test_processes_and_their_signals(self, sandbox: Sandbox) -> None:
        """None is started, none is found."""
        for call in (
            "os.fork()",
            "subprocess.run(['true'])",
            "os.system('true')",
            "os.kill(pid, 0)",
        ):
            source = f"import os, subprocess\ndef f(pid): return {call} or 'did'"
            ran = sandbox.run(job(source, {"pid": os.getpid()}))
            assert ran.ending is Ending.RAISED or ran.value not in (0, "did"), call

    def test_who_and_where(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody's rights, nothing of the environment, nothing installed."""
        monkeypatch.setenv("FAILONCE_BAIT", "secret")
        source = """
            import os, sys
            def f():
                return {"ids": [os.getuid(), os.geteuid(), os.getegid()],
                        "bait": "FAILONCE_BAIT" in os.environ,
                        "path": [p for p in sys.path if p.endswith("-packages")]}
        """
        value = sandbox.run(job(source)).value
        assert isinstance(value, dict)
        assert 0 not in value["ids"]
        assert value["bait"] is False
        assert value["path"] == []
