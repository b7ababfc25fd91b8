"""What code may ask of the kernel, by the verdicts of the real filters."""

import re
from pathlib import Path

import pytest

from failonce.adapters.sandbox.bpf import ALLOW, KILL, Machine, refuse
from failonce.adapters.sandbox.policy import allowed
from failonce.adapters.sandbox.syscalls import NEWEST, numbers
from tests.adapters.sandbox.test_bpf import run

DENY, MISSING = refuse(1), refuse(38)
BOTH = pytest.mark.parametrize("machine", Machine)
ALWAYS_OUT = """
ptrace process_vm_readv keyctl add_key io_uring_setup bpf perf_event_open userfaultfd mount
move_mount open_tree mount_setattr unshare setns kexec_load personality seccomp memfd_create shmget
pidfd_getfd setresuid capset inotify_init1 execveat mknod mknodat
"""


def verdict(machine: Machine, name: str, *arguments: int, **grants: bool) -> int | None:
    """What becomes of a call; None where this processor does not have it."""
    number = numbers(machine).get(name)
    if number is None:
        return None
    given = (*arguments, *(0,) * (6 - len(arguments)))
    return run(allowed(machine, **grants).program(), machine, number, given)


@BOTH
@pytest.mark.parametrize("granted", [{}, {"subprocess": True, "network": True, "writes": True}])
def test_some_calls_are_never_allowed(machine: Machine, granted: dict[str, bool]) -> None:
    """Whatever was granted."""
    for name in ALWAYS_OUT.split():
        assert verdict(machine, name, **granted) in (DENY, None), name


@BOTH
def test_processes_only_where_granted(machine: Machine) -> None:
    """Threads always, in the forms of both usual libraries; new namespaces never."""
    fork, thread, musl = 0x01200011, 0x003D0F00, 0x007D0F00
    for name, flags in (("clone", fork), ("fork", 0), ("vfork", 0), ("execve", 0)):
        assert verdict(machine, name, flags) in (DENY, None)
        assert verdict(machine, name, flags, subprocess=True) in (ALLOW, None)
    for flags in (thread, musl):
        assert verdict(machine, "clone", flags) == ALLOW
    for namespace in (1 << n for n in (17, 25, 26, 27, 28, 29, 30)):
        for flags in (fork, thread):
            assert verdict(machine, "clone", flags | namespace, subprocess=True) == DENY
    assert verdict(machine, "clone3", subprocess=True) == MISSING


@BOTH
def test_sockets(machine: Machine) -> None:
    """None at all but pairs of streams; with a network, TCP over IPv4 and nothing else."""
    inet, inet6, unix, netlink, packet = 2, 10, 1, 16, 17
    stream, letters, raw, row = 1, 2, 3, 5
    assert verdict(machine, "socketpair", unix, stream | 0o2004000) == ALLOW
    for kind in (letters, row):
        assert verdict(machine, "socketpair", unix, kind) == DENY
    assert verdict(machine, "socketpair", inet, stream) == DENY
    for family in (inet, inet6, unix, netlink, packet, 40):
        assert verdict(machine, "socket", family, stream) == DENY
        there = verdict(machine, "socket", family, stream, network=True)
        assert there == (ALLOW if family == inet else DENY)
    for kind, protocol in ((letters, 0), (raw, 0), (stream, 132), (stream, 262)):
        assert verdict(machine, "socket", inet, kind, protocol, network=True) == DENY
    for name in ("connect", "bind", "listen", "accept4", "setsockopt"):
        assert verdict(machine, name) == DENY


@BOTH
def test_modes(machine: Machine) -> None:
    """No file takes its owner's rights along, however it gets its mode."""
    create, temporary, write = 0o100, 0o20200000, 0o1
    assert verdict(machine, "openat", 0, 0, create | write, 0o644, writes=True) == ALLOW
    for special in (0o4755, 0o2755, 0o6000):
        for flags in (create, create | write, temporary):
            assert verdict(machine, "openat", 0, 0, flags, special, writes=True) == DENY
        assert verdict(machine, "openat", 0, 0, write, special) == ALLOW  # it is not looked at
        assert verdict(machine, "fchmod", 0, special) == DENY
        assert verdict(machine, "fchmodat", 0, 0, special) == DENY
        assert verdict(machine, "fchmodat2", 0, 0, special) == DENY
        assert verdict(machine, "mkdirat", 0, 0, special) == DENY
        assert verdict(machine, "chmod", 0, special) in (DENY, None)
    assert verdict(machine, "fchmod", 0, 0o755) == ALLOW


@BOTH
def test_links_and_locks(machine: Machine) -> None:
    """No links where a granted folder may be written; no locks where it may not."""
    for name in ("symlinkat", "linkat"):
        assert verdict(machine, name) == ALLOW
        assert verdict(machine, name, writes=True) == DENY
    assert verdict(machine, "flock") == DENY
    assert verdict(machine, "flock", writes=True) == ALLOW
    assert verdict(machine, "fcntl", 0, 1024) == DENY


@BOTH
def test_who_is_told_of_a_death_stays(machine: Machine) -> None:
    """`PR_SET_PDEATHSIG` would let it outlive its host; terminals take no input from it."""
    assert verdict(machine, "prctl", 1) == DENY
    assert verdict(machine, "prctl", 15) == ALLOW
    assert verdict(machine, "ioctl", 0, 0x5412) == refuse(25)
    assert verdict(machine, "ioctl", 0, 0x5412 | 1 << 32) == refuse(25)
    assert verdict(machine, "ioctl", 0, 0x5401) == ALLOW


@BOTH
def test_what_nobody_looked_at_is_missing(machine: Machine) -> None:
    """So that libraries take the older call."""
    program = allowed(machine).program()
    assert run(program, machine, NEWEST + 1, (0,) * 6) == MISSING
    assert run(program, machine, 0x40000000, (0,) * 6) in (KILL, MISSING)


@pytest.mark.parametrize(
    ("machine", "header", "prefix"),
    [
        (Machine.X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "__NR_"),
        (Machine.AARCH64, "/usr/include/asm-generic/unistd.h", "__NR(?:3264)?_"),
    ],
)
def test_the_numbers_are_those_of_the_kernel(machine: Machine, header: str, prefix: str) -> None:
    """Compared with the headers of this machine, where it has them."""
    if not Path(header).exists():
        pytest.skip(f"{header} is not installed")
    lines = Path(header).read_text()
    real = {n: int(v) for n, v in re.findall(rf"#define {prefix}(\w+)\s+(\d+)", lines)}
    known = {"fchmodat2"}  # newer than the headers of some systems
    for name, number in numbers(machine).items():
        if name not in known and name not in ("newfstatat", "fstat"):
            assert real[name] == number, name
