"""A small HTTP service on loopback that limits its callers and is down now and then.

It answers over a real socket. Its clock is the caller's, so a recording made in seconds can hold
waits of minutes: `Retry-After` counts seconds of that clock.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from sample.content import PRODUCTS

WINDOW = timedelta(seconds=20)
REQUESTS_PER_WINDOW = 3


class Refused(Exception):
    """An answer other than 200: its code, its reason, and perhaps when to come back."""

    def __init__(self, code: int, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.retry_after = code, reason, retry_after


@dataclass(slots=True, kw_only=True)
class StockService:
    """Prices, stock and supplier orders; the state is the list of recent requests."""

    now: Callable[[], datetime]
    down_until: datetime = datetime.min.replace(tzinfo=UTC)
    _recent: list[datetime] = field(default_factory=list)

    def answer(self, target: str) -> object:
        """Return what a GET of `target` yields; Refused otherwise."""
        parts = urlsplit(target)
        self._admit()
        question = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = parts.path.strip("/").split("/")
        if words[0] == "products" and len(words) == 2:
            return _product(words[1])
        if words[0] == "orders":
            return _orders(question)
        raise Refused(404, f"no resource {parts.path}")

    def _admit(self) -> None:
        now = self.now()
        if now < self.down_until:
            raise Refused(503, "stock service is restarting")
        self._recent = [moment for moment in self._recent if now - moment < WINDOW]
        if len(self._recent) >= REQUESTS_PER_WINDOW:
            wait = WINDOW - (now - self._recent[0])
            raise Refused(429, "too many requests", retry_after=int(wait.total_seconds()) + 1)
        self._recent.append(now)


def _product(sku: str) -> object:
    for product in PRODUCTS:
        if product.sku == sku:
            return {"sku": sku, "price": product.price, "supplier_stock": product.stock * 3}
    raise Refused(404, f"no product {sku}")


def _orders(question: dict[str, str]) -> object:
    try:
        since = date.fromisoformat(question.get("since", ""))
    except ValueError:
        raise Refused(400, "since must be a date of the form YYYY-MM-DD") from None
    first = 9000 + since.toordinal() % 400
    return [
        {"id": first + n, "sku": PRODUCTS[(first + 3 * n) % len(PRODUCTS)].sku, "quantity": 2 + n}
        for n in range(3)
    ]


@contextmanager
def serving(service: StockService) -> Iterator[str]:
    """Serve on a free port of loopback and yield the origin, e.g. `http://127.0.0.1:40123`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers: dict[str, str] = {}
            try:
                code, body = 200, service.answer(self.path)
            except Refused as refused:
                code, body = refused.code, {"error": refused.reason}
                if refused.retry_after is not None:
                    headers["Retry-After"] = str(refused.retry_after)
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet; the caller's recording is the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
