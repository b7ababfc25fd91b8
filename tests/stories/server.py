"""Services on loopback that behave as services do: they refuse, hang, and come back."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class Service:
    """One service; what it did is counted."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[str, int] = {}
        self.url = ""

    def count(self, what: str) -> int:
        """Count one more, and say how many there were."""
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            return self.counts[what]

    def answer(self, path: str) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body for a request."""
        raise NotImplementedError


class Limited(Service):
    """Takes so many requests in a sliding second, and says how long to wait."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls
        self._taken: deque[float] = deque()

    def answer(self, path: str) -> tuple[int, dict[str, str], Any]:
        """The price, or a refusal."""
        now = time.monotonic()
        with self.lock:
            while self._taken and self._taken[0] <= now - 1:
                self._taken.popleft()
            taken = len(self._taken) < self.calls
            if taken:
                self._taken.append(now)
        self.count("taken" if taken else "refused")
        if taken:
            return 200, {}, {"item": path, "price": 7}
        return 429, {"Retry-After": "1"}, {"error": "too many requests"}


class Hanging(Service):
    """Answers soon, but now and then not at all for a while: the next request works."""

    usual_s = 0.08
    """Far more than what a busy machine adds: the limit that is learned is twice this."""

    def __init__(self, every: int, seconds: float) -> None:
        super().__init__()
        self.every = every
        self.seconds = seconds

    def answer(self, path: str) -> tuple[int, dict[str, str], Any]:
        """The stock, sometimes late."""
        late = self.count("asked") % self.every == 0
        time.sleep(self.seconds if late else self.usual_s)
        return 200, {}, {"item": path, "stock": 3}


class Ordering(Service):
    """Takes orders; every third answer is lost although the order was taken."""

    def answer(self, path: str) -> tuple[int, dict[str, str], Any]:
        """An order number, or 503."""
        number = self.count("orders")
        if number % 3 == 0:
            return 503, {}, {"error": "upstream unavailable"}
        return 200, {}, {"order": number, "path": path}


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """The service at work, at `service.url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version: ClassVar[str] = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = service.answer(self.path)
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET  # noqa: N815 - so named by the library

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                """The client did not wait."""

        def log_message(self, format: str, *args: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
