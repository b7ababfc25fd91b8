"""Lesson packs: approved lessons in one signed file, from one failonce to another.

layout     the file: what it holds, written one way and read strictly
signing    the key of this user, signatures, and whom they trust

A pack carries the texts of lessons and what they are for: no recorded call, no error, no name of
a project, nobody's proof. What becomes of them is for the receiver's own history to say
(`failonce.receiving`). Nothing but `signing` loads the library of signatures.
"""

from failonce.adapters.packs.layout import Carried, Pack, dump, load
from failonce.adapters.packs.signing import Keys, fingerprint

__all__ = ["Carried", "Keys", "Pack", "dump", "fingerprint", "load"]
