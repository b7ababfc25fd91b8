"""What a host reports, on its way to the store: off the host's thread, and lost by nobody's doing.

__init__   the door; nothing behind it is loaded before it is asked for
frames     the bytes, and the segment that processes share which live for one call
records    what travels, read and written
segments   `Spool`: files that hold what the store could not take, shared by all processes
counts     what became of what was reported: in memory that outlives the process, and in a file
sink       the store, as the end of the way
writer     `Writer`: the queue and the one thread behind it
asking     when the store is asked whether something was decided, and what tells of it
at_once    another thread beside it, for hosts that are killed without a warning
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failonce.adapters.spool.at_once import Work
    from failonce.adapters.spool.counts import Counts, Status, status
    from failonce.adapters.spool.records import Record
    from failonce.adapters.spool.segments import Spool
    from failonce.adapters.spool.sink import Sink, StoreSink
    from failonce.adapters.spool.writer import Writer, folder_beside

__all__ = [
    "Counts",
    "Record",
    "Sink",
    "Spool",
    "Status",
    "StoreSink",
    "Work",
    "Writer",
    "folder_beside",
    "status",
]

_HOME = {
    "Counts": "counts",
    "Record": "records",
    "Sink": "sink",
    "Spool": "segments",
    "Status": "counts",
    "StoreSink": "sink",
    "Work": "at_once",
    "Writer": "writer",
    "folder_beside": "writer",
    "status": "counts",
}


def __getattr__(name: str) -> object:
    """Load a name where it is first used: `frames` does without all the others."""
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
