"""Several machines over one store: what runs on each, who reports to them, and who decides.

Each machine has a home of its own, so that what it keeps beside the store is its own too.
"""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.surfaces.server.running import Server, exchanged

PROJECTS = ("bank", "depot", "shop")
LEASE_S = 6
"""So long a miner that was killed keeps others out; two minutes would be the whole test."""

MINER = """
import sys, time
from datetime import timedelta
from failonce.compose import configure, opened
from failonce.errors import StoreBusy
from failonce.surfaces import mined

mined.LEASE = timedelta(seconds=int(sys.argv[1]))
every = timedelta(seconds=int(sys.argv[2]))
print("ready", flush=True)
while True:
    for project in sys.argv[3:]:
        with opened(configure(), actor="miner") as parts:
            try:
                mined.mined_once(parts, project, every=every)
            except StoreBusy:
                pass
    time.sleep(0.1)
"""

HOST = """
import time
from failonce.compose import SystemClock, configure
from failonce.compose.calling import calling

host = calling(configure(), SystemClock())
host.writer.begin()
seen = None
while True:
    now = host.in_force.now()
    if now is not seen:
        seen = now
        print(now._file.header.seq, time.monotonic(), flush=True)
    time.sleep(0.005)
"""


class Machine(Server):
    """A server of its own over the store at a URL that others use too."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, mine=False, workers=1)
        self.url = url

    @property
    def env(self) -> dict[str, str]:
        """As that of any server, with the store that all share."""
        return super().env | {"FAILONCE_STORE__URL": self.url}


class Program(Machine):
    """A program of a few lines on a machine of its own; `lines` is what it has said."""

    def __init__(self, folder: Path, url: str, program: str, *args: object) -> None:
        super().__init__(folder, url)
        self._argv = [sys.executable, "-c", program, *map(str, args)]
        self.lines: list[str] = []

    def start(self, *_: str) -> float:
        """Start it; what it says comes as it says it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._argv,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.env,
                cwd=self.home,
                start_new_session=True,
            )
        threading.Thread(target=self._collect, args=(self.process,), daemon=True).start()
        return 0.0

    def _collect(self, process: "subprocess.Popen[bytes]") -> None:
        for line in process.stdout or ():
            if line.endswith(b"\n"):
                self.lines.append(line.decode().rstrip())


@dataclass
class Killing:
    """Kills one of several every so often, and starts it again; the others work on."""

    victims: Sequence[Machine]
    rng: random.Random
    kills: dict[str, int] = field(default_factory=dict)
    _starting: dict[str, threading.Thread] = field(default_factory=dict)
    _failed: list[BaseException] = field(default_factory=list)

    def one(self) -> None:
        """Kill -9 one that runs, at random."""
        up = [v for v in self.victims if not self._starts(v)]
        victim = self.rng.choice(up or list(self.victims))
        name = victim.folder.name
        if self._starts(victim):
            self._starting[name].join()
        victim.kill()
        self.kills[name] = self.kills.get(name, 0) + 1
        self._starting[name] = threading.Thread(target=self._start, args=(victim,))
        self._starting[name].start()

    def calm(self) -> None:
        """Wait until all run again."""
        for thread in self._starting.values():
            thread.join()

    def end(self) -> None:
        """End all of them."""
        self.calm()
        for victim in self.victims:
            victim.end()
        if self._failed:
            raise self._failed[0]

    def _starts(self, victim: Machine) -> bool:
        thread = self._starting.get(victim.folder.name)
        return thread is not None and thread.is_alive()

    def _start(self, victim: Machine) -> None:
        try:
            victim.start()
        except BaseException as error:
            self._failed.append(error)


class Client:
    """Asks whichever server answers, the same again where one does not, until it is over."""

    def __init__(self, servers: Sequence[Machine], rng: random.Random) -> None:
        self._servers = servers
        self._rng = rng
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.failure: BaseException | None = None

    def __enter__(self) -> "Client":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "it still waits for its answer"
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.act()
        except BaseException as error:
            self.failure = error

    def act(self) -> None:
        """What it does again and again."""
        raise NotImplementedError

    def ask(
        self,
        path: str,
        token: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        refused: Sequence[int] = (),
    ) -> tuple[int, Any] | None:
        """Status and answer, from whichever server gave one first; None where it is over."""
        content = None if body is None else json.dumps(body).encode()
        sent = {"content-type": "application/json", **(headers or {})}
        while not self._stop.is_set():
            server = self._rng.choice(self._servers)
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            with suppress(OSError, http.client.HTTPException):
                status, _, said = exchanged(
                    connection, path, token=token, content=content, headers=sent
                )
                if status < 300 or status in refused:
                    return status, said
                assert status in (429, 503), (status, said)
            connection.close()
            self._stop.wait(0.1)
        return None


class Reporter(Client):
    """Reports errors, a handful at a time; new kinds of them come up as time goes by."""

    def __init__(
        self, servers: Sequence[Machine], tokens: Mapping[str, str], rng: random.Random
    ) -> None:
        super().__init__(servers, rng)
        self._tokens = tokens
        self._begin = time.monotonic()
        self._n = 0
        self.acknowledged: set[str] = set()
        """Texts that a server said it has."""

    def wait_for(self, events: int, seconds: float = 120) -> None:
        """Until so many are acknowledged."""
        end = time.monotonic() + seconds
        while len(self.acknowledged) < events and self.failure is None:
            assert time.monotonic() < end, len(self.acknowledged)
            time.sleep(0.05)

    def act(self) -> None:
        """One report, again until it is acknowledged: by whom does not matter."""
        project = self._rng.choice(PROJECTS)
        era = int((time.monotonic() - self._begin) // 4)
        texts = [f"{project}-{self._n + i}" for i in range(8)]
        self._n += len(texts)
        body = [
            {
                "error": f"ValueError: no row for it in {'abc'[i % 3]}",
                "component": f"svc-{era}",
                "context": {"session": f"s{self._rng.randrange(6)}", "n": text},
            }
            for i, text in enumerate(texts)
        ]
        key = {"idempotency-key": os.urandom(8).hex()}
        answer = self.ask("/api/errors", self._tokens[project], body, headers=key)
        if answer is not None:
            self.acknowledged.update(texts)
        self._stop.wait(0.2)


@dataclass(frozen=True)
class Decided:
    """A decision that a server acknowledged, and when; its reason is like no other."""

    lesson: str
    verb: str
    reason: str
    at: float


class Reviewer(Client):
    """Approves, rejects and undoes, one lesson after the other."""

    def __init__(self, servers: Sequence[Machine], token: str, rng: random.Random) -> None:
        super().__init__(servers, rng)
        self._token = token
        self._n = 0
        self.decided: list[Decided] = []
        self.written: list[str] = []
        """Rules that a server said are written down."""
        self.late: list[float] = []
        """For how many seconds after a decision a server still told the state before it."""

    def wait_for(self, decisions: int, seconds: float = 120) -> None:
        """Until so many were acknowledged."""
        end = time.monotonic() + seconds
        while len(self.late) < decisions and self.failure is None:
            assert time.monotonic() < end, self.decided
            time.sleep(0.05)

    def act(self) -> None:
        """A rule is written down, or one decision made that another server must tell at once."""
        verb, state = self._rng.choice(
            [("learn", ""), ("approve", "waiting"), ("reject", "waiting"), ("undo", "on-trial")]
        )
        if verb == "learn":
            self._learn()
        else:
            found = self.ask(f"/api/lessons?state={state}&limit=20", self._token)
            if found is not None and (items := found[1]["items"]):
                self._decide(self._rng.choice(items), verb, state)
        self._stop.wait(0.1)

    def _learn(self) -> None:
        self._n += 1
        rule = {
            "skill_name": f"svc-{self._n}",
            "rule_content": f"Look at row {self._n} first.",
            "reason": f"decision {self._n}",
            "project": self._rng.choice(PROJECTS),
        }
        answer = self.ask("/api/lessons", self._token, rule)
        if answer is not None:
            self.written.append(answer[1]["id"])

    def _decide(self, lesson: Mapping[str, Any], verb: str, state: str) -> None:
        self._n += 1
        name, reason = lesson["id"], f"decision {self._n}"
        # Asked again where no answer came: a decision that holds already is no second one.
        answer = self.ask(
            f"/api/lessons/{name}/{verb}", self._token, {"reason": reason}, refused=(409,)
        )
        if answer is None or answer[0] >= 300:
            return
        begin, late = time.monotonic(), 0.0
        self.decided.append(Decided(name, verb, reason, begin))
        before = f"/api/lessons?state={state}&limit=200"
        while (now := self.ask(before, self._token)) is not None:
            if name not in {x["id"] for x in now[1]["items"]}:
                self.late.append(late)
                return
            late = time.monotonic() - begin
            assert late < 30, (name, verb)
