"""What is refused before anybody looks at a request, and the headers of every answer.

Host      only our own names: another one is a page that pretends to be us (DNS rebinding)
Origin    only our own pages may change anything with a browser's help
size      a body that is too large ends where it gets too large, not in memory
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from failonce.surfaces.server.look import POLICY
from failonce.surfaces.server.problems import problem

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_PRIVATE: Final = "private, no-cache"
_KEY_ALONE: Final = ("/envelope/", "/store/")
"""How the addresses end to which browsers of any page may report, with a public key alone."""


class Guard:
    """The outermost part of the app. `names` are the hosts that it answers to."""

    def __init__(self, app: ASGIApp, *, names: Collection[str], max_body: int) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse it, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refusal(scope["method"], scope["path"], headers)
        if refused is not None:
            status, detail = refused
            await problem(status, detail)(scope, receive, _with_headers(send))
            return
        await self._app(scope, _limited(receive, self._max_body, self._limit), _with_headers(send))

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[HTTPStatus, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self._names:
            return HTTPStatus.MISDIRECTED_REQUEST, (
                "This server does not answer to that name. The setting server.hosts adds one."
            )
        if method not in SAFE and not path.endswith(_KEY_ALONE) and _foreign(headers, host):
            return HTTPStatus.FORBIDDEN, (
                "The request comes from a page of another site, which may not change anything here."
            )
        length = headers.get("content-length", "")
        if length and (not length.isdecimal() or int(length[:20]) > self._max_body):
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._limit
        return None

    @property
    def _limit(self) -> str:
        return (
            f"The body is larger than {self._max_body >> 20:,} MiB. Send it in parts; the "
            "setting server.max_body_mb says how large they may be."
        )


def _limited(receive: Receive, most: int, says: str) -> Receive:
    """A body without a length that ends where it gets longer than allowed."""
    left = most

    async def receiving() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, says)
        return message

    return receiving


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", _PRIVATE)
        await send(message)

    return sending


def _name(host: str) -> str:
    """The name in a `Host` header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that another site's page sends this."""
    origin = headers.get("origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc.lower() != host.lower()
        except ValueError:
            return True
    return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
