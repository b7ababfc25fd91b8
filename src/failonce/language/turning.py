"""Words that turn what a name says: `user` and `removed_user`, `source` and `target`."""

from typing import Final

from failonce.language.reading import CHANGES, stem
from failonce.language.tool_names import words

_SIDES: Final = (
    frozenset({"from", "source", "src", "origin", "sender"}),
    frozenset({"to", "dest", "destination", "dst", "target", "recipient"}),
    *(frozenset({word}) for word in (
        "after", "allow", "before", "bcc", "cc", "deny", "end", "except", "exclude", "first",
        "include", "last", "max", "maximum", "min", "minimum", "new", "next", "no", "non", "not",
        "off", "old", "on", "previous", "start", "without",
    )),
)  # fmt: skip
"""Words that turn what a name says; those of one set say the same."""


def turned(one: str, other: str) -> bool:
    """Whether a word that only one of two names has turns what it says: `user`, `removed_user`.

    A word that turns counts where the other name has another such word, or is the same name
    without it.
    """
    a, b = set(words(one)), set(words(other))
    sides = [{_side(w) for w in own} - {None} for own in (a - b, b - a)]
    if sides[0] and sides[1]:
        return sides[0] != sides[1]
    return bool(sides[0] or sides[1]) and (a <= b or b <= a)


def _side(word: str) -> object:
    """What a word turns a name to, None for a word that turns nothing."""
    for side in _SIDES:
        if word in side:
            return side
    verb, form = stem(word)
    return verb if form == "d" and verb in CHANGES else None
