"""What is no file, left in a granted folder for whoever looks into it later."""

import stat
from textwrap import dedent, indent

from tests.escape.attack import Arena, Attack, Family, Ran
from tests.escape.blind.preludes import CALLS
from tests.escape.known.modes import GIVEN, OUT, out


def _no_file(_: Arena, __: Ran) -> str:
    """What in the granted folder is neither a file nor a folder, or has two names."""
    found = []
    for path in OUT.rglob("*"):
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode) and not stat.S_ISDIR(facts.st_mode):
            found.append(f"{path.name} is of kind {stat.S_IFMT(facts.st_mode):o}")
    return ", ".join(found)


def _moved(_: Arena, __: Ran) -> str:
    return "" if OUT.is_dir() else "the granted folder is gone from its place"


def _vast(_: Arena, __: Ran) -> str:
    sizes = [p.stat().st_size for p in OUT.rglob("*") if p.is_file()]
    return (
        f"a file of {max(sizes)} bytes lies on the host"
        if max(sizes, default=0) > 200 << 20
        else ""
    )


def _leaves(name: str, does: str, reached: object = _no_file) -> Attack:
    return Attack(
        name=name,
        family=Family.LINKS,
        source=f"{CALLS}\ndef attack(out):\n    path = os.path.join(out, 'x')\n"
        + indent(dedent(does), "    "),
        bait=out,
        grants=GIVEN,
        reached=reached,  # type: ignore[arg-type]
    )


ATTACKS = (
    _leaves("leaves a pipe to be read for ever", "os.mkfifo(path)"),
    _leaves("leaves a pipe by the older call", "os.mknod(path, 0o010666)"),
    _leaves("leaves a socket", "import socket; socket.socket(socket.AF_UNIX).bind(path)"),
    _leaves("leaves a socket by making a node", "os.mknod(path, 0o140666)"),
    _leaves("leaves a link to the host's files", "os.symlink('/etc/shadow', path)"),
    _leaves(
        "leaves a link relative to an open folder",
        "os.symlink('../private/notes.txt', 'x', dir_fd=os.open(out, os.O_PATH))",
    ),
    _leaves(
        "leaves a link that it made elsewhere",
        """
        import tempfile
        made = tempfile.mkdtemp() + '/link'
        os.symlink('/etc', made)
        try:
            os.rename(made, path)
        except OSError:
            os.symlink(os.readlink(made), path)
        """,
    ),
    _leaves(
        "unpacks an archive with a link",
        """
        import io, tarfile
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode='w') as tar:
            link = tarfile.TarInfo('x')
            link.type, link.linkname = tarfile.SYMTYPE, '/etc'
            tar.addfile(link)
        packed.seek(0)
        trusted = {'filter': 'fully_trusted'} if hasattr(tarfile, 'fully_trusted_filter') else {}
        tarfile.open(fileobj=packed).extractall(out, **trusted)
        """,
    ),
    _leaves("moves the granted folder away", "os.rename(out, out + '-away')", _moved),
    _leaves("removes the granted folder", "os.rmdir(out)", _moved),
    _leaves(
        "puts another folder in the place of the granted one",
        """
        import ctypes
        os.mkdir(out + '-other')
        checked(libc.renameat2(-100, out.encode(), -100, (out + '-other').encode(), 2))
        os.rmdir(out + '-other')
        os.rmdir(out)
        """,
        _moved,
    ),
    _leaves("makes a file seem vast", "open(path, 'w').truncate(300 << 20)", _vast),
    _leaves(
        "writes at the far end of a file",
        "os.pwrite(os.open(path, os.O_CREAT | os.O_WRONLY), b'x', 300 << 20)",
        _vast,
    ),
)
