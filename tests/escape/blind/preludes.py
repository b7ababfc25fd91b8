"""What several attacks need of C, as Python source to put before theirs."""

import platform

from tests.escape.attack import Arena

CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def call(number, *args):
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    return checked(libc.syscall(ctypes.c_long(number), *wide))

def by_int_80(number, a, b):
    "A system call by the door for 32-bit programs."
    import mmap
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(bytes.fromhex("5389f889f389d1cd805bc3"))
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(*[ctypes.c_int] * 4)(place)(number, a, b)

def everybody():
    seen = os.listdir("/proc") if os.path.isdir("/proc") else map(str, range(1, 300))
    return [int(n) for n in seen if n.isdigit() and int(n) != os.getpid()]
"""


def other_machine(_: Arena) -> str:
    """The numbers of system calls, and machine code, are those of x86-64."""
    return "" if platform.machine() == "x86_64" else "written for x86-64"
