"""Whoever reports at a steady rate: errors of services and calls of tools, half of each.

    python -m served.steady PORT TOKEN SEED EVENTS_A_SECOND

It sends until its input ends, a body of each kind in every tick, whether or not the server keeps
up, and then prints what came back as JSON. What happened, happened now.
"""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from generated.calls import Calls
from generated.shapes import Shapes
from generated.tools import tools
from intake import bodies

TICK_S = 0.2
TOOLS = 200
LATE_S = 1.0
"""An answer that is later than this after its time is counted as late."""
FOUR_TRIES = 4
ACCEPTED, BUSY = 202, (429, 503)


def errors(seed: int) -> Iterator[dict[str, object]]:
    """Errors of 1,000 shapes, without end."""
    for body in bodies(seed):
        for event in json.loads(body):
            yield event | {"error": event["error"].rpartition(" at ")[0]}


def calls(seed: int) -> Iterator[dict[str, object]]:
    """Calls of sessions without end, a few of which run at any time."""
    shapes = Shapes()
    made = Calls(tools(TOOLS, shapes, seed), shapes, seed)
    while True:
        for e in made.session():
            yield {
                "tool": e.call.tool,
                "args": e.call.args,
                "text": e.message,
                "is_error": e.flagged,
                "session": e.call.session,
                "ts": datetime.now(UTC).isoformat(),
            }


class Steady:
    """One connection, a body in each tick."""

    def __init__(self, port: int, token: str, path: str) -> None:
        self._port, self._token, self._path = port, token, path
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.statuses: Counter[int] = Counter()
        self.stored = self.late = 0
        self.slowest = 0.0

    def run(self, events: Iterator[dict[str, object]], size: int, ended: threading.Event) -> None:
        """Send so many events a tick until told to end."""
        due = time.monotonic()
        while not ended.wait(max(0.0, due - time.monotonic())):
            self._send(json.dumps(list(islice(events, size))).encode())
            took = time.monotonic() - due
            self.slowest = max(self.slowest, took)
            self.late += took > LATE_S
            due += TICK_S

    def _send(self, body: bytes) -> None:
        """As a good client does: what was not taken is sent again, with the same key."""
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        head["Idempotency-Key"] = f"{self._path}-{time.time_ns()}"
        for _ in range(FOUR_TRIES):
            self._connection.request("POST", self._path, body, head)
            answer = self._connection.getresponse()
            told = answer.read()
            self.statuses[answer.status] += 1
            if answer.status == ACCEPTED:
                self.stored += json.loads(told)["stored"]
            if answer.status not in BUSY:
                return
            time.sleep(float(answer.headers.get("Retry-After", "1")))


def main(port: int, token: str, seed: int, rate: float) -> None:
    """Send until the input ends."""
    ended, size = threading.Event(), max(1, round(rate * TICK_S / 2))
    sources = {"/api/errors": errors(seed), "/api/calls": calls(seed)}
    senders = {path: Steady(port, token, path) for path in sources}
    threads = [
        threading.Thread(target=sender.run, args=(sources[path], size, ended))
        for path, sender in senders.items()
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {
                path: {
                    "stored": x.stored,
                    "statuses": x.statuses,
                    "late": x.late,
                    "slowest_s": round(x.slowest, 2),
                }
                for path, x in senders.items()
            }
        )
    )


if __name__ == "__main__":
    _port, _token, _seed, _rate = sys.argv[1:]
    main(int(_port), _token, int(_seed), float(_rate))
