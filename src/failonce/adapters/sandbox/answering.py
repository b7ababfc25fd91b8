"""Calls that the code inside wants made: asked for by the thread that listens to it, made by
the one that waits for the run. Only that one is where the host's own code may run."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import SimpleQueue
from typing import Final

from failonce.adapters.sandbox.framing import framed
from failonce.adapters.sandbox.reading import Unreadable, read_value
from failonce.model import Answer, Call

MOST_CALLS: Final = 1_000
"""Calls of one run; what wants more makes them without end."""

Answers = Callable[[Call], Answer]
Reply = Callable[[bytes], bytes]
"""Takes a call as it came from inside, and gives what goes back."""


def reply(answers: Answers, body: bytes) -> bytes:
    """Make a call as it came from inside; what is none is answered as one that failed."""
    try:
        value = read_value(body)
    except Unreadable as error:
        return framed((False, f"no call: {error}"))
    if not isinstance(value, list) or len(value) != 2:
        return framed((False, "no call"))
    tool, args = value
    if not isinstance(tool, str) or not isinstance(args, Mapping):
        return framed((False, "no call"))
    answer = answers(Call(tool=tool, args=args))
    return framed((answer.worked, answer.text))


class Counter:
    """Hands calls over a counter, from a thread that must not make them to the one that may."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._asked: SimpleQueue[bytes | None] = SimpleQueue()
        self._given: SimpleQueue[bytes | None] = SimpleQueue()

    def ask(self, body: bytes) -> bytes:
        """In the thread that listens; raises `Left` where nobody answers any more."""
        self._asked.put(body)
        given = self._given.get()
        if given is None:
            raise Left
        return given

    def close(self) -> None:
        """In the thread that listens: nothing more is asked."""
        self._asked.put(None)

    def serve(self) -> None:
        """In the thread that waits, until `close`; what interrupts it ends the run."""
        try:
            while (body := self._asked.get()) is not None:
                self._given.put(reply(self._answers, body))
        finally:
            with suppress(Exception):
                self._given.put(None)


class Left(Exception):
    """Whoever made the calls was interrupted."""
