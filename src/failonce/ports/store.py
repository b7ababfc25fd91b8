"""All that is kept, in one place."""

from typing import Protocol

from failonce.ports.access import Access
from failonce.ports.decisions import Audit, Lease, Lessons, Modes
from failonce.ports.evidence import EvidenceLog
from failonce.ports.keeping import Keeping


class Store(EvidenceLog, Keeping, Lessons, Audit, Modes, Lease, Access, Protocol):
    """All of the above in one place."""

    def close(self) -> None:
        """Let go of files and connections."""
