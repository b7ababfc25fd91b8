"""What a person granted, looked at before it is let in."""

import ipaddress
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from failonce.adapters.sandbox.layout import PACKAGES, PYTHON, SCRATCH, Bind
from failonce.errors import Refused
from failonce.model import Grants

_WHOLE: Final = frozenset({"/", "/etc", "/home", "/root", "/run", "/var"})
_NEVER: Final = ("/proc", "/sys", "/dev", SCRATCH, PYTHON, PACKAGES)
_KERNELS_OWN: Final = re.compile(
    "proc|sysfs|devtmpfs|devpts|cgroup2?|debugfs|tracefs|securityfs|configfs|bpf|pstore|efivarfs"
    "|mqueue|binfmt_misc|fusectl|autofs|nsfs"
)
_PACKAGE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_HOST_AND_PORT: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:]+))(?::([0-9]{1,5}))?")
"""An address with colons stands in brackets."""
_NAME: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_PORTS: Final = (80, 443)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A bind with what it was when it was looked up: an open descriptor, which names the file."""

    bind: Bind
    descriptor: int

    @property
    def identity(self) -> str:
        """Device and number of the file, as the inside reports what it finds there."""
        found = os.fstat(self.descriptor)
        return f"{found.st_dev}:{found.st_ino}"


def looked_up(
    grants: Grants, stack: ExitStack, *, protected: Sequence[Path], packages: Path | None
) -> list[Granted]:
    """The granted paths and packages, each opened without following a link.

    The stack closes them. Raises `Refused` for what is never granted.
    """
    found = []
    for path, writable in [(p, False) for p in grants.reads] + [(p, True) for p in grants.writes]:
        _check(path, protected)
        opened = _opened(path, stack)
        mode = os.fstat(opened).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            raise Refused(f"{path} is neither a file nor a folder, and is not lent to a sandbox.")
        bind = Bind(source=Path(path), target=path, writable=writable, lent=True)
        found.append(Granted(bind=bind, descriptor=opened))
    for name in grants.packages:
        place = _package(name, packages)
        bind = Bind(source=place, target=f"{PACKAGES}/{name}", lent=True)
        found.append(Granted(bind=bind, descriptor=_opened(str(place), stack)))
    # a folder before what lies in it, so that neither covers the other
    return sorted(found, key=lambda g: g.bind.target)


def hosts(grants: Grants) -> list[tuple[str, tuple[int, ...]]]:
    """Granted hosts in lower case, each with its ports. Raises `Refused` for what is none."""
    return [_host(text) for text in grants.network]


def _host(text: str) -> tuple[str, tuple[int, ...]]:
    found = _HOST_AND_PORT.fullmatch(text)
    name = (found[1] or found[2]).removesuffix(".").lower() if found else ""
    ports = (int(found[3]),) if found and found[3] else _PORTS
    if not (_NAME.fullmatch(name) or _is_address(name)) or ports[0] not in range(1, 65_536):
        raise Refused(f"{text!r} is no host that can be granted: give a name, or name:port.")
    return name, ports


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _check(text: str, protected: Sequence[Path]) -> None:
    """No place that holds everything, and none of failonce's own."""
    path = Path(text)
    if not text.isprintable():  # nor anything that no path can hold
        raise Refused(f"{text!r} holds characters that nobody sees.")
    if not path.is_absolute() or text != os.path.normpath(text) or text.startswith("//"):
        raise Refused(f"{text!r} is no absolute path in its plain form.")
    home = Path.home()
    never = [Path(p) for p in _NEVER]
    if text in _WHOLE or any(path.is_relative_to(n) for n in never):
        raise Refused(f"{text} is never lent to a sandbox.")
    if home.is_relative_to(path):
        raise Refused(f"{text} is or holds a whole home folder. Grant the folder that is needed.")
    for own in protected:
        if path.is_relative_to(own) or own.is_relative_to(path):
            raise Refused(f"{text} holds what failonce itself keeps in {own}.")
    for mounted in _mounted_below(path):
        raise Refused(f"{text} holds {mounted}, which is a window into the kernel.")


def _mounted_below(path: Path) -> Iterator[str]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        place = re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), fields.split()[4])
        if _KERNELS_OWN.fullmatch(kind.split()[0]) and Path(place).is_relative_to(path):
            yield place


def _opened(text: str, stack: ExitStack) -> int:
    """A descriptor of the path. Raises `Refused` where any part of it is a link."""
    held = os.open("/", os.O_PATH | os.O_CLOEXEC)
    for number, part in enumerate(Path(text).parts[1:], 2):
        try:
            inner = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=held)
        except OSError as error:
            raise Refused(f"{text} cannot be lent: {error.strerror}.") from None
        finally:
            os.close(held)
        held = inner
        if stat.S_ISLNK(os.fstat(held).st_mode):
            os.close(held)
            link = Path(*Path(text).parts[:number])
            raise Refused(f"{link} is a link to {link.readlink()}. Grant the place itself.")
    stack.callback(os.close, held)
    return held


def _package(name: str, folder: Path | None) -> Path:
    if not _PACKAGE.fullmatch(name):
        raise Refused(f"{name!r} is no name of a package.")
    if folder is None:
        raise Refused(f"The package {name} cannot be used: no folder of allowed packages is set.")
    place = folder.resolve() / name
    if not place.is_dir():
        raise Refused(
            f"The package {name} is not among the allowed ones. An operator allows it with "
            f"`pip install --target {place} {name}`."
        )
    return place
