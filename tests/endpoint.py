"""A server that speaks chat completions and says what a test wants it to say."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(kw_only=True)
class Reply:
    """What the server answers; `wait_s` before, `drip_s` between its bytes."""

    text: str = ""
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    drip_s: float = 0.0
    usage: bool = True

    def body(self) -> bytes:
        """As bytes."""
        if self.raw is not None:
            return self.raw
        answer: dict[str, Any] = {
            "id": "c1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "scripted",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": self.text},
                }
            ],
        }
        if self.usage:
            answer["usage"] = {"prompt_tokens": 700, "completion_tokens": 300, "total_tokens": 1000}
        return json.dumps(answer).encode()


class Server:
    """The server; `asked` are the bodies of what it was asked, `keys` the headers with keys."""

    def __init__(self, replies: Sequence[Reply] | Callable[[str], Reply]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._replies = replies
        self.url = ""

    def reply(self, asked: dict[str, Any]) -> Reply:
        """The next reply; the last one again where there are no more."""
        self.asked.append(asked)
        if callable(self._replies):
            return self._replies(self.prompt())
        return self._replies[min(len(self.asked), len(self._replies)) - 1]

    def prompt(self, n: int = -1) -> str:
        """What the user said in a request."""
        return "\n".join(m["content"] for m in self.asked[n]["messages"] if m["role"] == "user")


@contextmanager
def serving(*replies: Reply, by: Callable[[str], Reply] | None = None) -> Iterator[Server]:
    """A server on a free port of this machine."""
    server = Server(by or replies)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            server.keys.append(self.headers.get("authorization", ""))
            reply = server.reply(json.loads(self.rfile.read(size)))
            time.sleep(reply.wait_s)
            body = reply.body()
            self.send_response(reply.status)
            told = {"content-type": "application/json", "content-length": str(len(body))}
            for name, value in (told | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for byte in body if reply.drip_s else [body]:
                    self.wfile.write(bytes([byte]) if isinstance(byte, int) else byte)
                    self.wfile.flush()
                    time.sleep(reply.drip_s)
            except OSError:  # the caller has gone, as it may
                pass

        def log_message(self, format: str, *args: object) -> None:  # noqa: ARG002 - silent
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_port}/v1"
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def coded(source: str, **fields: Any) -> Reply:
    """A reply with a block of code, as models write it."""
    return Reply(text=f"Here it is.\n\n```python\n{source}```\n\nIt works.", **fields)
