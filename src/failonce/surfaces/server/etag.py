"""What did not change since it was last asked for is not sent again."""

from hashlib import blake2b
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST: Final = 2 << 20
"""Bytes of an answer that is held to be compared; longer ones are sent as they come."""


class ETags:
    """Gives every whole answer to a GET an `ETag`, and answers 304 to whoever has it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, perhaps without a body."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        await self._app(scope, receive, _Held(send, known))


class _Held:
    """The parts of one answer, held until it is whole or too long."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            if message["status"] != 200:
                await self._flush()
        elif message["type"] != "http.response.body" or self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._whole(self._start)
            elif len(self._body) > _MOST:
                await self._flush()

    async def _flush(self) -> None:
        """It is sent as it comes from here on."""
        start, self._start = self._start, None
        if start is not None:
            await self._send(start)
        if self._body:
            await self._send({"type": "http.response.body", "body": self._body, "more_body": True})
            self._body = b""

    async def _whole(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        tag = headers.setdefault("etag", f'"{blake2b(self._body, digest_size=12).hexdigest()}"')
        if self._body and tag in (x.strip() for x in self._known.split(",")):
            start["status"] = 304
            for name in ("content-length", "content-type"):
                del headers[name]
            self._body = b""
        await self._send(start)
        await self._send({"type": "http.response.body", "body": self._body})
