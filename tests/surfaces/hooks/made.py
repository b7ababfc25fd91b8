"""A project in which a coding agent works, and the hooks that its client calls."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from failonce.adapters.in_force import Publisher, file_beside
from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import SystemClock, configure
from failonce.compose.calling import drain
from failonce.kinds.behaviour import Behaviour
from failonce.model import Action, Arm, Evidence, Exposure
from failonce.policy import Policy
from failonce.surfaces.hooks import entry
from failonce.testing.samples import moved, proposed
from tests.surfaces.watching.made import NOTHING_WITHHELD, PROJECT, taught

ENTRY = "from failonce.surfaces.hooks import entry; entry.LIMIT_S = 60.0; entry.run()"
"""The program, where the machine may be as busy as it likes."""


@dataclass(kw_only=True)
class Agent:
    """A session of a client in a project called `shop`, whose store is beside it."""

    folder: Path
    patch: pytest.MonkeyPatch
    client: str = "claude-code"
    session: str = "s1"
    calls: int = 0
    entry: str = ENTRY
    store: SqlStore = field(init=False)
    publisher: Publisher = field(init=False)

    def __post_init__(self) -> None:
        self.project = self.folder / "project"
        (self.project / ".git").mkdir(parents=True)
        (self.project / "failonce.toml").write_text(f'project = "{PROJECT}"\n')
        self.url = store_url(self.folder / "store.db")
        self.patch.setenv("HOME", str(self.folder / "home"))
        self.patch.setenv("FAILONCE_STORE__URL", self.url)
        self.patch.setenv("FAILONCE_STAY", "off")
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "FAILONCE"):
            self.patch.delenv(name, raising=False)
        self.store = open_store(self.url)
        self.hooks = Path(f"{self.folder}/store.db.hooks")
        self.publish(NOTHING_WITHHELD)

    def publish(self, policy: Policy) -> None:
        """What is in force, for readers without settings of their own."""
        file = file_beside(self.store.path)
        self.publisher = Publisher(self.store, file, policy=policy, clock=SystemClock())
        self.publisher.publish()

    def teach(self, *bodies: Behaviour) -> list[str]:
        """Lessons that a person approved, in force at once; their ids."""
        before, made = len(self.store.lessons()), []
        for n, body in enumerate(bodies, before + 1):
            x = taught(n, body)
            self.store.commit(proposed(x))
            self.store.commit(moved(x, Action.APPROVE))
            made.append(x.id)
        self.publisher.publish()
        return made

    # ------------------------------------------------------------------ events

    def payload(self, event: str, **fields: Any) -> dict[str, Any]:
        return {
            "session_id": self.session,
            "transcript_path": "",
            "cwd": str(self.project),
            "permission_mode": "default",
            "hook_event_name": event,
            **fields,
        }

    def send(self, payload: object) -> dict[str, Any]:
        """What the hook answers, in this process; it must end well."""
        out = io.StringIO()
        text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        self.patch.setattr(sys, "stdout", out)
        try:
            assert entry.main([self.client]) == 0
        finally:
            self.patch.setattr(sys, "stdout", sys.__stdout__)
        return _answer(out.getvalue())

    def process(self, payload: object, **environ: str) -> dict[str, Any]:
        """The same as a process of its own."""
        text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        done = subprocess.run(
            [sys.executable, "-P", "-c", self.entry, self.client],
            input=text,
            capture_output=True,
            env=os.environ | environ,
            cwd=self.project,
            check=False,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return _answer(done.stdout.decode())

    def before(self, tool: str, args: object, **fields: Any) -> dict[str, Any]:
        """A call is about to be made."""
        self.calls += 1
        call = {"tool_name": tool, "tool_input": args, "tool_use_id": f"call-{self.calls}"}
        return self.send(self.payload("PreToolUse", **call, **fields))

    def worked(self, tool: str, args: object, response: object = "fine") -> dict[str, Any]:
        """The call that was about to be made worked."""
        call = {"tool_name": tool, "tool_input": args, "tool_use_id": f"call-{self.calls}"}
        return self.send(self.payload("PostToolUse", **call, tool_response=response))

    def failed(self, tool: str, args: object, error: str, **fields: Any) -> dict[str, Any]:
        """It failed."""
        call = {"tool_name": tool, "tool_input": args, "tool_use_id": f"call-{self.calls}"}
        return self.send(self.payload("PostToolUseFailure", **call, error=error, **fields))

    # --------------------------------------------------------------- afterwards

    def drain(self) -> int:
        """Take the spool to the store; how many records."""
        config = configure(store=self.url, directory=self.project)
        return drain(config, SystemClock()).records

    def failonce(self, *args: str) -> str:
        """What a command prints; it must end well."""
        done = subprocess.run(
            [sys.executable, "-m", "failonce", *args],
            capture_output=True,
            text=True,
            env=os.environ,
            cwd=self.project,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def recorded(self) -> list[Evidence]:
        self.drain()
        return sorted(self.store.calls(), key=lambda e: e.at)

    def exposures(self, arm: Arm = Arm.APPLIED) -> list[Exposure]:
        self.drain()
        return [x for x in self.store.exposures() if x.arm is arm]

    def effects(self) -> list[str]:
        return [str(x.effect) for x in self.exposures()]

    def troubles(self) -> list[str]:
        path = self.hooks / "troubles"
        return path.read_text().splitlines() if path.exists() else []


def _answer(text: str) -> dict[str, Any]:
    if not text:
        return {}
    found = json.loads(text)
    assert list(found) == ["hookSpecificOutput"]
    answer: dict[str, Any] = found["hookSpecificOutput"]
    return answer
