"""What a host reports, on its way to the store: off the host's thread, and lost by nobody's doing.

__init__   the door
records    what travels, and its bytes: length and checksum before each
segments   `Spool`: files that hold what the store could not take, shared by all processes
counts     what became of what was reported: in memory that outlives the process, and in a file
sink       the store, as the end of the way
writer     `Writer`: the queue and the one thread behind it
"""

from failonce.adapters.spool.counts import Counts, Status, status
from failonce.adapters.spool.records import Record
from failonce.adapters.spool.segments import Spool
from failonce.adapters.spool.sink import Sink, StoreSink
from failonce.adapters.spool.writer import Work, Writer, folder_beside

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
