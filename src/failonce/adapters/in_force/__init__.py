"""What is in force, in one small file beside the store: what a call asks without a database.

__init__   the door; nothing behind it is loaded before it is asked for
frames     the bytes: what is sealed, and where it stands
glance     who may have anything to say of a call, for processes that must be quick
entry      a lesson as the file holds it, and as call time asks it
layout     bytes ↔ header and records, each sealed
sealing    the key in the data folder, the seals made with it
writing    `Publisher`: the store → the file
reading    `Snapshot`, one file as it was loaded; `InForce`, the newest of them

The store stays the truth: the file is a projection, and whoever loses it makes it anew.
Nothing in here but `Publisher`'s store loads a database library.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failonce.adapters.in_force.layout import file_beside
    from failonce.adapters.in_force.reading import InForce, Snapshot
    from failonce.adapters.in_force.writing import Projections, Publisher

__all__ = ["InForce", "Projections", "Publisher", "Snapshot", "file_beside"]

_HOME = {
    "InForce": "reading",
    "Projections": "writing",
    "Publisher": "writing",
    "Snapshot": "reading",
    "file_beside": "layout",
}


def __getattr__(name: str) -> object:
    """Load a name where it is first used: `glance` does without all the others."""
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module  # noqa: PLC0415 - see above

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
