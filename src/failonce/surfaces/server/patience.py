"""How long a client may take to say what it wants: a connection that says it byte by byte ends.

uvicorn bounds how long a connection is idle between requests, and nothing else.
"""

from asyncio import TimerHandle, Transport
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S: Final = 30.0
"""Seconds from the first byte to the last one of a request's headers."""
BODY_S: Final = 300.0
"""Seconds for its body: the largest by default is through in them at 70 kB a second."""


class Patient(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, that closes the connection where a request takes too long."""

    headers_s: float = HEADERS_S
    body_s: float = BODY_S

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """A connection that says nothing ends, too."""
        super().connection_made(transport)
        self._wait(self.headers_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Blank lines between requests are no request, and no reason to wait longer either."""
        idle = self.timeout_keep_alive_task is not None
        super().data_received(data)
        if idle and self.timeout_keep_alive_task is None and self._timer is None:
            answered = self.cycle is None or self.cycle.response_complete
            if answered and not self.transport.is_closing():
                self._wait(self.headers_s)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._wait(self.headers_s)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._wait(self.body_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there; the answer may take its time."""
        self._done()
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._done()
        self._timer = self.loop.call_later(seconds, self.transport.close)

    def _done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
