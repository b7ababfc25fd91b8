"""Memory that is free is given back."""

import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest

from failonce.surfaces.server import heaps
from failonce.surfaces.server.heaps import give_back, one_heap, tidy

MB = 1 << 20
glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(heaps.ctypes.CDLL(None), "malloc_trim"),
    reason="only the GNU C library keeps it",
)


def held() -> int:
    """Bytes that this process holds."""
    told = Path("/proc/self/status").read_text()
    return next(int(x.split()[1]) << 10 for x in told.splitlines() if x.startswith("RssAnon"))


def scatter() -> list[bytes]:
    """Use 64 MB of a thread's heap, and keep a little of it everywhere."""
    kept: list[bytes] = []

    def work() -> None:
        pieces = [bytes([n % 251]) * 16_000 for n in range(4_096)]
        kept.extend(pieces[::64])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return kept


@glibc
def test_what_lies_between_things_in_use_is_given_back() -> None:
    kept = scatter()
    before = held()
    give_back()
    assert before - held() > 40 * MB
    assert all(len(set(piece)) == 1 for piece in kept)


def test_what_refers_to_nothing_but_itself_is_freed() -> None:
    """Whoever answers for weeks may not look for it by himself: most of what he holds is old."""

    class Ring:
        def __init__(self) -> None:
            self.itself = self

    gc.disable()
    try:
        seen = weakref.ref(Ring())
        assert seen() is not None
        tidy()
        assert seen() is None
    finally:
        gc.enable()


@glibc
def test_threads_share_one_heap() -> None:
    """In a process of its own, for there is no way back."""
    script = (
        "import ctypes, threading\n"
        "from failonce.surfaces.server.heaps import one_heap\n"
        "one_heap()\n"
        "kept = []\n"
        "def work(): kept.extend(bytes(16_000) for _ in range(100))\n"
        "all_ = [threading.Thread(target=work) for _ in range(8)]\n"
        "for x in all_: x.start()\n"
        "for x in all_: x.join()\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.fdopen.restype = ctypes.c_void_p\n"
        "libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b'w')))\n"
        "libc.fflush(None)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert told.stdout.count("<heap nr=") == 1


def test_where_the_library_has_no_such_call_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Nothing:
        def __init__(self, _: object) -> None:
            pass

    monkeypatch.setattr(heaps.ctypes, "CDLL", Nothing)
    one_heap()
    tidy()
