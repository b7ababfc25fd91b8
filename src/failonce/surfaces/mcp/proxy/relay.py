"""One conversation: who asked what, and where the answer goes.

    client ──► relay ──► server        requests, notifications, answers to what the server asks
    client ◄── relay ◄── server        the same back

What nobody looks at passes as the bytes that came. The ids of the client's requests stay as they
are; what the relay asks itself has ids that nobody else makes.
"""

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from failonce.surfaces.mcp.proxy.links import Link
from failonce.surfaces.mcp.proxy.messages import (
    CONNECTION_CLOSED,
    Key,
    Message,
    notification,
    refusal,
    request,
)
from failonce.surfaces.mcp.proxy.saying import Say, shown

CANCELLED: Final = "notifications/cancelled"

_PAUSE_S: Final = 0.01
Then = Callable[[Message], Message | None]
"""What becomes of an answer: what goes to the client, None where nothing does."""


class Looks(Protocol):
    """Who looks at messages on their way; see `watch`."""

    def asked(self, message: Message) -> bool:
        """A request of the client; True where it is taken, and the relay does nothing with it."""

    def told(self, message: Message) -> None:
        """A notification of the server."""

    def cancelled(self, key: Key, message: Message) -> bool:
        """The client gave a request up; True where it is one that was taken."""


@dataclass(slots=True)
class _Asked:
    """A request that the server has not answered yet."""

    id: Any
    then: Then | None = None
    waits: "asyncio.Future[Message] | None" = None


class Relay:
    """Between one client and one server. Of one event loop."""

    def __init__(self, say: Say) -> None:
        self.client: Link | None = None
        self.server: Link | None = None
        self.looks: Looks | None = None
        self.say = say
        self.gone = ""
        """Why the server is not there any more; empty while it is."""
        self.strays: Counter[str] = Counter()
        """What came from the server and was let go, by what it was."""
        self._asked: dict[Key, _Asked] = {}
        self._let_go: set[Key] = set()
        """Requests of our own that nobody waits for."""
        self._own = f"failonce-{uuid.uuid4().hex[:12]}"
        self._numbers = itertools.count(1)

    # --------------------------------------------------------- from the client

    def from_client(self, message: Message) -> None:
        """Something that the client sent."""
        method = message.method
        if not method:
            self.to_server(message)
        elif "id" not in message.data:
            self._notified(message)
        elif self.looks is None or not self._looked(self.looks.asked, message):
            self.forward(message)

    def _notified(self, message: Message) -> None:
        if message.method == CANCELLED:
            key = Message({"id": message.params.get("requestId")}).key
            if self.looks is not None and self.looks.cancelled(key, message):
                return
            found = self._asked.get(key)
            if found is not None and found.waits is None:
                found.then = None  # whatever comes of it, it says nothing of the tool
        self.to_server(message)

    def forward(self, message: Message, then: Then | None = None) -> None:
        """Ask the server what the client asked; `then` sees the answer before the client does."""
        if self.gone:
            answer: Message | None = refusal(message.id, CONNECTION_CLOSED, self.gone)
            answer = answer if then is None or answer is None else then(answer)
            if answer is not None:
                self.to_client(answer)
            return
        self._asked[message.key] = _Asked(message.id, then)
        self.to_server(message)

    # --------------------------------------------------------- from the server

    def from_server(self, message: Message) -> None:
        """Something that the server sent."""
        if message.method:
            if self.looks is not None and "id" not in message.data:
                self._looked(self.looks.told, message)
            self.to_client(message)
            return
        key = message.key
        found = self._asked.pop(key, None)
        if found is not None:
            self._answered(found, message)
        elif key in self._let_go:
            self._let_go.discard(key)
        else:
            self._stray("an answer to a request that nobody made", shown(str(message.id), 60))

    def _answered(self, found: _Asked, message: Message) -> None:
        if found.waits is not None:
            if not found.waits.done():
                found.waits.set_result(message)
            return
        answer: Message | None = message
        if found.then is not None:
            try:
                answer = found.then(message)
            except Exception as error:  # an observer's own trouble
                self.say.trouble(error)
        if answer is not None:
            self.to_client(answer)

    def garbled(self, line: bytes, why: str) -> None:
        """What the server wrote is no message; whoever may wait for it is told."""
        head = shown(line.decode("utf-8", "replace"), 120)
        self._stray(f"a line that is no message: {why}", head)
        key = _id_in(line)
        if key is not None and key in self._asked:
            found = self._asked.pop(key)
            text = f"The server's answer could not be read: {why}."
            self._answered(found, refusal(found.id, CONNECTION_CLOSED, text))

    def _stray(self, what: str, about: str) -> None:
        self.strays[what] += 1
        self.say.once(what, f"the server sent {what} ({about}); it was not passed on")

    def server_ended(self, why: str) -> None:
        """The server is not there any more: whoever waits for it is told so."""
        self.gone = why
        asked, self._asked = self._asked, {}
        for found in asked.values():
            self._answered(found, refusal(found.id, CONNECTION_CLOSED, why))

    # ------------------------------------------------------------ what is sent

    async def ask(self, method: str, params: Mapping[str, Any], *, id: object = None) -> Message:
        """Ask the server something and wait; under the client's own id where it is given.

        Where nobody waits any more the server is told so.
        """
        own = id is None
        asked = request(f"{self._own}-{next(self._numbers)}" if own else id, method, params)
        if self.gone:
            return refusal(asked.id, CONNECTION_CLOSED, self.gone)
        waits: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked[asked.key] = _Asked(asked.id, waits=waits)
        self.to_server(asked)
        try:
            return await waits
        except asyncio.CancelledError:
            if self._asked.pop(asked.key, None) is not None:
                self._let_go.add(asked.key)
                self.to_server(notification(CANCELLED, {"requestId": asked.id}))
            raise

    def to_client(self, message: Message) -> None:
        """Send something to the client."""
        if self.client is not None:
            self.client.write(message)

    def to_server(self, message: Message) -> None:
        """Send something to the server."""
        if self.server is not None and not self.gone:
            self.server.write(message)

    async def settled(self, seconds: float) -> None:
        """Wait for answers that are on their way, so long at most."""
        end = asyncio.get_running_loop().time() + seconds
        while self._asked and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(_PAUSE_S)

    def _looked(self, look: Callable[[Message], Any], message: Message) -> bool:
        """What a look comes to; False where failonce itself fails, and the message goes on."""
        try:
            return bool(look(message))
        except Exception as error:  # an observer's own trouble
            self.say.trouble(error)
            return False


def _id_in(line: bytes) -> Key | None:
    """The id near the beginning of a line that cannot be read, where one stands there."""
    import json  # noqa: PLC0415 - next to never
    import re  # noqa: PLC0415 - the same

    found = re.search(rb'"id"\s*:\s*(\d{1,18}|"[^"\\]{1,200}")', line[:400])
    return None if found is None else Message({"id": json.loads(found[1])}).key
