"""Recorded text made fit to stand inside a sentence: visible, short, and no structure.

Whoever can cause an error writes its text. So line ends are folded, invisible characters
shown escaped, and marks that begin code, comments, tags, links or quotes taken apart.
"""

import re
from collections.abc import Mapping
from dataclasses import fields

from failonce.language.sentence import MARKUP
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
    "handler": 30,
    "witnesses": 80,
}
_SENTENCES = frozenset({"condition", "steps"})
"""Slots that our own language words; names in them stand in single backticks."""

_TAG = re.compile(r"<(?=[/!?A-Za-z|])(?![a-z]{1,12}>|arg:[\w.-]{1,64}>)")
"""What begins a tag; our own masks, such as `<num>`, begin none."""


def clean_slots(slots: Slots) -> Mapping[str, str | int]:
    """The slots by name: texts cleaned and capped, counts as they are."""
    return {f.name: _clean(f.name, getattr(slots, f.name)) for f in fields(slots)}


def _clean(name: str, value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    text = visible(value[: 4 * MAX_LINE])
    text = re.sub("`+" if name not in _SENTENCES else "``+", "'", text)
    text = _TAG.sub("‹", text).replace("“", '"').replace("”", '"')
    return capped(plain(text), _CAPS[name])


def one_line(text: str) -> str:
    """A rendered phrase as one visible line of at most 300 characters that begins no markup."""
    return capped(plain(visible(text)).lstrip("#|>=~-*+ "), MAX_LINE)


def plain(text: str) -> str:
    """The text with every mark that could be read as structure taken apart: `] (`, `‹system>`."""
    while found := MARKUP.search(text):
        mark = found[0]
        apart = mark.replace("<", "‹").replace(">", "›")
        apart = " ".join(mark) if apart == mark else apart
        text = text[: found.start()] + apart + text[found.end() :]
    return text


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
