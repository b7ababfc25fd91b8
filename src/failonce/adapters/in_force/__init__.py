"""What is in force, in one small file beside the store: what a call asks without a database.

__init__   the door
entry      a lesson as the file holds it, and as call time asks it
layout     bytes ↔ header and records, each sealed
sealing    the key in the data folder, the seals made with it
writing    `Publisher`: the store → the file
reading    `Snapshot`, one file as it was loaded; `InForce`, the newest of them

The store stays the truth: the file is a projection, and whoever loses it makes it anew.
Nothing in here but `Publisher`'s store loads a database library.
"""

from failonce.adapters.in_force.layout import file_beside
from failonce.adapters.in_force.reading import InForce, Snapshot
from failonce.adapters.in_force.writing import Projections, Publisher

__all__ = ["InForce", "Projections", "Publisher", "Snapshot", "file_beside"]
