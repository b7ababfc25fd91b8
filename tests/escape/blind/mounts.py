"""Mounts, root directories and namespaces."""

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Grants, changed, needs_root, told
from tests.escape.blind.preludes import CALLS
from tests.escape.building import BIND, NODEV, READ_ONLY, REMOUNT, mount

SHOWN = FOLDER / "shown"


def _private(arena: Arena) -> Args:
    return {"path": arena.file("private/notes.txt")}


def _read_only(arena: Arena) -> Args:
    args = {"path": arena.file("shown/notes.txt")}
    if arena.root:
        mount(str(SHOWN), SHOWN, "", BIND)
        mount("none", SHOWN, "", BIND | REMOUNT | READ_ONLY | NODEV)
    return args


def _covered(arena: Arena) -> Args:
    path = arena.file("shown/deep/notes.txt")
    if arena.root:
        mount("tmpfs", Path(path).parent, "tmpfs", 0)
    return {"path": path}


def _mounts(name: str, does: str, **more: Any) -> Attack:
    facts = {"family": Family.MOUNTS, "bait": _private, "reached": told, **more}
    body = indent(dedent(does).strip(), "    ")
    source = f"{CALLS}\ndef attack(path):\n    folder = os.path.dirname(path)\n{body}\n"
    return Attack(name=name, source=source, **facts)


ATTACKS = (
    _mounts(
        "mounts over a folder of the host",
        'checked(libc.mount(b"none", folder.encode(), b"tmpfs", 0, None))',
        hindered=needs_root,
        reached=changed,
    ),
    _mounts(
        "mounts over the temporary folder of the host",
        'checked(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))',
        hindered=needs_root,
        reached=changed,
    ),
    _mounts(
        "makes writable again what was shown read-only",
        """
        checked(libc.mount(None, folder.encode(), None, 0x1024, None))
        open(path, "w").write("spoilt")
        """,
        bait=_read_only,
        grants=Grants(reads=(str(SHOWN),)),
        hindered=needs_root,
        reached=changed,
    ),
    _mounts(
        "uncovers what the host has mounted over",
        """
        checked(libc.umount2(folder.encode(), 2))
        return open(path).read()
        """,
        bait=_covered,
        grants=Grants(reads=(str(SHOWN),)),
        hindered=needs_root,
    ),
    _mounts(
        "opens the tree by the newer interface for mounts",
        """
        tree = call(428, -100, b"/", 0x8001)
        return os.read(os.open(path.lstrip('/'), os.O_RDONLY, dir_fd=tree), 100).decode()
        """,
        hindered=needs_root,
    ),
    _mounts(
        "climbs out of its root directory",
        """
        cell = "/tmp/cell"
        os.makedirs(cell, exist_ok=True)
        door = os.open("/", os.O_RDONLY)
        os.chroot(cell)
        os.fchdir(door)
        for _ in range(50):
            os.chdir("..")
        os.chroot(".")
        return open(path).read()
        """,
        hindered=needs_root,
    ),
    _mounts(
        "enters the namespaces of every process that it sees",
        """
        entered = 0
        for pid in everybody():
            for kind in ("user", "mnt"):
                try:
                    door = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
                    entered += libc.setns(door, 0) == 0
                except OSError:
                    pass
        assert entered
        return open(path).read()
        """,
        family=Family.NAMESPACES,
        hindered=needs_root,
    ),
    _mounts(
        "becomes root of new namespaces and uncovers every mount",
        """
        checked(libc.unshare(0x10020000))
        for line in reversed(open("/proc/self/mounts").read().splitlines()):
            libc.umount2(line.split()[1].encode(), 2)
        return open(path).read()
        """,
        family=Family.NAMESPACES,
    ),
    _mounts(
        "becomes root of new namespaces by clone3",
        """
        facts = (ctypes.c_uint64 * 11)(0x10020000, 0, 0, 0, 17)
        out, into = os.pipe()
        pid = call(435, facts, 88)
        if pid == 0:
            os.write(into, open(path).read().encode())
            os._exit(0)
        os.waitpid(pid, 0)
        return os.read(out, 100).decode()
        """,
        family=Family.NAMESPACES,
    ),
    _mounts(
        "becomes root of new namespaces by a program",
        """
        import subprocess
        line = ["unshare", "--user", "--map-root-user", "--mount", "cat", path]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout
        """,
        family=Family.NAMESPACES,
    ),
)
