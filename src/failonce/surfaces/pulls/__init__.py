"""Pull requests: lessons are put before people in a forge, and what these do is the review.

One rule holds for every forge, and for files that are moved by hand: what stands approved in the
folder of skill files, on the branch that all is merged into, was reviewed; what was taken out of
it was undone. Who did so is told by the forge where it merged or closed a pull request of ours,
else by the commit.

standing   the lesson files of a branch, and which of them act
telling    title and text of a pull request, in Markdown in which recorded text is inert
markdown   that
putting    waiting lessons → a branch and one pull request; the same again changes nothing
settling   what was merged, closed, moved or taken out → decisions, each made once
ground     the remote, the forge and the store that all this is about
workflow   the file for GitHub Actions
"""

from failonce.surfaces.pulls.ground import Ground, ground
from failonce.surfaces.pulls.putting import Put, Wanted, put
from failonce.surfaces.pulls.settling import Done, Left, Settled, settle, settle_files
from failonce.surfaces.pulls.workflow import workflow

__all__ = [
    "Done",
    "Ground",
    "Left",
    "Put",
    "Settled",
    "Wanted",
    "ground",
    "put",
    "settle",
    "settle_files",
    "workflow",
]
