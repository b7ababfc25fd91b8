"""Lesson packs: approved lessons in one signed file, from one failonce to another.

carrying   what may leave, and what it is on arrival
layout     the file: what it holds, written one way and read strictly
signing    the key of this user, signatures, and whom they trust

A pack carries the texts of lessons, what they are for, and the name that its maker gave it: no
recorded call, no error, nobody's proof. What becomes of them is for the receiver's own history to
say (`failonce.receiving`).
"""

from failonce.adapters.packs.carrying import carried, origin, proposals
from failonce.adapters.packs.layout import Carried, Pack, Signed, dump, is_pack, load, read
from failonce.adapters.packs.signing import Keys, fingerprint

__all__ = [
    "Carried",
    "Keys",
    "Pack",
    "Signed",
    "carried",
    "dump",
    "fingerprint",
    "is_pack",
    "load",
    "origin",
    "proposals",
    "read",
]
