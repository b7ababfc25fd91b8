"""The real program as its own processes: `failonce serve`, who reports to it, what is in its store.

server = Server(folder)
server.start()
with Load(server, clients=4) as load: ...
server.kill()
assert load.acknowledged <= stored(server)
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Self

from failonce.adapters.sql_store import open_store, store_url
from failonce.adapters.sql_store.store import SqlStore
from failonce.compose import SystemClock
from failonce.model import Scope
from failonce.ports import SignatureQuery
from failonce.surfaces.access import Granting
from failonce.testing import MemoryStore

ERRORS = ("ValueError", "OSError", "KeyError")
TOLD = re.compile(r"failonce serves http://127\.0\.0\.1:(\d+)")


class Server:
    """`failonce serve` over a store in a folder; `settings` are those of `[server]`."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.store = folder / "store.db"
        self.home = folder / "home"
        (self.home / ".git").mkdir(parents=True, exist_ok=True)
        self.settings = {"mine": False, "workers": 2, **settings}
        self.log = folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def env(self) -> dict[str, str]:
        """The environment of the program; nothing of this machine's settings reaches it."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("FAILONCE", "XDG_"))}
        own = {f"FAILONCE_SERVER__{k.upper()}": str(v) for k, v in self.settings.items()}
        folders = {
            f"XDG_{kind}_HOME": str(self.home / kind.lower())
            for kind in ("DATA", "CONFIG", "CACHE", "STATE")
        }
        return plain | own | folders | {
            "HOME": str(self.home),
            "FAILONCE_STORE__URL": store_url(self.store),
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def start(self, *more: str) -> float:
        """Start it; seconds until it answered its first request."""
        begin = time.monotonic()
        since = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "failonce", "serve", "--port", "0", *more],
                stdout=log,
                stderr=log,
                env=self.env,
                cwd=self.home,
                start_new_session=True,
            )
        while time.monotonic() - begin < 60:
            found = TOLD.search(self.said(since))
            if found:
                self.port = int(found[1])
                with suppress(OSError):
                    if self.ask("/api/alive")[0] == 200:
                        return time.monotonic() - begin
            assert self.process.poll() is None, self.said(since)
            time.sleep(0.01)
        raise AssertionError(f"it does not answer: {self.said(since)}")

    def said(self, since: int = 0) -> str:
        """What it printed."""
        return self.log.read_bytes()[since:].decode()

    # ------------------------------------------------------------- its end

    @property
    def pid(self) -> int:
        """Of the process that answers requests."""
        assert self.process is not None
        return self.process.pid

    def processes(self) -> dict[int, str]:
        """All that run in its session, with their command lines."""
        return in_session(self.pid)

    def workers(self) -> list[int]:
        """The processes that it started to work for it."""
        return [pid for pid, line in self.processes().items() if "spawn_main" in line]

    def kill(self, *, all_of_it: bool = True) -> None:
        """kill -9, of its process group or of the parent alone."""
        (os.killpg if all_of_it else os.kill)(self.pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(10)

    def tell(self, what: signal.Signals, within: float = 30) -> tuple[int, float]:
        """Send it a signal that ends it: its code, and how many seconds that took."""
        begin = time.monotonic()
        os.kill(self.pid, what)
        assert self.process is not None
        code = self.process.wait(within)
        return code, time.monotonic() - begin

    def alone_after(self, seconds: float) -> float:
        """Wait until nothing of it runs any more; how long that took."""
        begin = time.monotonic()
        while left := self.processes():
            assert time.monotonic() - begin < seconds, left
            time.sleep(0.01)
        return time.monotonic() - begin

    def end(self) -> None:
        """End all of it, after a test."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait(10)

    def memory(self) -> int:
        """Bytes that all of its processes hold."""
        return sum(_resident(pid) for pid in self.processes())

    # ------------------------------------------------------------- requests

    def token(self, *scopes: Scope) -> str:
        """A new token, made over the store as `failonce token create` does."""
        store = open_store(store_url(self.store))
        with closing(store):
            granting = Granting(store=store, clock=SystemClock(), actor="test")
            name = f"t{len(store.tokens())}"
            return granting.grant_token(name, scopes or (Scope.INGEST,))[1]

    def ask(
        self, path: str, *, token: str = "", body: Any = None, timeout: float = 30
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of an answer; posts where there is a body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        content = None if body is None else json.dumps(body).encode()
        with closing(connection):
            return exchanged(connection, path, token=token, content=content)


def exchanged(
    connection: http.client.HTTPConnection,
    path: str,
    *,
    token: str = "",
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], Any]:
    """One request on a connection that may be used again."""
    sent = {"authorization": f"Bearer {token}"} if token else {}
    sent |= headers or {}
    connection.request("GET" if content is None else "POST", path, content, sent)
    answer = connection.getresponse()
    found = answer.read()
    kind = answer.getheader("content-type", "")
    told = json.loads(found) if "json" in kind else found.decode()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, told


class Load:
    """Clients that report without rest, each event with a text of its own, until it is over."""

    def __init__(
        self, server: Server, *, clients: int, token: str, batch: int = 20, padding: int = 0
    ) -> None:
        self._server = server
        self._token = token
        self._batch = batch
        self._padding = "x" * padding
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]
        self.acknowledged: set[str] = set()
        """Texts that the server said it has."""
        self.statuses: Counter[int] = Counter()
        self.without_retry: int = 0
        """Refusals that did not say when to come again."""
        self.bodies: list[Any] = []
        """What it said where it took nothing."""

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a client still waits for its answer"

    def wait_for(self, events: int, seconds: float = 60) -> None:
        """Until so many events are acknowledged."""
        end = time.monotonic() + seconds
        while len(self.acknowledged) < events:
            assert time.monotonic() < end, (len(self.acknowledged), self.statuses)
            time.sleep(0.005)

    def _run(self, client: int) -> None:
        name = f"{os.urandom(4).hex()}c{client}"
        connection = self._connected()
        n, status = 0, 0
        content, texts = b"", list[str]()
        while not self._stop.is_set():
            if status != 429:  # else the same again, as whoever is refused does
                texts = [f"event-{name}-{n + i}" for i in range(self._batch)]
                content = json.dumps(self._events(texts)).encode()
                n += self._batch
            status = 0
            try:
                status, headers, said = exchanged(
                    connection, "/api/errors", token=self._token, content=content
                )
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = self._connected()
                self._stop.wait(0.02)
                continue
            with self._lock:
                self.statuses[status] += 1
                if status == 202:
                    assert said["stored"] == self._batch, said
                    self.acknowledged.update(texts)
                else:
                    self.without_retry += "retry-after" not in headers
                    self.bodies.append(said)
        connection.close()

    def _events(self, texts: list[str]) -> list[dict[str, Any]]:
        return [
            {
                "error": f"{ERRORS[i % 3]}: no row for it{self._padding}",
                "component": f"svc-{i % 7}",
                "context": {"session": f"s{i % 5}", "n": text},
            }
            for i, text in enumerate(texts)
        ]

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)


def in_session(session: int) -> dict[int, str]:
    """The processes of a session that still run, with their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(folder.name)] = line
    return found


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def opened(server: Server) -> SqlStore:
    """Its store, for the test."""
    return open_store(store_url(server.store))


def stored(store: SqlStore) -> Counter[str]:
    """The texts of the events that are there, and how often each is."""
    return Counter(event_text(e) for e in store.calls())


def event_text(evidence: Any) -> str:
    """The text that tells an event of `Load` from all others."""
    return str((evidence.call.args or {})["n"])


def rollups_equal_a_recount(store: SqlStore) -> None:
    """Nothing is half written: what is summed up is the sum of what is there."""
    recount = MemoryStore()
    recount.add(list(store.calls()))
    assert store.signatures(SignatureQuery()) == recount.signatures(SignatureQuery())
    assert store.daily() == recount.daily()
    assert store.projects() == recount.projects()
