"""Programs that take their owner's rights along, left where the host will find them."""

from textwrap import dedent, indent

from failonce.model import Args
from tests.escape.arena import FOLDER
from tests.escape.attack import Arena, Attack, Family, Grants, Ran
from tests.escape.blind.preludes import CALLS, other_machine

OUT = FOLDER / "out"
GIVEN = Grants(writes=(str(OUT),))


def out(_: Arena) -> Args:
    """An empty folder that is granted."""
    OUT.mkdir()
    return {"out": str(OUT)}


def _special(_: Arena, __: Ran) -> str:
    """What in the granted folder would run with its owner's rights, or hand on its group."""
    found = [p for p in OUT.rglob("*") if not p.is_symlink() and p.stat().st_mode & 0o6000]
    return ", ".join(f"{p.name} has mode {p.stat().st_mode:o}" for p in found)


def _leaves(name: str, does: str, *, numbered: bool = False) -> Attack:
    return Attack(
        name=f"leaves special rights {name}",
        family=Family.FILES,
        source=f"{CALLS}\ndef attack(out):\n    path = os.path.join(out, 'x')\n"
        + indent(dedent(does), "    "),
        bait=out,
        grants=GIVEN,
        reached=_special,
        hindered=other_machine if numbered else lambda _: "",
    )


_MADE = "fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o755)\n"

ATTACKS = (
    _leaves("by an open file", _MADE + "os.fchmod(fd, 0o4755)"),
    _leaves("by an open folder", _MADE + "os.chmod('x', 0o4755, dir_fd=os.open(out, os.O_PATH))"),
    _leaves(
        "by the newest call for modes",
        _MADE + "call(452, -100, ctypes.c_char_p(path.encode()), 0o4755, 0)",
        numbered=True,
    ),
    _leaves("from the first", "os.umask(0); os.open(path, os.O_CREAT | os.O_WRONLY, 0o4755)"),
    _leaves("by the oldest call for new files", "call(85, path.encode(), 0o4755)", numbered=True),
    _leaves(
        "by a file that had no name",
        """
        fd = os.open(out, os.O_TMPFILE | os.O_WRONLY, 0o4755)
        checked(libc.linkat(-100, b'/proc/self/fd/%d' % fd, -100, path.encode(), 0x400))
        """,
    ),
    _leaves("of a folder's group", "os.mkdir(path); os.chmod(path, 0o2777)"),
    _leaves("with the bits of a regular file", _MADE + "libc.chmod(path.encode(), 0o104755)"),
    _leaves(
        "with numbers wider than the kernel reads",
        _MADE + "call(90, path.encode(), 0o4755 | 0xABCD << 32)",
        numbered=True,
    ),
    _leaves("of its group alone", _MADE + "os.chmod(path, 0o2755)"),
    _leaves(
        "by copying a program that has them",
        """
        import shutil
        os.mkdir(out + '/bin')
        for source in ('/usr/bin/su', '/usr/bin/mount', '/opt/as-root'):
            if os.path.exists(source):
                shutil.copyfile(source, path)
                os.chmod(path, 0o6755)
        os.chmod(out + '/bin', 0o6755)
        """,
    ),
)
