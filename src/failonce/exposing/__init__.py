"""Asking the lessons of a project about a call, so that their effect can be measured.

Some units go without a lesson, and lessons that wait only watch. Whether a lesson would have
spoken is found out by asking again with it, so that in both arms the same calls count: those
that it meets given what all other lessons do. What it did, or would have done, is an
`Exposure`; who acts on a decision writes it, before the call, in both arms alike.

__init__   the door
places     the share of units that go without a lesson, and who only watches
asking     what comes of asking some lessons
together   the lessons of one tool; which of them act in a unit
roster     `Roster`: before a call and after it
by_tool    the same for whoever does not know beforehand which tools are called
"""

from failonce.exposing.asking import Asked, Asking, Asks, Spoken
from failonce.exposing.by_tool import RosterByTool
from failonce.exposing.places import Candidate, Placed, lets_go, placed
from failonce.exposing.roster import Roster

__all__ = [
    "Asked",
    "Asking",
    "Asks",
    "Candidate",
    "Placed",
    "Roster",
    "RosterByTool",
    "Spoken",
    "lets_go",
    "placed",
]
