"""Recorded text made fit to stand inside a sentence: visible, short, and no structure.

Whoever can cause an error writes its text. So line ends are folded, invisible characters
shown escaped, and marks that begin code, comments, tags, links or quotes taken apart.
"""

import re
from collections.abc import Mapping
from dataclasses import fields

from failonce.language.visibility import unseen
from failonce.ports import Slots

MAX_LINE = 300
"""Longest phrase in characters."""

_CAPS = {
    "tool": 80,
    "argument": 80,
    "replacement": 80,
    "condition": 160,
    "error_type": 60,
    "category": 30,
    "template": 120,
    "steps": 160,
}
_SENTENCES = frozenset({"condition", "steps"})
"""Slots that our own language words; names in them stand in single backticks."""

_TAG = re.compile(r"<(?=[/!?A-Za-z])(?![a-z]{1,12}>|arg:[\w.-]{1,64}>)")


def clean_slots(slots: Slots) -> Mapping[str, str | int]:
    """The slots by name: texts cleaned and capped, counts as they are."""
    return {f.name: _clean(f.name, getattr(slots, f.name)) for f in fields(slots)}


def _clean(name: str, value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    text = visible(value[: 4 * MAX_LINE])
    text = re.sub("`+" if name not in _SENTENCES else "``+", "'", text)
    text = _TAG.sub("‹", text).replace("-->", "--›").replace("](", "] (")
    text = text.replace("“", '"').replace("”", '"').replace("~~~", "~ ~ ~")
    return capped(text, _CAPS[name])


def one_line(text: str) -> str:
    """A rendered phrase as one visible line of at most 300 characters that begins no markup."""
    return capped(visible(text).lstrip("#|>=~-*+ "), MAX_LINE)


def visible(text: str) -> str:
    """One line in which nothing is hidden: white space folded, the rest shown escaped."""
    folded = " ".join(text.split())
    return "".join(f"\\u{{{ord(c):x}}}" if unseen(c) else c for c in folded)


def capped(text: str, limit: int) -> str:
    """The text, cut at a word where one ends near the limit, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    words, _, rest = cut.rpartition(" ")
    return (words if words and len(rest) < limit // 4 else cut).rstrip() + "…"
