"""Which calls of the kernel the code may make.

A list of what is allowed, not of what is forbidden: what a later kernel brings is out until
somebody looked at it. Kept out on purpose: every way to a new process that is not a thread
(unless granted), to another's memory, to mounts and namespaces, to keys, to memory that no limit
counts (`memfd_create`, System V segments), and the change of who is told when a parent dies.
"""

import errno
import platform
from collections.abc import Mapping
from typing import Final

from failonce.adapters.sandbox.bpf import ALLOW, Filter, Machine, Rule, Step, Test, refuse
from failonce.adapters.sandbox.syscalls import NEWEST, numbers
from failonce.errors import Refused

_PLAIN: Final = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close close_range lseek
dup dup2 dup3 pipe pipe2 fsync fdatasync sync_file_range truncate ftruncate fallocate
fadvise64 readahead sendfile copy_file_range umask stat fstat lstat newfstatat statx statfs fstatfs
access faccessat faccessat2 readlink readlinkat getdents getdents64 getcwd chdir fchdir rename
renameat renameat2 rmdir unlink unlinkat utime utimes futimesat utimensat getxattr lgetxattr
fgetxattr listxattr llistxattr flistxattr mmap munmap mprotect mremap madvise brk mincore msync
membarrier rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait
sigaltstack kill tkill tgkill pause restart_syscall signalfd signalfd4 eventfd eventfd2 nanosleep
clock_nanosleep clock_gettime clock_getres gettimeofday time times alarm getitimer setitimer
timerfd_create timerfd_settime timerfd_gettime futex futex_waitv set_robust_list get_robust_list
set_tid_address gettid sched_yield sched_getaffinity sched_setaffinity sched_getparam
sched_getscheduler sched_get_priority_max sched_get_priority_min rseq arch_prctl getcpu exit
exit_group wait4 waitid getpid getppid getpgrp getpgid getsid getuid geteuid getgid getegid
getresuid getresgid getgroups capget uname sysinfo getrusage getrlimit setrlimit prlimit64
getpriority getrandom poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
epoll_pwait epoll_pwait2 sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown getsockname
getpeername getsockopt
"""
_PROGRAMS: Final = "fork vfork execve setpgid setsid"
_LINKS: Final = "link linkat symlink symlinkat"
_SOCKETS: Final = "connect bind listen accept accept4"
_OLDER_WILL_DO: Final = "clone3 openat2"
"""Their flags lie in memory, where no filter looks; libraries then take the older call."""

_DENY = refuse(errno.EPERM)
_MISSING = refuse(errno.ENOSYS)

# include/uapi/linux/sched.h: all that makes a namespace (CLONE_NEWTIME is one of the bits that
# the kernel masks away from the older call), and what has to do with tracers
_NEW_NAMESPACE = 0x7E020000
_TRACED = 0x00002000 | 0x00800000
_THREAD = 0x00010000
_SPECIAL_MODE = 0o6000
_MAKES_A_FILE = 0o100 | 0o20000000
_INET, _UNIX = 2, 1
_STREAMS = (1, 1 | 0o2000000, 1 | 0o4000, 1 | 0o2004000)
_TCP = (0, 6)
_LEVELS = (0, 1, 6, 41)
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX: what Python asks of descriptors."""
_FCNTLS = (1024, 1026, 1031)
"""F_SETLEASE stops others from opening a file, F_NOTIFY; F_SETPIPE_SZ takes uncounted memory."""
_PRCTLS = (3, 15, 16, 21, 23, 39)
"""Names of threads, and questions: dumpable, seccomp, bounding set, no new privileges."""


def machine() -> Machine:
    """The processor that we run on. Raises `Refused` where we cannot filter on it."""
    name = platform.machine()
    try:
        return {"x86_64": Machine.X86_64, "aarch64": Machine.AARCH64}[name]
    except KeyError:
        raise Refused(f"System calls of {name} processors cannot be filtered here.") from None


def allowed(
    kind: Machine, *, subprocess: bool = False, network: bool = False, writes: bool = False
) -> Filter:
    """The filter for code with these grants.

    With `writes` it makes no links: whoever reads a granted folder later would follow them.
    Without, it locks no files: others may wait for those that it only reads.
    """
    known = numbers(kind)
    names = [*_PLAIN.split()]
    rules = dict(_RULES)
    if subprocess:
        names += _PROGRAMS.split()
        rules["clone"] = _ANY_CLONE
    if network:
        names += _SOCKETS.split()
        rules["socket"], rules["setsockopt"] = _STREAM_SOCKET, _SOCKET_OPTION
    names += ["flock"] if writes else _LINKS.split()
    return Filter(
        machine=kind,
        plain=frozenset(known[n] for n in names if n in known),
        rules={known[n]: rule for n, rule in rules.items() if n in known},
        unknown=frozenset(known[n] for n in _OLDER_WILL_DO.split()),
        newest=NEWEST,
        otherwise=_DENY,
        missing=_MISSING,
    )


def _mode(argument: int) -> Rule:
    """Files that take their owner's rights along stay forbidden, also in granted folders."""
    step = Step(argument, Test.ANY_BIT, (_SPECIAL_MODE,), _DENY)
    return Rule((step,), ALLOW)


def _opened(flags: int) -> Rule:
    """The mode is only looked at where a file may be made; else anything may stand there."""
    return Rule(
        (
            Step(flags, Test.NO_BIT, (_MAKES_A_FILE,), ALLOW),
            Step(flags + 1, Test.ANY_BIT, (_SPECIAL_MODE,), _DENY),
        ),
        ALLOW,
    )


def _only(argument: int, values: tuple[int, ...], otherwise: int = _DENY) -> Rule:
    return Rule((Step(argument, Test.ONE_OF, values, ALLOW),), otherwise)


_STREAM_SOCKET = Rule(
    (
        Step(0, Test.NONE_OF, (_INET,), _DENY),
        Step(1, Test.NONE_OF, _STREAMS, _DENY),
        Step(2, Test.NONE_OF, _TCP, _DENY),
    ),
    ALLOW,
)
_SOCKET_OPTION = _only(1, _LEVELS)
_ANY_CLONE = Rule((Step(0, Test.ANY_BIT, (_NEW_NAMESPACE, _TRACED), _DENY),), ALLOW)
_RULES: Final[Mapping[str, Rule]] = {
    "open": _opened(1),
    "openat": _opened(2),
    "creat": _mode(1),
    "mkdir": _mode(1),
    "mkdirat": _mode(2),
    "chmod": _mode(1),
    "fchmod": _mode(1),
    "fchmodat": _mode(2),
    "fchmodat2": _mode(2),
    "fcntl": Rule((Step(1, Test.ONE_OF, _FCNTLS, _DENY),), ALLOW),
    "ioctl": _only(1, _IOCTLS, refuse(errno.ENOTTY)),
    "prctl": _only(0, _PRCTLS),
    "socketpair": Rule(
        (
            Step(0, Test.NONE_OF, (_UNIX,), _DENY),
            # half of a pair that sends single letters sends them to anybody
            Step(1, Test.NONE_OF, _STREAMS, _DENY),
        ),
        ALLOW,
    ),
    "clone": Rule(
        (
            Step(0, Test.ANY_BIT, (_NEW_NAMESPACE, _TRACED), _DENY),
            Step(0, Test.ANY_BIT, (_THREAD,), ALLOW),
        ),
        _DENY,
    ),
}
