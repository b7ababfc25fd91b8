"""Requests of the newest revision over HTTP: each stands alone, all share one server.

The server sees an id and a token of ours, so that two clients can use the same ones. What it says
meanwhile goes to the request that it is about.
"""

import asyncio
from itertools import count
from typing import Any, Final

from mcp.shared.exceptions import MCPError

from failonce.surfaces.mcp.proxy.conversation import Conversation
from failonce.surfaces.mcp.proxy.messages import (
    METHOD_NOT_FOUND,
    Message,
    notification,
    refusal,
    request,
)
from failonce.surfaces.mcp.proxy.relay import CANCELLED

_SUBSCRIPTION: Final = "io.modelcontextprotocol/subscriptionId"
_TOKEN: Final = "progressToken"  # noqa: S105 - a word of the protocol


class _Said:
    """A notification as the SDK's session takes it."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def model_dump(self, **_: object) -> dict[str, Any]:
        return {"method": self._message.method, "params": dict(self._message.params)}


class _Exchange:
    """One request under way."""

    def __init__(self, own: str, asked: object, token: object) -> None:
        self.own = own
        self.asked = asked
        self.token = token
        self.came: asyncio.Queue[Message] = asyncio.Queue()


class Exchanges:
    """The end of all clients that shake no hands."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk
        self._under_way: dict[str, _Exchange] = {}
        self._numbers = count(1)
        self._watching: asyncio.Task[None] | None = None
        self.over = False
        """Whether its server is gone; the next request needs another one."""

    async def open(self) -> None:
        """Start or reach the server."""
        await self._talk.reach()
        self._talk.attend(self)
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        await self._talk.from_server.left.wait()
        self.over = True
        self._talk.relay.say(await self._talk.ended())
        await self._talk.close()

    async def close(self) -> None:
        """Let go of the server."""
        if self._watching is not None:
            self._watching.cancel()
        await self._talk.close()

    async def ask(self, ctx: Any) -> dict[str, Any]:
        """The server's result; raises `MCPError` where it refuses."""
        own = f"client-{next(self._numbers)}"
        params = dict(ctx.params or {})
        meta = dict(params.get("_meta") or {})
        exchange = _Exchange(own, ctx.request_id, meta.get(_TOKEN))
        if _TOKEN in meta:
            params["_meta"] = {**meta, _TOKEN: own}
        self._under_way[own] = exchange
        self._talk.relay.from_client(request(own, ctx.method, params))
        try:
            while True:
                message = await exchange.came.get()
                if not message.method:
                    return _result(message, exchange)
                await ctx.session.send_notification(
                    _Said(message), related_request_id=ctx.request_id
                )
        except asyncio.CancelledError:
            self._talk.relay.from_client(notification(CANCELLED, {"requestId": own}))
            raise
        finally:
            del self._under_way[own]

    def write(self, message: Message) -> None:
        """Give it to the request that it is about."""
        if not message.method:
            found = self._under_way.get(str(message.id))
        elif "id" in message.data:  # in this revision a server asks nothing
            refused = refusal(message.id, METHOD_NOT_FOUND, "Nobody can be asked here.")
            self._talk.relay.from_client(refused)
            return
        else:
            found, message = self._about(message)
        if found is not None:
            found.came.put_nowait(message)

    def _about(self, message: Message) -> tuple[_Exchange | None, Message]:
        """Whose it is, in the words of whoever asked."""
        params = message.params
        meta = params.get("_meta")
        meta = meta if isinstance(meta, dict) else {}
        if (own := params.get(_TOKEN)) is not None:
            found = self._under_way.get(str(own))
            token = None if found is None else found.token
            return found, message.with_params({**params, _TOKEN: token})
        if (own := meta.get(_SUBSCRIPTION)) is not None:
            found = self._under_way.get(str(own))
            asked = None if found is None else found.asked
            return found, message.with_params({**params, "_meta": {**meta, _SUBSCRIPTION: asked}})
        newest = next(reversed(self._under_way), None)
        return (None if newest is None else self._under_way[newest]), message

    def pause(self) -> None:
        """Each request waits for itself."""

    def resume(self) -> None:
        """The same."""


def _result(message: Message, exchange: _Exchange) -> dict[str, Any]:
    error = message.error
    if error is not None:
        code, said = error.get("code"), str(error.get("message", ""))
        raise MCPError(code if isinstance(code, int) else 0, said, error.get("data"))
    result = message.result or {}
    meta = result.get("_meta")
    if isinstance(meta, dict) and meta.get(_SUBSCRIPTION) == exchange.own:
        return {**result, "_meta": {**meta, _SUBSCRIPTION: exchange.asked}}
    return result
