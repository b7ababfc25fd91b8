"""A tool that an agent is missing, or that failed it: what there is already, else a new one.

needs   the words of a request: its name, and the tool that does it already
foreign a tool that was not learned: what history says of its failure
bill    what language models were paid for, from the audit
flow    look → ask a model → try in the sandbox → a lesson that waits, or a gap
"""

from failonce.developing.bill import Bill, Budget, Day, days
from failonce.developing.flow import MOST_ATTEMPTS, WINDOW, Came, Developed, Developing

__all__ = [
    "MOST_ATTEMPTS",
    "WINDOW",
    "Bill",
    "Budget",
    "Came",
    "Day",
    "Developed",
    "Developing",
    "days",
]
