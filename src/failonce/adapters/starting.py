"""Starting processes that leave the signals of a terminal or a service manager to their parent."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker


@contextmanager
def held_back(*signals: signal.Signals) -> Iterator[None]:
    """A process that is started here gets none of these until it is ready and takes them.

    Otherwise one that comes while it imports kills it with a noise. What is for this thread
    itself comes afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # the first process starts it, and it opens the signals
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def taken(*signals: signal.Signals) -> None:
    """In such a process: from here on these come again."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
