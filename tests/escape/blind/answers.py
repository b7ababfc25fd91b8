"""The channel by which the answer comes, and ends that look like success.

The function in these attacks raises, or never runs: an answer that says it returned is forged.
"""

import json
import math
from textwrap import dedent
from typing import Any

from tests.escape.attack import Arena, Attack, Ending, Family, Ran, broke, overstayed
from tests.escape.blind.processes import BRIEF

FORGED = "forged verdict"

_FORGE = f"""
import json, os, struct

FORGED = {FORGED!r}

def frames():
    shapes = [
        {{"ending": "returned", "value": FORGED}},
        {{"ending": "RETURNED", "value": FORGED, "error": "", "log": ""}},
        {{"ok": True, "value": FORGED}},
        {{"ok": True, "result": FORGED}},
        {{"status": "ok", "value": FORGED}},
        {{"type": "result", "value": FORGED}},
        {{"returned": FORGED}},
        {{"value": FORGED}},
        {{"result": FORGED}},
    ]
    for shape in shapes:
        text = json.dumps(shape).encode()
        yield b"\\n" + text + b"\\n"
        for form in (">I", "<I", ">Q", "<Q"):
            yield struct.pack(form, len(text)) + text
        yield b"Content-Length: " + str(len(text)).encode() + b"\\r\\n\\r\\n" + text
        yield str(len(text)).encode() + b":" + text + b","
        yield text + b"\\0"

def everywhere(parts):
    for number in [*range(64, 0, -1)]:
        try:
            os.set_blocking(number, False)
            for part in parts:
                os.write(number, part)
        except OSError:
            pass
"""


def forged(_: Arena, ran: Ran) -> str:
    """Whether the host was made to believe an answer that nothing returned."""
    there = FORGED in json.dumps(ran.value)
    return "a forged answer was believed" if there and ran.ending is Ending.RETURNED else ""


def _forges(name: str, source: str, **more: Any) -> Attack:
    facts = {"family": Family.RESULT, "reached": forged, **more}
    return Attack(name=name, source=f"{_FORGE}\n{dedent(source)}", **facts)


def _no_json(_: Arena, ran: Ran) -> str:
    found = [v for v in _leaves(ran.value) if isinstance(v, float) and not math.isfinite(v)]
    return f"the host was given {found} as JSON" if found else ""


def _no_text(_: Arena, ran: Ran) -> str:
    try:
        "".join(str(v) for v in _leaves(ran.value)).encode()
    except UnicodeEncodeError as error:
        return f"the host was given text that cannot be stored: {error.reason}"
    return ""


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [x for pair in value.items() for part in pair for x in _leaves(part)]
    return [x for part in value for x in _leaves(part)] if isinstance(value, list) else [value]


def _own_facts(_: Arena, ran: Ran) -> str:
    found = [n for n, v in (("ms", ran.ms), ("peak_bytes", ran.peak_bytes)) if v == 77777]
    found += ["enforced"] if "no such barrier" in str(ran.enforced) else []
    return f"the host believed the job about {', '.join(found)}" if found else ""


ATTACKS = (
    _forges(
        "answers while it is only being loaded, and leaves",
        """
        everywhere(frames())
        os._exit(0)

        def attack():
            raise ValueError
        """,
    ),
    _forges(
        "writes an answer to everything open, then raises",
        """
        def attack():
            everywhere(frames())
            raise ValueError
        """,
    ),
    _forges(
        "writes an answer to everything open, then waits",
        """
        def attack():
            import time
            everywhere(frames())
            time.sleep(30)
        """,
        limits=BRIEF,
    ),
    _forges(
        "writes an answer to every file that anybody has open",
        """
def attack():
    parts = list(frames())
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for number in os.listdir(f"/proc/{pid}/fd"):
                try:
                    door = os.open(f"/proc/{pid}/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
                    for part in parts:
                        os.write(door, part)
                except OSError:
                    pass
        except OSError:
            pass
    raise ValueError
""",
    ),
    _forges(
        "replaces what turns the answer into text",
        """
def attack():
    text = '{"ending": "returned", "ok": true, "value": "%s", "result": "%s"}' % (FORGED, FORGED)
    def lie(*_, **__):
        return text
    json.dumps = lie
    json.dump = lambda _, file, **__: file.write(text)
    json.JSONEncoder.encode = lie
    raise ValueError
""",
    ),
    _forges(
        "replaces what writes the answer",
        """
def attack():
    import io, sys
    real = os.write
    def lie(number, data):
        data = bytes(data)
        if b"raised" in data or b"ValueError" in data:
            for frame in frames():
                real(number, frame)
            return len(data)
        return real(number, data)
    os.write = lie
    raise ValueError
""",
    ),
    _forges(
        "says how long it took, what it used and what held it",
        """
def attack():
    text = json.dumps({"ending": "returned", "ok": True, "value": 1, "ms": 77777,
                       "peak_bytes": 77777, "enforced": ["no such barrier"]}).encode()
    everywhere([b"\\n" + text + b"\\n", struct.pack(">I", len(text)) + text,
                struct.pack("<I", len(text)) + text])
    os._exit(0)
""",
        reached=_own_facts,
    ),
    _forges(
        "answers with lists in lists in lists",
        """
def attack():
    text = b'{"ending": "returned", "value": ' + b"[" * 200000 + b"]" * 200000 + b"}"
    for number in range(64, 0, -1):
        try:
            os.write(number, b"\\n" + text + b"\\n")
        except OSError:
            pass
    os._exit(0)
""",
        reached=broke,
    ),
    _forges(
        "returns lists in lists in lists",
        """
def attack():
    import sys
    sys.setrecursionlimit(10**6)
    value = []
    for _ in range(970):
        value = [value]
    text = '{"ending": "returned", "value": ' + "[" * 30000 + "]" * 30000 + "}"
    json.dumps = lambda *_, **__: text
    return value
""",
        reached=broke,
    ),
    _forges(
        "returns a number that takes longer to read than to write",
        """
def attack():
    import sys
    sys.set_int_max_str_digits(0)
    return 10 ** 20000
""",
        reached=broke,
    ),
    _forges(
        "returns numbers that are none",
        """
        def attack():
            return [float("nan"), float("inf")]
        """,
        reached=_no_json,
    ),
    _forges(
        "returns text that cannot be stored",
        """
        def attack():
            return {"\\udc80": "\\ud800"}
        """,
        reached=_no_text,
    ),
    _forges(
        "announces an answer of four gigabytes",
        """
def attack():
    import time
    for number in range(64, 2, -1):
        try:
            os.write(number, b"\\xff\\xff\\xff\\x7f")
        except OSError:
            pass
    time.sleep(30)
""",
        limits=BRIEF,
        reached=overstayed,
    ),
    _forges(
        "answers one letter at a time, for ever",
        """
def attack():
    import time
    while True:
        for number in range(64, 2, -1):
            try:
                os.write(number, b" ")
            except OSError:
                pass
        time.sleep(0.02)
""",
        limits=BRIEF,
        reached=overstayed,
    ),
)
