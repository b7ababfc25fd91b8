"""What the core needs of the world: small protocols, each with one job.

evidence decisions access   what a store keeps; `store` is the three together, with
keeping                     what of it goes, by its age or because of whom it is about
reading wording             inputs and their formats; the user's words
world author forge          the clock, files, sandboxes and worlds; a language model;
                            pull requests

A database adapter implements all that make up a `Store` in one class;
`failonce.testing` holds the in-memory one and the suite that every adapter must pass.
"""

from failonce.ports.access import DELIVERIES_KEPT, Access
from failonce.ports.author import Author, Brief, Draft, Seen
from failonce.ports.decisions import Audit, Effects, Lease, Lessons, Modes
from failonce.ports.evidence import (
    Added,
    DayCount,
    EvidenceLog,
    Member,
    SessionSize,
    Sighted,
    SignatureOrder,
    SignatureQuery,
    Summed,
    Taken,
    ToolUse,
    Use,
    Weights,
    Windows,
)
from failonce.ports.forge import Decider, Forge, Pull, PullState
from failonce.ports.keeping import Gone, Keeping, Prunable, Traces
from failonce.ports.reading import Importer, Source
from failonce.ports.store import Store
from failonce.ports.wording import Phrase, Slots, Wording
from failonce.ports.world import Clock, Copies, Environment, Facts, Sandbox, Workspace, World

__all__ = [
    "DELIVERIES_KEPT",
    "Access",
    "Added",
    "Audit",
    "Author",
    "Brief",
    "Clock",
    "Copies",
    "DayCount",
    "Decider",
    "Draft",
    "Effects",
    "Environment",
    "EvidenceLog",
    "Facts",
    "Forge",
    "Gone",
    "Importer",
    "Keeping",
    "Lease",
    "Lessons",
    "Member",
    "Modes",
    "Phrase",
    "Prunable",
    "Pull",
    "PullState",
    "Sandbox",
    "Seen",
    "SessionSize",
    "Sighted",
    "SignatureOrder",
    "SignatureQuery",
    "Slots",
    "Source",
    "Store",
    "Summed",
    "Taken",
    "ToolUse",
    "Traces",
    "Use",
    "Weights",
    "Windows",
    "Wording",
    "Workspace",
    "World",
]
