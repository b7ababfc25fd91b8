"""Builds the small machine of `outer`: its root directory, its loopback, what its user may do."""

import contextlib
import ctypes
import fcntl
import os
import platform
import shutil
import socket
import struct
import sys
from pathlib import Path

from tests.escape.arena import AS_ROOT, FOLDER, GROUPS, HOME, METADATA, ROOTS_OWN

PROJECT = Path(__file__).parents[2]
ORDINARY = 1000
"""The number of the ordinary user inside."""
BIND, NODEV, READ_ONLY, REMOUNT = 0x1000, 0x4, 0x1, 0x20
"""Flags of `mount`."""
_REC, _PRIVATE, _NOSUID, _DETACH = 0x4000, 0x40000, 0x2, 0x2
_READ_ONLY_NOSUID = 0x3
_MOUNT_SETATTR, _RECURSIVE, _AT_FDCWD = 442, 0x8000, -100
_KEYCTL = {"x86_64": 250, "aarch64": 219}
libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raise `OSError` with what was tried where the result says that it failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    """Mount as `mount(2)` does."""
    texts = [x.encode() for x in (source, str(target), kind)]
    checked(libc.mount(*texts, ctypes.c_ulong(flags), data.encode() or None), f"mount {target}")


def _bind(source: Path, root: Path) -> None:
    """Show a file or folder of the machine at the same place, read-only with all beneath it."""
    target = root / source.relative_to("/")
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    mount(str(source), target, "", BIND | _REC)
    if not source.is_char_device():
        rules = struct.pack("=4Q", _READ_ONLY_NOSUID, 0, 0, 0)
        here = ctypes.c_char_p(str(target).encode())
        checked(
            libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, here, _RECURSIVE, rules, len(rules)),
            f"make {target} read-only",
        )


def root_directory(folder: Path, *, user: int, root: int, secret: str, group: Path | None) -> None:
    """Build the root directory and move into it; nothing of the machine's own stays reachable.

    `user` and `root` are the machine's numbers of who will be the user and root in here.
    """
    mount("none", Path("/"), "", _REC | _PRIVATE)
    mount("tmpfs", folder, "tmpfs", NODEV, "size=640m,nr_inodes=200000,mode=755")
    programs = [Path(p) for p in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")]
    imports = [Path(p).resolve() for p in (*sys.path, sys.prefix, sys.base_prefix)]
    devices = [Path("/dev", n) for n in ("null", "zero", "full", "random", "urandom", "tty")]
    wanted = {p for p in (*programs, *imports, PROJECT, *devices) if p.exists()}
    for path in sorted(wanted, key=lambda p: len(p.parts)):
        if path != Path("/"):
            _bind(path, folder)
    for name in ("dev/shm", "dev/pts", "proc", "tmp", "run", "var", "etc", "opt", "old", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for link, aim in (("dev/fd", "/proc/self/fd"), ("dev/ptmx", "pts/ptmx"), ("var/run", "/run")):
        (folder / link).symlink_to(aim)
    mount("proc", folder / "proc", "proc", _NOSUID | NODEV)
    mount("devpts", folder / "dev/pts", "devpts", _NOSUID, "newinstance,ptmxmode=0666,mode=0620")
    _etc(folder / "etc")
    home = folder / HOME.relative_to("/")
    home.mkdir()
    for name in ("tmp", "dev/shm"):
        (folder / name).chmod(0o1777)
    places = [folder, home, *(folder / n for n in ("dev", "tmp", "run", "var", "etc", "opt"))]
    for place in (*places, folder / "home", *(folder / "etc").iterdir()):
        os.chown(place, user, user if secret else os.getgid())
    if secret:
        _of_root(folder, secret, root)
    if group is not None:
        target = folder / GROUPS.relative_to("/")
        target.mkdir(parents=True)
        mount(str(group), target, "", BIND)
    os.chdir(folder)
    checked(libc.pivot_root(b".", b"old"), "pivot_root")
    os.chdir("/")
    checked(libc.umount2(b"/old", _DETACH), "umount")
    Path("/old").rmdir()


def _etc(etc: Path) -> None:
    for name in ("ld.so.cache", "nsswitch.conf", "protocols", "services"):
        with contextlib.suppress(OSError):
            shutil.copy(f"/etc/{name}", etc / name)
    people = ("root:x:0:0::/root:/bin/sh", f"operator:x:{ORDINARY}:{ORDINARY}::{HOME}:/bin/sh")
    (etc / "passwd").write_text("\n".join(people) + "\nnobody:x:65534:65534::/:/bin/false\n")
    (etc / "group").write_text(f"root:x:0:\noperator:x:{ORDINARY}:\nnogroup:x:65534:\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (etc / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")


def _of_root(folder: Path, secret: str, root: int) -> None:
    """A program that runs as root, and a file that only root may read."""
    program, own = (folder / p.relative_to("/") for p in (AS_ROOT, ROOTS_OWN))
    shutil.copy("/usr/bin/cat", program)
    own.write_text(secret)
    for path in (program, own):
        os.chown(path, root, root)
    program.chmod(0o4755)
    own.chmod(0o600)


def settings(user: int) -> None:
    """The arena, the loopback, what a user may do with the network, no key of anybody else."""
    FOLDER.mkdir()
    # made in here and not outside, so that root in here may do with it what root does
    options = f"size=400m,nr_inodes=150000,mode=755,uid={user},gid={user}"
    mount("tmpfs", FOLDER, "tmpfs", NODEV, options)
    socket.sethostname("outer")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        for name, address in (("lo", "127.0.0.1"), ("lo:1", METADATA)):
            _interface(door, name, address)
    net = Path("/proc/sys/net/ipv4")
    (net / "ping_group_range").write_text(f"{user} {user}")
    (net / "ip_unprivileged_port_start").write_text("0")
    keyctl = _KEYCTL.get(platform.machine())
    assert keyctl, f"the number of keyctl on {platform.machine()} is not known"
    checked(libc.syscall(keyctl, 1, None), "a session keyring of its own")


def _interface(door: socket.socket, name: str, address: str) -> None:
    set_address, set_flags, up_running = 0x8916, 0x8914, 0x41
    where = struct.pack("=H2x4s8x", socket.AF_INET, socket.inet_aton(address))
    fcntl.ioctl(door, set_address, struct.pack("16s16s8x", name.encode(), where))
    fcntl.ioctl(door, set_flags, struct.pack("16sH22x", name.encode(), up_running))


def no_capabilities() -> None:
    """An ordinary user inside has no capability left, not even over the small machine."""
    version, nobody = 0x20080522, 0
    header = struct.pack("=Ii", version, nobody)
    checked(libc.capset(header, bytes(24)), "capset")
