"""Changes of what was granted for reading alone."""

from textwrap import dedent, indent

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Grants, changed
from tests.escape.blind.preludes import CALLS

SHOWN = FOLDER / "shown"


def _shown(arena: Arena) -> Args:
    arena.file("shown/second.txt", "another")
    return {"path": arena.file("shown/notes.txt", "as it was", mode=0o666)}


def _changes(name: str, does: str) -> Attack:
    return Attack(
        name=f"changes what it may read {name}",
        family=Family.FILES,
        source=f"{CALLS}\ndef attack(path):\n" + indent(dedent(does), "    "),
        bait=_shown,
        grants=Grants(reads=(str(SHOWN),)),
        reached=changed,
    )


ATTACKS = (
    _changes("by the time of its last change", "os.utime(path, (1, 1))"),
    _changes("by cutting it while it is opened", "os.open(path, os.O_RDONLY | os.O_TRUNC)"),
    _changes("by cutting it by name", "os.truncate(path, 2)"),
    _changes("by reserving room in it", "os.posix_fallocate(os.open(path, os.O_RDWR), 0, 4096)"),
    _changes("by giving it another name", "os.rename(path, path + '.old')"),
    _changes("by giving it a second name", "os.link(path, path + '.too')"),
    _changes(
        "by exchanging two names",
        "checked(libc.renameat2(-100, path.encode(), -100, "
        "os.path.join(os.path.dirname(path), 'second.txt').encode(), 2))",
    ),
    _changes("by removing it", "os.unlink(path)"),
    _changes("by a label", "os.setxattr(path, 'user.trust', b'yes')"),
    _changes(
        "by memory that is shared with it",
        """
        import mmap
        fd = os.open(path, os.O_RDWR)
        mmap.mmap(fd, 0)[0:2] = b'no'
        """,
    ),
    _changes(
        "by making shared memory writable later",
        """
        import mmap
        held = mmap.mmap(os.open(path, os.O_RDWR), 0, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        place = ctypes.addressof(ctypes.c_char.from_buffer(held))
        checked(libc.mprotect(ctypes.c_void_p(place), 4096, 3))
        ctypes.memmove(place, b'no', 2)
        """,
    ),
    _changes(
        "by opening anew what is open for reading",
        "os.write(os.open(f'/proc/self/fd/{os.open(path, os.O_RDONLY)}', os.O_WRONLY), b'no')",
    ),
    _changes(
        "by copying into it within the kernel",
        """
        source = os.open(os.path.join(os.path.dirname(path), 'second.txt'), os.O_RDONLY)
        os.copy_file_range(source, os.open(path, os.O_WRONLY), 2, 0)
        """,
    ),
    _changes("by another owner", "os.chown(path, -1, os.getgid()); os.chmod(path, 0o600)"),
)
