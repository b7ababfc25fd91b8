"""Skill files: the lessons in force, in the files that agents and people read.

places     where they stand, and which file is to hold what: the plan
folder     `FileWorkspace`, which makes the files so, and looks how they stand
disk       one file, read and replaced in one step, never through a link

What bytes a file is to hold is said by `failonce.projections`, without a disk. Every change is a
new file renamed over the old one, so a crash leaves one or the other; nothing but our own block
or file is touched, and what people wrote into that is kept.
"""

from failonce.adapters.workspace.folder import EDITS, TAKEN, FileWorkspace, Seen, Standing
from failonce.adapters.workspace.places import Places

__all__ = ["EDITS", "TAKEN", "FileWorkspace", "Places", "Seen", "Standing"]
