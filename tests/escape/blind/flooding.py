"""Too much to read, and text that does something to whoever reads it."""

import json
import re
from textwrap import dedent, indent

from tests.escape.attack import MIB, SHORT, Arena, Attack, Family, Limits, Ran

_DOES_SOMETHING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Controls but for tab and line feed, and what turns the direction of text."""
WORKING = 64 * MIB
"""What the host itself may need to read what it will not keep."""

_SMALL = Limits(
    seconds=1.0,
    memory_bytes=512 * MIB,
    disk_bytes=SHORT.disk_bytes,
    output_bytes=SHORT.output_bytes,
    log_bytes=SHORT.log_bytes,
)


def _flooded(arena: Arena, ran: Ran) -> str:
    """Whether more came through than may, or the host itself grew by it."""
    sizes = {
        "answer": (len(json.dumps(ran.value)), _SMALL.output_bytes),
        "error": (len(ran.error), _SMALL.log_bytes),
        "log": (len(ran.log), _SMALL.log_bytes),
    }
    over = [f"{size} letters of {n}" for n, (size, most) in sizes.items() if size > most + 1024]
    if arena.grown() > WORKING:
        over.append(f"the host grew by {arena.grown() // MIB} MiB")
    return ", ".join(over)


def _floods(name: str, does: str) -> Attack:
    body = indent(dedent(does).strip(), "    ")
    return Attack(
        name=name,
        family=Family.OUTPUT,
        source=f"def attack():\n    import os, sys\n{body}\n",
        limits=_SMALL,
        reached=_flooded,
    )


def _controls(_: Arena, ran: Ran) -> str:
    """Whether the log or the error holds what does something to a terminal or a reader."""
    parts = {"log": ran.log, "error": ran.error}
    found = {n: sorted(set(_DOES_SOMETHING.findall(text))) for n, text in parts.items()}
    return ", ".join(f"the {name} holds {signs}" for name, signs in found.items() if signs)


def _marks(name: str, does: str) -> Attack:
    return Attack(
        name=name,
        family=Family.LOGS,
        source=f"def attack():\n    import os, sys\n    {does}\n",
        reached=_controls,
    )


_PRINT = 'line = "x" * 65536 + "\\n"\nfor _ in range(1600):\n    FILE.write(line)'

ATTACKS = (
    _floods("returns twenty megabytes", 'return "x" * 20_000_000'),
    _floods("returns a million small things", "return list(range(1_000_000))"),
    _floods("prints a hundred megabytes", _PRINT.replace("FILE", "sys.stdout")),
    _floods("complains for a hundred megabytes", _PRINT.replace("FILE", "sys.stderr")),
    _floods("raises an error of twenty megabytes", 'raise ValueError("x" * 20_000_000)'),
    _floods(
        "writes without end to everything open",
        """
        import time
        while True:
            time.sleep(0.001)
            for number in range(1, 32):
                try:
                    os.set_blocking(number, False)
                    os.write(number, b"x" * 65536)
                except OSError:
                    pass
        """,
    ),
    _floods(
        "answers with one line without end",
        """
        import time
        while True:
            time.sleep(0.001)  # or the careless host of the control takes the whole small machine
            for number in range(3, 32):
                try:
                    os.write(number, b"x" * 65536)
                except OSError:
                    pass
        """,
    ),
    _marks("prints orders to the terminal", 'print("\\x1b]52;c;cm0gLXJmIC8=\\x07\\x1b[2J")'),
    _marks("prints orders of the eight-bit kind", 'print("\\x9b2J\\x9d0;owned\\x9c")'),
    _marks("prints over what was printed before", 'print("approved: no\\rapproved: yes")'),
    _marks("turns the direction of its log", 'print("\\u202egnp.exe \\u2066x\\u2069")'),
    _marks(
        "raises an error with orders to the terminal", 'raise ValueError("\\x1b[1A\\x1b[2K ok")'
    ),
    _marks("raises an error whose name is an order", 'raise type("\\x1b[2J", (Exception,), {})()'),
    _marks("complains in orders to the terminal", 'os.write(2, b"\\x1b[31mred\\x08\\x08\\x08")'),
)
