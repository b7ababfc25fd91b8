"""A remote, the forge that it is at, and the people there: a bare repository that is really pushed
to and fetched from, an emulated GitHub that remembers its pull requests, and a network between it
and failonce that can be cut.

The emulator has no git in it: whoever merges does so in both. Nor does it answer as GitHub does who
closed a pull request (as an issue); the network answers that, by what `People.close` did.
"""

import json
import os
import shutil
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

MODULES: Final = Path(__file__).resolve().parents[1] / "node_modules"
_HOP: Final = ("transfer-encoding", "connection", "content-length")
OWNER: Final = "ada"
BOT: Final = "failonce-bot"
_EMULATOR: Final = """
import { createEmulator } from 'emulate';
const given = JSON.parse(process.argv[1]);
await createEmulator({ service: 'github', ...given });
console.log('ready');
process.stdin.on('end', () => process.exit()).resume();
"""


class Cut(Enum):
    """When the network goes away: before the forge hears of a request, or before it answers."""

    BEFORE = auto()
    AFTER = auto()


Rule = Callable[[str, str], Cut | None]


@dataclass
class Line:
    """The network to the forge."""

    port: int = 0
    upstream: int = 0
    rule: Rule = lambda _method, _path: None
    """Asked of each request by method and path: whether it gets through."""
    gone: Callable[[], None] = lambda: None
    """Called when a request does not."""
    closed: dict[str, str] = field(default_factory=dict)
    """By the path of an issue, who closed it."""

    @property
    def url(self) -> str:
        """Where failonce finds the forge."""
        return f"http://localhost:{self.port}"

    def whole(self) -> None:
        """All gets through again."""
        self.rule, self.gone = (lambda _method, _path: None), (lambda: None)


@dataclass(frozen=True, kw_only=True)
class Forge:
    """The emulated GitHub, behind its line."""

    line: Line

    def ask(self, who: str, method: str, path: str, body: Any = None) -> Any:
        """What the API answers somebody; beside the line that may be cut."""
        request = urllib.request.Request(
            f"http://localhost:{self.line.upstream}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {token(who)}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own
            told = answer.read()
        return json.loads(told) if told else None

    def repository(self, name: str) -> str:
        """A new repository of the owner's, which the bot may write to."""
        self.ask(OWNER, "POST", "/user/repos", {"name": name, "auto_init": True})
        self.ask(OWNER, "PUT", f"/repos/{OWNER}/{name}/collaborators/{BOT}", {"permission": "push"})
        return f"{OWNER}/{name}"


def token(who: str) -> str:
    """The token of somebody."""
    return f"token-of-{who}"


@contextmanager
def forging() -> Iterator[Forge]:
    """A forge at work. Skips where it is not installed, and fails on CI."""
    node = shutil.which("node")
    if node is None or not (MODULES / "emulate").is_dir():
        why = "emulate is not installed: make assets (it needs npm)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with lined() as line:
        line.upstream = _free_port()
        given = {
            "port": line.upstream,
            "baseUrl": line.url,
            "seed": {
                "tokens": {token(x): {"login": x, "scopes": ["repo"]} for x in (OWNER, BOT)},
                "github": {"users": [{"login": x} for x in (OWNER, BOT)]},
            },
        }
        process = subprocess.Popen(
            [node, "--input-type=module", "-e", _EMULATOR, json.dumps(given)],
            cwd=MODULES.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == "ready"
            yield Forge(line=line)
        finally:
            process.communicate(timeout=30)


@contextmanager
def lined() -> Iterator[Line]:
    """A line that passes on what it gets, as long as its rule lets it."""
    line = Line()
    server = ThreadingHTTPServer(("localhost", 0), _passing(line))
    line.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _passing(line: Line) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version: ClassVar[str] = "HTTP/1.1"

        def pass_on(self) -> None:
            cut = line.rule(self.command, self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, told, given = _answer(line, cut, self, body)
            if cut is not None:
                line.gone()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            for name, value in given:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_PATCH = do_PUT = pass_on  # noqa: N815 - so named by the library

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                """The line was cut, or the client has gone."""

        def log_message(self, format: str, *args: object) -> None:
            """Be quiet."""

    return Handler


def _answer(
    line: Line, cut: Cut | None, asked: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, bytes, list[tuple[str, str]]]:
    """What the forge says; nothing where it does not hear of it."""
    if cut is Cut.BEFORE:
        return 0, b"", []
    if asked.path in line.closed:
        told = {"login": line.closed[asked.path], "type": "User"}
        issue = {"url": f"{line.url}{asked.path}", "closed_by": told}
        return 200, json.dumps(issue).encode(), [("content-type", "application/json")]
    there = HTTPConnection("localhost", line.upstream, timeout=30)
    headers = {k: v for k, v in asked.headers.items() if k.lower() != "host"}
    there.request(asked.command, asked.path, body, headers)
    answer = there.getresponse()
    return answer.status, answer.read(), answer.getheaders()


@dataclass
class People:
    """Those who work at a remote, in a clone of their own."""

    folder: Path
    forge: Forge | None = None
    repository: str = ""
    who: str = "Ada <ada@example.org>"
    _count: int = field(default=0, init=False)

    @classmethod
    def at(cls, folder: Path) -> "People":
        """A new remote `remote.git` in this folder, with a branch `main`, and a clone of it."""
        bare, clone = folder / "remote.git", folder / "people"
        _git(folder, "init", "-q", "--bare", "-b", "main", str(bare))
        _git(folder, "clone", "-q", str(bare), str(clone))
        made = cls(clone)
        made.write("README.md", "# A shop\n")
        made.push("main")
        return made

    @property
    def remote(self) -> Path:
        """The bare repository."""
        return self.folder.parent / "remote.git"

    def git(self, *args: str) -> str:
        """What git says in their clone."""
        name, _, mail = self.who.partition(" <")
        who = {f"GIT_{x}_NAME": name for x in ("AUTHOR", "COMMITTER")}
        who |= {f"GIT_{x}_EMAIL": mail.rstrip(">") for x in ("AUTHOR", "COMMITTER")}
        return _git(self.folder, *args, **who)

    def take(self, branch: str = "main") -> None:
        """Have a branch as it is at the remote."""
        self.git("fetch", "-q", "--prune", "origin")
        self.git("checkout", "-q", "-B", branch, f"origin/{branch}")

    def write(self, path: str, text: str | None) -> None:
        """Write a file, or take it away, in a commit."""
        place = self.folder / path
        if text is None:
            self.git("rm", "-q", path)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            self.git("add", path)
        self.git("commit", "-q", "-m", f"change {path}")

    def push(self, branch: str) -> None:
        """Bring a branch to the remote."""
        self.git("push", "-q", "origin", branch)

    def files(self, branch: str, folder: str = "skills") -> dict[str, str]:
        """The files of a branch at the remote, by path."""
        self.git("fetch", "-q", "--prune", "origin")
        names = self.git("ls-tree", "-r", "--name-only", f"origin/{branch}", "--", f"{folder}/")
        return {x: self.git("show", f"origin/{branch}:{x}") for x in names.splitlines()}

    def branches(self) -> set[str]:
        """The branches at the remote."""
        told = self.git("ls-remote", "--heads", "origin")
        return {x.partition("refs/heads/")[2] for x in told.splitlines()}

    def edit(self, branch: str, path: str, old: str, new: str) -> None:
        """Change a file in a branch."""
        self.take(branch)
        text = (self.folder / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))
        self.push(branch)

    def merge(self, branch: str, *, by: str = OWNER, squash: bool = False) -> None:
        """Merge a branch into `main`, at the forge too where there is one."""
        number = self.number(branch) if self.forge is not None else 0
        self.take()
        if squash:
            self.git("merge", "-q", "--squash", f"origin/{branch}")
            self.git("commit", "-q", "-m", "squashed")
        else:
            self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
        self.push("main")
        if self.forge is not None:
            self.forge.ask(by, "PUT", f"/repos/{self.repository}/pulls/{number}/merge", {})

    def close(self, branch: str, *, by: str = OWNER) -> None:
        """Close the open pull request of a branch."""
        assert self.forge is not None
        number = self.number(branch)
        self.forge.ask(by, "PATCH", f"/repos/{self.repository}/pulls/{number}", {"state": "closed"})
        self.forge.line.closed[f"/repos/{self.repository}/issues/{number}"] = by

    def pulls(self, state: str = "all") -> list[dict[str, Any]]:
        """The pull requests."""
        assert self.forge is not None
        found = self.forge.ask(OWNER, "GET", f"/repos/{self.repository}/pulls?state={state}")
        assert isinstance(found, list)
        return found

    def number(self, branch: str) -> int:
        """The open pull request of a branch."""
        (found,) = [x["number"] for x in self.pulls("open") if x["head"]["ref"] == branch]
        return int(found)


def _git(folder: Path, *args: str, **env: str) -> str:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "commit.gpgsign=false", *args],
        cwd=folder,
        env=plain | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])
