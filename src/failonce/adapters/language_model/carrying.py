"""The connection to an endpoint that nobody vouches for: answers of bounded size, as they are."""

from collections.abc import AsyncIterator
from typing import Final

import httpx2

MOST_BYTES: Final = 4 * 1024 * 1024
"""Largest answer that is read."""


def client(seconds: float) -> httpx2.AsyncClient:
    """A client that follows no redirect, so that the key goes nowhere else."""
    return httpx2.AsyncClient(
        transport=_Bounded(), timeout=seconds, follow_redirects=False, trust_env=False
    )


class _Bounded(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()  # packed, a small answer may be a huge one
            raise httpx2.ReadError("the answer is packed, which was not asked for")
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - of the base
        response.stream = _Capped(response.stream)
        return response


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > MOST_BYTES:
                raise httpx2.ReadError(f"the answer is longer than {MOST_BYTES:,} bytes")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
