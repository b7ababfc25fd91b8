"""One run of `failonce proxy`, from the first message to the exit code.

The server is started before anything else is loaded, so that both begin at once.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable
from contextlib import suppress
from typing import Final

from failonce.surfaces.mcp.proxy.conversation import Asked, Conversation
from failonce.surfaces.mcp.proxy.saying import Say
from failonce.surfaces.mcp.proxy.stdio import OwnStreams

DONE: Final = 0
ALONE: Final = 1
"""The server ended although its client was still there."""
STOPPED: Final = 130
_TURN_S: Final = 0.0005
"""How long a thread has the interpreter while another wants it: what opens the store holds up
neither answers nor what keeps them, for a client may kill this process 16 ms after the last one."""


def run(asked: Asked) -> int:
    """Stand between them until one of them is gone; the exit code.

    Raises `BadInput` where the server cannot be started or reached.
    """
    sys.setswitchinterval(_TURN_S)
    return asyncio.run(_listened(asked) if asked.listen else _run(asked))


async def _run(asked: Asked) -> int:
    """Before one client, which started this process."""
    talk = Conversation(asked, Say(name=asked.name))
    stopped = _signals()
    client = OwnStreams(talk.from_client)
    await talk.reach()
    try:
        await client.open()
        talk.attend(client)
        await client.begin()
        return await _until_over(talk, stopped)
    finally:
        await client.close()
        await talk.close()
        _close()


async def _until_over(talk: Conversation, stopped: "asyncio.Future[int]") -> int:
    await _first(talk.from_client.left.wait(), talk.from_server.left.wait(), _is(stopped))
    if stopped.done():
        return stopped.result()
    if talk.from_client.left.is_set():
        await _first(talk.finish(), _is(stopped))
        return DONE
    talk.relay.say(await talk.ended())
    return ALONE


async def _listened(asked: Asked) -> int:
    """Before any number of clients, which come over HTTP."""
    from failonce.surfaces.mcp.proxy.listening import Listening  # noqa: PLC0415 - the SDK is slow

    stopped = _signals()
    listening = Listening(asked, Say(name=asked.name))
    serving = asyncio.get_running_loop().create_task(listening.serve())
    try:
        await _first(asyncio.shield(serving), _is(stopped))
        if serving.done():
            serving.result()
            return ALONE
        return stopped.result()
    finally:
        await listening.close()
        with suppress(asyncio.CancelledError):
            await serving
        _close()


def _signals() -> "asyncio.Future[int]":
    """Done with the exit code once somebody asks this process to end."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(code: int) -> None:
        if not stopped.done():
            stopped.set_result(code)

    codes = {"SIGINT": STOPPED, "SIGTERM": DONE, "SIGHUP": DONE}
    for name, code in codes.items():
        number = getattr(signal, name, None)
        if number is not None and sys.platform != "win32":
            loop.add_signal_handler(number, stop, code)
    return stopped


async def _is(future: "asyncio.Future[int]") -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.shield(future)


async def _first(*waits: Awaitable[object]) -> None:
    """Wait for the first of these; the others are left."""
    tasks = [asyncio.ensure_future(w) for w in waits]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _close() -> None:
    """Keep what waits to be kept."""
    from failonce.surfaces.watching import host  # noqa: PLC0415 - the same

    host.close()
