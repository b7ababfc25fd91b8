"""The outermost part of the app: how many requests there are, and how long they take."""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from failonce.surfaces.server.metrics.measures import Measures

NOWHERE: Final = "none"
"""The route of what was refused before there was one, and of addresses that are none."""


class Timed:
    """Counts each request when it is answered."""

    def __init__(self, app: ASGIApp, *, measures: Measures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand it on, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - begin
            route = getattr(scope.get("route"), "path", NOWHERE)
            self._measures.answered(scope["method"], route, status, seconds)
