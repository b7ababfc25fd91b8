"""Ends that look like success."""

from textwrap import dedent
from typing import Any

from tests.escape.attack import Arena, Attack, Ending, Family, Ran, overstayed
from tests.escape.blind.processes import BRIEF


def _passed(_: Arena, ran: Ran) -> str:
    return "an early end was taken for success" if ran.ending is Ending.RETURNED else ""


def _leaves_early(name: str, source: str, **more: Any) -> Attack:
    facts = {"reached": _passed, **more}
    return Attack(name=name, family=Family.EXIT, source=dedent(source), **facts)


ATTACKS = (
    _leaves_early(
        "leaves with success before it has answered",
        """
        def attack():
            import os
            os._exit(0)
        """,
    ),
    _leaves_early(
        "leaves by the usual exit",
        """
        def attack():
            import sys
            sys.exit(0)
        """,
    ),
    _leaves_early(
        "leaves while it is only being loaded",
        """
        import os
        os._exit(0)

        def attack():
            raise ValueError
        """,
    ),
    _leaves_early(
        "becomes a program that ends with success",
        """
        def attack():
            import os
            os.execv("/bin/true", ["true"])
        """,
    ),
    _leaves_early(
        "a thread leaves while it waits",
        """
        def attack():
            import os, threading, time
            threading.Timer(0.1, os._exit, (0,)).start()
            time.sleep(30)
        """,
    ),
    _leaves_early(
        "leaves when its error is put into words",
        """
        import os
        class Quiet(Exception):
            def __str__(self):
                os._exit(0)

        def attack():
            raise Quiet
        """,
    ),
    _leaves_early(
        "never finishes to put its error into words",
        """
        import time
        class Slow(Exception):
            def __str__(self):
                time.sleep(60)

        def attack():
            raise Slow
        """,
        limits=BRIEF,
        reached=overstayed,
    ),
    _leaves_early(
        "leaves when what it returned is thrown away",
        """
        import os
        class Gone(dict):
            def __del__(self):
                os._exit(0)

        def attack():
            Gone()
            raise ValueError
        """,
    ),
)
