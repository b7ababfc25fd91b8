"""Characters that a reviewer cannot see: they carry instructions past the eye."""

import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Invisible characters that Unicode counts as marks or letters."""
_EMOJI_STYLE = "\ufe0f"


def unseen(character: str) -> bool:
    """Whether a character shows nothing where it stands; a space and a line end do not count."""
    if character in " \n":
        return False
    category = unicodedata.category(character)
    return category in _UNSEEN or bool(_IGNORABLE.match(character)) or category == "Zs"


def hidden(text: str) -> tuple[str, ...]:
    """The unseen characters of a text as `U+200B`, each once, in order of code.

    The mark that turns a symbol into an emoji is seen where it follows a symbol.
    """
    found = {
        c
        for before, c in zip(" " + text, text, strict=False)
        if unseen(c) and not (c == _EMOJI_STYLE and unicodedata.category(before) == "So")
    }
    return tuple(f"U+{ord(c):04X}" for c in sorted(found))
