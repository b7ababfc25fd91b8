"""What an error suggests instead: `No such file; did you mean conf.yaml?`.

Whoever causes an error writes its text, so a suggestion is taken only where it is nearly what
the caller gave: a few letters of the name differ, in the same place.
"""

import re
from typing import Final

from failonce.language.tool_names import edits
from failonce.language.transform import NotApplicable

SAYING: Final = (
    r"(?i)\b(?:(?:did|do) you (?:perhaps )?mean|(?:perhaps|maybe) you meant"
    r"|you (?:may|might) have meant|(?:closest|nearest|similar) (?:match|name))\b"
)
"""A pattern for errors that may suggest something."""
_SAID: Final = re.compile(
    r"""\b(?:(?:did|do)\ you\ (?:perhaps\ )?mean|(?:perhaps|maybe)\ you\ meant
        |you\ (?:may|might)\ have\ meant|(?:closest|nearest|similar)\ (?:match|name)(?:\ is)?)
        \b:?\s{1,3}(?:"([^"\n]{1,200})"|'([^'\n]{1,200})'|`([^`\n]{1,200})`
        |([^\s"'`,;?!()\[\]<>]{1,200}+))\s{0,2}(?![,\s]*(?:or|and)\b|,)""",
    re.IGNORECASE | re.VERBOSE,
)
_SHARE: Final = 4
"""A name of so many letters may differ in one, one of twice as many in two."""


def suggestion(message: str) -> str:
    """The one thing that an error suggests; raises `NotApplicable` where it is none or several."""
    found = {str(next(filter(None, said.groups()))) for said in _SAID.finditer(message)}
    if len(found) != 1:
        raise NotApplicable
    return found.pop().rstrip(".:")


def suggested(given: str, message: str) -> str:
    """What was given with its name as the error suggests it.

    A suggested path must lie where the given one does; raises `NotApplicable` where nothing is
    suggested, or something else than a name that is nearly the same.
    """
    meant = suggestion(message)
    place, _, name = given.rpartition("/")
    there, slash, new = meant.rpartition("/")
    if slash and there != place:
        raise NotApplicable
    bound = min(len(name), len(new)) // _SHARE
    if new == name or not new.isprintable() or new in (".", "..") or not bound:
        raise NotApplicable
    if edits(name.lower(), new.lower(), bound) > bound:
        raise NotApplicable
    return given[: len(given) - len(name)] + new
