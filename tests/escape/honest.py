"""Jobs that attack nothing, so that a sandbox that refuses everything is not called safe.

They have the form of attacks; `reached` says what was not done for them, in words.
"""

import contextlib
import os
import socket
from pathlib import Path

from failonce.model import Args
from tests.escape.arena import FOLDER, GROUPS
from tests.escape.attack import MIB, SHORT, Arena, Attack, Ending, Family, Grants, Ran
from tests.escape.building import PROJECT
from tests.escape.outer import FIRST

PORT = 4200


def _returned(ran: Ran, value: object) -> str:
    there = ran.ending is Ending.RETURNED and ran.value == value
    return "" if there else f"{ran.ending}, {str(ran.value)[:100]!r}, {ran.error[:200]!r}"


def _readable(arena: Arena) -> Args:
    arena.file("in/report.txt", "as granted")
    return {"path": str(FOLDER / "in/report.txt")}


def _writable(_: Arena) -> Args:
    (FOLDER / "out").mkdir()
    return {"path": str(FOLDER / "out/report.txt")}


def _written(_: Arena, ran: Ran) -> str:
    path = FOLDER / "out/report.txt"
    text = path.read_text() if path.exists() else "nothing"
    return _returned(ran, 8) or ("" if text == "by a job" else f"written was {text!r}")


def _service(arena: Arena) -> Args:
    door = socket.socket()
    door.bind(("127.0.0.1", PORT))
    arena.listen(door, b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    return {"port": PORT}


def _raised(_: Arena, ran: Ran) -> str:
    there = ran.ending is Ending.RAISED and "ValueError" in ran.error and "no such" in ran.error
    return "" if there else f"{ran.ending}, {ran.error[:200]!r}"


def _logged(_: Arena, ran: Ran) -> str:
    return _returned(ran, None) or ("" if "step one" in ran.log else f"the log is {ran.log!r}")


def _own_machine(_: Arena, __: Ran) -> str:
    """What whoever lays out the attacks has of the real machine: nothing may be there."""
    found = [name for _, name in socket.if_nameindex() if name != "lo"]
    found += [f"process {n}" for n in map(int, filter(str.isdigit, _names("/proc"))) if n > 20]
    first = Path("/proc/self/uid_map").read_text().split()
    if first[1] == "0" or (first[0] == "0" and int(first[1]) < FIRST):
        found.append(f"the machine's own identities: {first}")
    for place in ("/usr", str(PROJECT), "/proc/sys/kernel/core_pattern", "/dev"):
        if os.access(place, os.W_OK) and not place.startswith("/dev"):
            found.append(f"{place} may be written to")
    with contextlib.suppress(OSError):
        kinds = {line.split()[2] for line in Path("/proc/self/mounts").read_text().splitlines()}
        found += sorted(kinds & {"cgroup2", "sysfs", "debugfs", "securityfs"})
    found += ["the old root directory"] * Path("/old").exists()
    return ", ".join(found)


def _no_group(_: Arena) -> str:
    return "" if GROUPS.is_dir() else "without a group to count its memory in no program is granted"


def _names(folder: str) -> list[str]:
    return [p.name for p in Path(folder).iterdir()]


HONEST = (
    Attack(
        name="adds two numbers",
        family=Family.NONE,
        source="def attack(one, two):\n    return {'sum': one + two, 'text': 'é ✓'}\n",
        bait=lambda _: {"one": 1, "two": 2},
        reached=lambda _, ran: _returned(ran, {"sum": 3, "text": "é ✓"}),
    ),
    Attack(
        name="uses what comes with Python",
        family=Family.NONE,
        source="""
import collections, csv, dataclasses, datetime, decimal, hashlib, json, math, random, re, statistics
import tempfile

def attack():
    with tempfile.TemporaryFile("w+") as file:
        file.write("a,b")
        file.seek(0)
        return next(csv.reader(file))
""",
        reached=lambda _, ran: _returned(ran, ["a", "b"]),
    ),
    Attack(
        name="reads what it was granted",
        family=Family.NONE,
        source="def attack(path):\n    return open(path).read()\n",
        bait=_readable,
        grants=Grants(reads=(str(FOLDER / "in"),)),
        reached=lambda _, ran: _returned(ran, "as granted"),
    ),
    Attack(
        name="writes what it was granted",
        family=Family.NONE,
        source="def attack(path):\n    return open(path, 'w').write('by a job')\n",
        bait=_writable,
        grants=Grants(writes=(str(FOLDER / "out"),)),
        reached=_written,
    ),
    Attack(
        name="speaks to whom it was granted",
        family=Family.NONE,
        source="""
def attack(port):
    import urllib.request  # by HTTP, which also passes where only a proxy leads outside
    return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).read().decode()
""",
        bait=_service,
        grants=Grants(network=(f"127.0.0.1:{PORT}",)),
        reached=lambda _, ran: _returned(ran, "hello"),
    ),
    Attack(
        name="starts a program that it was granted",
        family=Family.NONE,
        source="""
def attack():
    import subprocess
    return subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout
""",
        hindered=_no_group,
        grants=Grants(subprocess=True),
        reached=lambda _, ran: _returned(ran, "hello\n"),
    ),
    Attack(
        name="uses half of the memory that it was granted",
        family=Family.NONE,
        source=f"def attack():\n    return len(bytearray(b'x') * {SHORT.memory_bytes // 2})\n",
        reached=lambda _, ran: _returned(ran, 128 * MIB),
    ),
    Attack(
        name="raises an error",
        family=Family.NONE,
        source="def attack():\n    raise ValueError('no such thing')\n",
        reached=_raised,
    ),
    Attack(
        name="prints",
        family=Family.NONE,
        source="def attack():\n    print('step one')\n",
        reached=_logged,
    ),
    Attack(
        name="sees nothing of the real machine around the attacks",
        family=Family.NONE,
        source="def attack():\n    pass\n",
        reached=_own_machine,
    ),
)
