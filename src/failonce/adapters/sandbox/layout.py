"""What the sandbox looks like from within, as arguments for bubblewrap."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCRATCH: Final = "/scratch"
"""The one folder that can be written, and the current one."""
INODES: Final = 4096
"""Files and folders that the scratch folder has room for."""
PACKAGES: Final = "/packages"
PYTHON: Final = "/python"
DEVICES: Final = ("null", "zero", "full", "random", "urandom")
_UID = "1000"
"""Within; outside it is nobody's number, or the user's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A file or folder of the host that stands in the sandbox, read-only unless told."""

    source: Path
    target: str
    writable: bool = False
    lent: bool = False
    """A grant: as root, what its owner could do there, the sandbox can."""
    device: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything that is to be seen in one sandbox."""

    binds: Sequence[Bind]
    links: Mapping[str, str]
    environment: Mapping[str, str]
    hidden: Sequence[str] = ()
    """Folders of what is bound that shall be empty."""
    network: bool = False
    """Only for our own proxy: it has the network of the host, and mounts nothing."""


def devices() -> Iterator[Bind]:
    """The devices that are no harm."""
    for name in DEVICES:
        yield Bind(source=Path("/dev", name), target=f"/dev/{name}", device=True)


def arguments(layout: Layout, command: Iterable[str], *, info: str) -> list[str]:
    """What bubblewrap is called with, without its own name.

    `--cap-add` lets process 1 mount its scratch folder; it gives that up before any code of
    others is read. There is no `/proc` and no `/sys`.
    """
    given = ["--unshare-all", "--unshare-user", "--uid", _UID, "--gid", _UID]
    given += ["--share-net"] if layout.network else ["--cap-add", "CAP_SYS_ADMIN"]
    given += ["--hostname", "sandbox", "--new-session", "--die-with-parent", "--as-pid-1"]
    given += ["--clearenv", "--chdir", "/"]
    for bind in layout.binds:
        way = "--dev-bind" if bind.device else "--bind" if bind.writable else "--ro-bind"
        given += [way, str(bind.source), bind.target]
    for place in layout.hidden:
        given += ["--tmpfs", place, "--remount-ro", place]
    for place, leads_to in layout.links.items():
        given += ["--symlink", leads_to, place]
    given += ["--dir", SCRATCH, "--remount-ro", "/"]
    for name, value in layout.environment.items():
        given += ["--setenv", name, value]
    return [*given, "--info-fd", info, "--", *command]
