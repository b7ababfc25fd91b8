"""A server on the loopback that both programs take for their model."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from json import dumps, loads
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.standin import messages, responses
from tests.e2e.standin.script import Asked, Line, Script


class Server(ThreadingHTTPServer):
    """The stand-in with its script; `url` is where it answers."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.numbers = count(1)
        self.unknown: list[str] = []
        """Other paths that it was asked for, and hosts that it should have been a way to."""

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def alone(self) -> None:
        """Fails where a program asked for anything but its model, or asked it too little."""
        assert not self.unknown, f"asked for {self.unknown}"
        assert not self.script.answers, f"never asked for {self.script.answers}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        match path:
            case "/v1/messages":
                self._messages(Asked(path=path, body=loads(raw)))
            case "/v1/messages/count_tokens":
                self._json(200, {"input_tokens": len(raw) // 4})
            case "/v1/responses":
                self._responses(Asked(path=path, body=loads(raw)))
            case _:
                self._unknown()

    def do_GET(self) -> None:
        self._unknown()

    do_HEAD = do_PUT = do_DELETE = do_CONNECT = do_GET  # noqa: N815 - the base class names them

    def _messages(self, asked: Asked) -> None:
        answer = self.server.script.next(asked, agent=messages.of_agent(asked))
        number = next(self.server.numbers)
        whole = messages.message(answer, model=str(asked.body.get("model", "")), number=number)
        if asked.body.get("stream"):
            self._stream(messages.events(whole, dumps=dumps))
        else:
            self._json(200, whole)

    def _responses(self, asked: Asked) -> None:
        answer = self.server.script.next(asked, agent=responses.of_agent(asked))
        self._stream(responses.events(answer, number=next(self.server.numbers)))

    def _stream(self, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
        body = "".join(f"event: {name}\ndata: {dumps(data)}\n\n" for name, data in events)
        self._send(200, "text/event-stream", body.encode())

    def _unknown(self) -> None:
        self.server.unknown.append(f"{self.command} {self.path}")
        self._json(404, {"type": "error", "error": {"type": "not_found_error", "message": "no"}})

    def _json(self, status: int, value: object) -> None:
        self._send(status, "application/json", dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what was asked stands in the script."""


@contextmanager
def standing_in(*answers: Line) -> Iterator[Server]:
    """A stand-in that gives these answers; gone when the block ends."""
    with Server(Script.of(answers)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
