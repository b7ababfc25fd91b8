"""People and programs beside the reports: they look, decide what waits, and ask for advice."""

import http.client
import json
import re
import threading
import time
from collections import Counter
from itertools import cycle
from typing import Any, Self
from urllib.parse import quote

LOOK_S = 5.0
ADVICE_S = 0.2
MOST_AT_ONCE = 5
"""Decisions that are made in one look."""
PAGES = (
    "/api/failures?limit=50", "/api/health", "/api/status", "/api/runs", "/api/gaps?limit=50",
    "/api/audit?limit=50", "/api/skills/changelog?limit=50",
)  # fmt: skip
ID = re.compile(r"[A-Z]{2}-[0-9A-F]{8}")
DECISIONS = ("approve", "approve", "reject")


class People:
    """At work from `with` on; afterwards what they were answered."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=work) for work in (self._decides, self._asks_for_advice)
        ]
        self.statuses: Counter[int] = Counter()
        self.decided: Counter[str] = Counter()
        self.slowest: dict[str, float] = {}
        """Seconds by kind of request."""

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _asked(self, connection: http.client.HTTPConnection, path: str, body: Any = None) -> Any:
        begin = time.monotonic()
        content = None if body is None else json.dumps(body)
        connection.request("GET" if body is None else "POST", path, content, self._head)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        self.statuses[answer.status] += 1
        kind = ID.sub("*", path.partition("?")[0])
        self.slowest[kind] = max(self.slowest.get(kind, 0.0), time.monotonic() - begin)
        return told if answer.status == http.HTTPStatus.OK else None

    def _decides(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        turn = cycle(DECISIONS)
        while not self._ended.wait(LOOK_S):
            for page in PAGES:
                self._asked(connection, page)
            waiting = self._asked(connection, "/api/lessons?state=waiting&limit=50")
            for lesson in (waiting or {"items": []})["items"][:MOST_AT_ONCE]:
                self._asked(connection, f"/api/lessons/{lesson['id']}/card")
                self._decide(connection, lesson["id"], next(turn))
            for state, verb in (("on trial", "undo"), ("undone", "reopen")):
                found = self._asked(connection, f"/api/lessons?state={quote(state)}")
                items = (found or {"items": []})["items"]
                if len(items) > MOST_AT_ONCE:
                    self._decide(connection, items[-1]["id"], verb)

    def _decide(self, connection: http.client.HTTPConnection, id: str, verb: str) -> None:
        if self._asked(connection, f"/api/lessons/{id}/{verb}", {"reason": "read it"}):
            self.decided[verb] += 1

    def _asks_for_advice(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        for n in cycle(range(200)):
            if self._ended.wait(ADVICE_S):
                return
            self._asked(connection, "/api/advise", {"tool": f"tool_{n:03}", "args": {}})
