"""Running the server: its socket, its first sign-in link, its end."""

import asyncio
import gc
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from failonce.adapters.sql_store import open_store, shown
from failonce.compose import Configuration, SystemClock
from failonce.errors import BadSetting
from failonce.signature.masks import SCHEME_VERSION
from failonce.surfaces.access import Granting
from failonce.surfaces.server.app import create_app
from failonce.surfaces.server.heaps import one_heap
from failonce.surfaces.server.house import address
from failonce.surfaces.server.patience import Patient
from failonce.weighing import OURSELVES

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
GRACE_S: Final = 10
"""Seconds that requests under way have when the server ends."""


def serve(config: Configuration, *, say: Callable[[str], None]) -> None:
    """Serve until it is told to end; `say` gets what a person should read.

    Raises `BadSetting` where the address cannot be listened on, `StoreError` where the store
    cannot be opened.
    """
    one_heap()
    listening = _listening(config)
    port = listening.getsockname()[1]
    config = _at(config, port)
    app = create_app(config)
    gc.freeze()  # the program itself is never garbage, and need not be looked through
    say(f"failonce serves {address(config)} from the store {shown(config.url)}")
    link = first_link(config)
    if link:
        say(f"Nobody can sign in yet. Make the first account here, within an hour: {link}")
    else:
        say(f"Sign in: {address(config)}/sign-in")
    if config.settings.server.host not in LOOPBACK and config.settings.server.url is None:
        say("It is open to the network without HTTPS: set server.url, and a proxy before it.")
    server = _Server(
        uvicorn.Config(
            app,
            http=Patient,
            loop="auto",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=30,
        )
    )
    # uvicorn ends in peace and then hands the signal on: the default handler would end us there.
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run(sockets=[listening])
    say("Stopped. What was taken in is stored.")


class _Server(uvicorn.Server):
    """Ends in peace when it is told to, and at once when it is told again."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        if self.should_exit:
            for child in multiprocessing.active_children():
                child.kill()
            os._exit(128 + sig)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer who waits, with what became of it, before those who still wait are cut off."""
        app = self.config.app
        assert isinstance(app, FastAPI)  # noqa: S101 - made above
        intake = app.state.house.intake
        ending = asyncio.create_task(intake.stop())
        await super().shutdown(sockets)
        await ending


def first_link(config: Configuration) -> str:
    """A link that makes the first account; empty where there is one."""
    store = open_store(config.url, scheme=SCHEME_VERSION)
    try:
        if store.accounts():
            return ""
        granting = Granting(store=store, clock=SystemClock(), actor=OURSELVES, via="server")
        return f"{address(config)}/sign-in/link/{granting.new_link()}"
    finally:
        store.close()


def _listening(config: Configuration) -> socket.socket:
    settings = config.settings.server
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((settings.host, settings.port))
    except OSError as error:
        made.close()
        raise BadSetting(
            f"{settings.host} port {settings.port} cannot be listened on: {error.strerror}. "
            "Perhaps failonce serves there already. Else choose another with --port (or "
            "`make server PORT=N`), or end what holds it."
        ) from error
    made.listen(2048)
    return made


def _at(config: Configuration, port: int) -> Configuration:
    """The settings with the port that was really taken, where 0 asked for any."""
    server = config.settings.server.model_copy(update={"port": port})
    return replace(config, settings=config.settings.model_copy(update={"server": server}))
