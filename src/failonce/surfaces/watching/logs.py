"""Errors that nobody reports by hand: those that are logged, and those that nobody catches.

Observers: what goes wrong in here is counted, and the log or the program goes on.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from failonce.adapters.importers.events import ingest_error
from failonce.model import Evidence
from failonce.surfaces.watching.host import Host, host
from failonce.surfaces.watching.sessions import current
from failonce.surfaces.worded import wordings

WRITER: Final = "failonce-writer"
"""The thread that writes reports: what is logged there is about failonce's own store."""

_busy = threading.local()


class LogHandler(logging.Handler):
    """Takes in what a program logs as an error; add it to a logger.

    The component is the logger's name. What failonce itself logs is left out.
    """

    def __init__(self, level: int = logging.ERROR, *, project: str | None = None) -> None:
        super().__init__(level)
        self._project = project

    def emit(self, record: logging.LogRecord) -> None:
        """Take in one record; never raises."""
        own = record.name.partition(".")[0] == "failonce" or record.threadName == WRITER
        if own or getattr(_busy, "now", False):
            return
        here = host()
        if here is None:
            return
        _busy.now = True
        try:
            error = record.exc_info[1] if record.exc_info else None
            text = record.getMessage() if error is None else wordings(error)[0]
            context = {"logger": record.name, "level": record.levelname, "line": record.lineno}
            if error is not None:
                context["message"] = record.getMessage()
            _take(here, text, record.name, context, self._project)
        except Exception as own_error:
            here.went_wrong(own_error)
        finally:
            _busy.now = False


def install_excepthook(loop: asyncio.AbstractEventLoop | None = None) -> Callable[[], None]:
    """Take in errors that nobody catches: of the program, of threads, of asyncio's loop.

    The loop is `loop`, else the one that runs. What was installed before is called as before.
    Gives the function that takes the hooks out again.
    """
    if loop is None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
    before, before_thread = sys.excepthook, threading.excepthook

    def of_program(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        _caught(error, "uncaught")
        before(kind, error, trace)

    def of_thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread is not None else "thread"
        _caught(args.exc_value, f"thread {name}")
        before_thread(args)

    sys.excepthook, threading.excepthook = of_program, of_thread
    undo_loop = None if loop is None else _of_loop(loop)

    def take_out() -> None:
        if sys.excepthook is of_program:
            sys.excepthook = before
        if threading.excepthook is of_thread:
            threading.excepthook = before_thread
        if undo_loop is not None:
            undo_loop()

    return take_out


def _of_loop(loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    before = loop.get_exception_handler()

    def handler(there: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        _caught(context.get("exception"), "asyncio")
        if before is None:
            there.default_exception_handler(context)
        else:
            before(there, context)

    loop.set_exception_handler(handler)
    return lambda: loop.set_exception_handler(before)


def _caught(error: BaseException | None, component: str) -> None:
    """Take in an error; never raises."""
    here = host()
    if here is None or not isinstance(error, Exception):
        return
    try:
        _take(here, wordings(error)[0], component, {}, None)
    except Exception as own:
        here.went_wrong(own)


def _take(
    here: Host, text: str, component: str, context: Mapping[str, object], project: str | None
) -> None:
    session = current()
    own = session.project if project is None else project
    whose = here.project if own is None else own
    if here.known(whose) is None:
        return
    at = datetime.now(UTC)
    event = {
        "error": text,
        "component": component,
        "context": {
            **context,
            "project": whose,
            "session": session.id,
            "id": here.next_id(),
            "ts": at.isoformat(),
        },
    }

    def work() -> Sequence[Evidence]:
        return (here.desk.take(ingest_error(event), at, whose),)

    here.writer.put(work)
