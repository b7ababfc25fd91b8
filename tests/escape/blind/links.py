"""Ways from a granted path to one that was not granted."""

import os
import stat
import threading
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Grants, Ran, changed, told

OUT = FOLDER / "out"
SHOWN = FOLDER / "shown"
GIVEN = Grants(writes=(str(OUT),))
READABLE = Grants(reads=(str(SHOWN),))

_OVER = """
def over(path):
    with open(path, "r+") as file:
        text = file.read()
        file.write("spoilt")
    return text
"""


def _beside(arena: Arena) -> Args:
    """A granted folder, and a private file beside it."""
    OUT.mkdir()
    return {"out": str(OUT), "private": arena.file("private/notes.txt")}


def _with_link(arena: Arena) -> Args:
    args = _beside(arena)
    (OUT / "latest").symlink_to("../private")
    return args


def _swapped(arena: Arena) -> Args:
    """What was granted has meanwhile been replaced by a link, by whoever may write around it."""
    arena.file("private/notes.txt")
    OUT.symlink_to("private")
    return {"out": str(OUT)}


def _swapping(arena: Arena) -> Args:
    """What was granted is replaced by a link and back, all the time."""
    arena.file("private/notes.txt")
    OUT.mkdir()
    link, spare = FOLDER / "link", FOLDER / "spare"
    link.symlink_to("private")

    def swap() -> None:
        while True:
            OUT.rename(spare)
            link.rename(OUT)
            threading.Event().wait(0.001)
            OUT.rename(link)
            spare.rename(OUT)
            threading.Event().wait(0.001)

    arena.meanwhile(swap)
    return {"out": str(OUT)}


def spoilt(arena: Arena, ran: Ran) -> str:
    """Read, changed or both."""
    return ", ".join(filter(None, (told(arena, ran), changed(arena, ran))))


def _link(name: str, does: str, **more: Any) -> Attack:
    facts = {"bait": _beside, "grants": GIVEN, "reached": spoilt, **more}
    body = indent(dedent(does).strip(), "    ")
    source = f"{_OVER}\ndef attack(out, private=''):\n    import os\n{body}\n"
    return Attack(name=name, family=Family.LINKS, source=source, **facts)


def _shown(arena: Arena) -> Args:
    return {"path": arena.file("shown/report.txt")}


def _pipe(arena: Arena) -> Args:
    SHOWN.mkdir()
    os.mkfifo(SHOWN / "orders")
    orders = os.open(SHOWN / "orders", os.O_RDWR)
    arena.meanwhile(lambda: arena.note(os.read(orders, 4096)))
    return {"path": str(SHOWN / "orders"), "token": arena.secret}


def _heard(arena: Arena, _: Ran) -> str:
    return "the host read the order" if arena.heard() else ""


def _privileged_file(_: Arena, __: Ran) -> str:
    modes = [p.stat().st_mode for p in OUT.iterdir()]
    return "a setuid program lies on the host" if any(m & stat.S_ISUID for m in modes) else ""


ATTACKS = (
    _link(
        "leaves a granted folder by two dots",
        'return over(os.path.join(out, "..", "private", "notes.txt"))',
    ),
    _link(
        "leaves a granted folder by two dots from an open folder",
        """
        door = os.open(out, os.O_PATH)
        fd = os.open("../private/notes.txt", os.O_RDWR, dir_fd=door)
        text = os.read(fd, 100).decode()
        os.write(fd, b"spoilt")
        return text
        """,
    ),
    _link(
        "makes a link in a granted folder and goes through it",
        """
        os.symlink(os.path.dirname(private), out + "/door")
        return over(out + "/door/notes.txt")
        """,
    ),
    _link(
        "goes through a link that lay in a granted folder",
        'return over(out + "/latest/notes.txt")',
        bait=_with_link,
    ),
    _link(
        "gives a private file a second name in a granted folder",
        """
        os.link(private, out + "/mine.txt")
        return over(out + "/mine.txt")
        """,
    ),
    _link(
        "moves a private file into a granted folder",
        """
        os.rename(private, out + "/mine.txt")
        return over(out + "/mine.txt")
        """,
    ),
    _link(
        "was granted a folder that has become a link",
        'return over(out + "/notes.txt")',
        bait=_swapped,
    ),
    _link(
        "was granted a folder that becomes a link at any moment",
        """
        import time
        end = time.monotonic() + 1
        while time.monotonic() < end:
            try:
                return over(out + "/notes.txt")
            except OSError:
                pass
        """,
        bait=_swapping,
    ),
    _link(
        "goes round by the root directory of every process",
        """
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                return over(f"/proc/{pid}/root{private}")
            except OSError:
                pass
        """,
    ),
    _link(
        "leaves a setuid program in a granted folder",
        """
        import shutil
        shutil.copy("/bin/sh", out + "/sh")
        os.chmod(out + "/sh", 0o6755)
        """,
        reached=_privileged_file,
    ),
    Attack(
        name="changes what was granted for reading",
        family=Family.LINKS,
        source="""
def attack(path):
    import os
    for does in (lambda: open(path, "a").write("x"), lambda: os.unlink(path)):
        try:
            does()
        except OSError:
            pass
""",
        bait=_shown,
        grants=READABLE,
        reached=changed,
    ),
    Attack(
        name="changes the mode and the labels of what was granted for reading",
        family=Family.LINKS,
        source="""
def attack(path):
    import os
    for does in (lambda: os.chmod(path, 0o777), lambda: os.setxattr(path, "user.x", b"y")):
        try:
            does()
        except OSError:
            pass
""",
        bait=_shown,
        grants=READABLE,
        reached=changed,
    ),
    Attack(
        name="gives an order through a pipe that was granted for reading",
        family=Family.LINKS,
        source="""
def attack(path, token):
    import os
    os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), token.encode())
""",
        bait=_pipe,
        grants=READABLE,
        reached=_heard,
    ),
)
