"""Errors that are logged, and those that nobody catches."""

import asyncio
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

import failonce
from failonce.model import Origin
from failonce.surfaces.watching.logs import WRITER
from tests.surfaces.watching.made import Room


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger with our handler, and nothing printed."""
    found = logging.getLogger("shop.orders")
    handler = failonce.LogHandler()
    found.addHandler(handler)
    found.propagate = False
    yield found
    found.removeHandler(handler)


def test_errors_that_are_logged_are_taken_in(room: Room, logger: logging.Logger) -> None:
    """By the logger's name; with the exception where there is one; nothing below an error."""
    logger.info("fine")
    logger.error("cannot reach %s", "db-1")
    try:
        raise KeyError("order 7")
    except KeyError:
        logger.exception("failed")
    first, second = room.calls("shop.orders")
    assert (first.message, first.origin, first.call.project) == (
        "cannot reach db-1",
        Origin.LOG,
        "shop",
    )
    assert "KeyError" in second.message
    assert all(e.failed for e in (first, second))


def test_what_failonce_logs_itself_is_left_out(room: Room, logger: logging.Logger) -> None:
    """Also where it logs while a record is taken in."""
    handler = failonce.LogHandler()
    own = logging.getLogger("failonce")
    own.addHandler(handler)
    put = room.host.writer.put

    def loud(work: object) -> bool:
        logger.error("again and again")
        own.error("I")
        return put(work)  # type: ignore[arg-type]

    room.host.writer.put = loud  # type: ignore[method-assign]
    try:
        logger.error("once")
    finally:
        own.removeHandler(handler)
        room.host.writer.put = put  # type: ignore[method-assign]
    writing = threading.Thread(target=lambda: logger.error("store away"), name=WRITER)
    writing.start()
    writing.join()
    assert [e.message for e in room.calls()] == ["once"]


def test_a_log_that_cannot_be_read_is_counted(room: Room) -> None:
    """And the program goes on."""
    record = logging.LogRecord("shop", logging.ERROR, "here.py", 1, "%d", ("no number",), None)
    failonce.LogHandler().handle(record)
    assert room.host.lost == 1
    room.host.lost = 0


def test_errors_that_nobody_catches(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the program, a thread and a loop; what was there before is called too."""
    before = sys.excepthook, threading.excepthook
    seen = []
    threading.excepthook = lambda args: seen.append(args.exc_value)

    def fail() -> None:
        raise OSError("in a thread")

    async def main() -> None:
        take_out = failonce.install_excepthook()
        loop = asyncio.get_running_loop()
        try:
            loop.call_exception_handler({"message": "m", "exception": OSError("in a loop")})
            thread = threading.Thread(target=fail, name="worker")
            thread.start()
            thread.join()
            error = OSError("of the program")
            sys.excepthook(OSError, error, None)
            sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        finally:
            take_out()
        assert loop.get_exception_handler() is None

    try:
        asyncio.run(main())
    finally:
        threading.excepthook = before[1]
    assert sys.excepthook is before[0]
    assert {(e.call.tool, e.message) for e in room.calls()} == {
        ("asyncio", "OSError: in a loop"),
        ("thread worker", "OSError: in a thread"),
        ("uncaught", "OSError: of the program"),
    }
    assert str(seen[0]) == "in a thread"
    assert "of the program" in capsys.readouterr().err
