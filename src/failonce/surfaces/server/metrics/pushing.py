"""The numbers are pushed to a collector where OpenTelemetry's own variables name one.

OTEL_EXPORTER_OTLP_ENDPOINT            where, or ..._METRICS_ENDPOINT for numbers alone
OTEL_METRIC_EXPORT_INTERVAL            how often, in milliseconds
OTEL_SDK_DISABLED, OTEL_METRICS_EXPORTER=none   not at all
"""

import asyncio
import logging
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final, Self

from failonce.surfaces.server.metrics.scraping import families

if TYPE_CHECKING:
    from failonce.surfaces.server.house import House
    from failonce.surfaces.server.metrics.otlp import Exporter

EVERY_MS: Final = 60_000.0
"""As OpenTelemetry has it."""
LAST_S: Final = 1.0
"""How long the end of the server waits for its last numbers to be taken."""
_WHERE: Final = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_HOW: Final = ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN: Final = ("", "http/protobuf")
_LOG: Final = logging.getLogger("failonce")


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether somebody wants the numbers pushed."""
    off = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    other = environ.get("OTEL_METRICS_EXPORTER", "").strip() not in ("", "otlp")
    return not off and not other and any(environ.get(name, "").strip() for name in _WHERE)


def interval_s(environ: Mapping[str, str]) -> float:
    """Seconds between two pushes; OpenTelemetry's own where the variable makes no sense."""
    try:
        given = float(environ.get("OTEL_METRIC_EXPORT_INTERVAL", "") or EVERY_MS)
    except ValueError:
        given = EVERY_MS
    return (given if 0 < given < float("inf") else EVERY_MS) / 1000


class Pushing:
    """Pushes the numbers of the main store and of this server, from `async with` on and at its
    end."""

    def __init__(self, house: "House", *, environ: Mapping[str, str] | None = None) -> None:
        self._house = house
        self._environ = os.environ if environ is None else environ
        self._task: asyncio.Task[None] | None = None
        self._exporter: Exporter | None = None

    async def __aenter__(self) -> Self:
        if wanted(self._environ):
            self._exporter = _exporter(self._environ)
        if self._exporter is not None:
            self._task = asyncio.create_task(self._push(self._exporter))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._exporter is not None:
            last = Thread(target=self._once, args=(self._exporter,), daemon=True)
            last.start()
            await asyncio.get_running_loop().run_in_executor(None, last.join, LAST_S)
            self._exporter.close()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _push(self, exporter: "Exporter") -> None:
        loop, every = asyncio.get_running_loop(), interval_s(self._environ)
        while True:
            await asyncio.sleep(every)
            taken = await loop.run_in_executor(None, self._once, exporter)
            self._house.measures.pushed(taken=taken)

    def _once(self, exporter: "Exporter") -> bool:
        try:
            return exporter.send(families(self._house, ""), time.time_ns())
        except Exception as error:  # nothing of this may end the server
            _LOG.warning("The numbers could not be pushed: %s", error)
            return False


def _exporter(environ: Mapping[str, str]) -> "Exporter | None":
    """What sends them; None, and a word why, where nothing here can."""
    spoken = next((environ[name].strip() for name in _HOW if environ.get(name)), "")
    if spoken not in _SPOKEN:
        _LOG.warning(
            "The numbers are not pushed: failonce speaks OTLP as http/protobuf; %s asks for %s.",
            next(name for name in _HOW if environ.get(name)),
            spoken,
        )
        return None
    try:
        from failonce.surfaces.server.metrics.otlp import Exporter  # noqa: PLC0415 - an extra
    except ImportError:
        _LOG.warning(
            "The numbers are not pushed, as what does so is not installed: "
            "pip install 'failonce[otel]'"
        )
        return None
    return Exporter()
