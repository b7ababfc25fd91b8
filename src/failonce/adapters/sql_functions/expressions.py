"""Regular expressions of the table of masks, as PostgreSQL reads them.

Both engines take the leftmost match. Of several at one place Python takes the first that it
finds, PostgreSQL the longest; the rows of the table are written so that these are one. What is
left to translate: ignoring case, which Python does by Unicode and PostgreSQL by the database's
locale, becomes classes with every spelling; and characters beyond ASCII become escapes, so that
the file has one reading in every encoding.
"""

import re
from collections.abc import Iterator
from string import ascii_letters
from typing import Final

from failonce.signature.masks import LONGEST_RUN

_TOKEN: Final = re.compile(
    r"\[\^?(?:\\.|[^\]\\])+\]"  # a class
    r"|\((?:\?(?:<?[=!]|:))?"  # what opens a group
    r"|\\x[0-9a-f]{2}|\\."  # one character, escaped
    r"|\{[0-9,]+\}"  # how often
    r"|.",
    re.DOTALL,
)
_ASIDE: Final = frozenset({"(?=", "(?!", "(?<=", "(?<!"})
_SIGNS: Final = frozenset("^$.|)?*+{(")
_MANY: Final = re.compile(r"\{([0-9]+),[0-9]{2,}\}")
_OPTIONAL: Final = re.compile(r"^\(\?:[^()]*\)\{0,[0-9]*\}")

CASELESS: Final = ascii_letters + "\u0130\u0131\u017f\u212a"
"""All characters that Python takes for an ASCII letter where case is ignored."""


def advanced(pattern: str, *, ignore_case: bool = False, cut: bool = False) -> str:
    """A pattern in PostgreSQL's words; it needs `COLLATE "C"` to be of one meaning.

    *cut* says that no run in the text is longer than `LONGEST_RUN`, so that this bound bounds
    nothing: without it PostgreSQL need not count, which is what takes its time.
    """
    words = "".join(_advanced(piece, ignore_case=ignore_case) for piece in _TOKEN.findall(pattern))
    return words.replace(f",{LONGEST_RUN}}}", ",}") if cut else words


def needed(pattern: str, *, ignore_case: bool = False) -> frozenset[str]:
    """Characters each of which stands in every match."""
    found = _alternatives(iter(_TOKEN.findall(pattern)))
    return frozenset(c for c in found if not (ignore_case and c.isalpha()))


def core(pattern: str) -> str:
    """A pattern that finds something wherever this one does, and more, in a fraction of the time.

    It looks around nowhere, counts no further than ten, and does without an optional beginning.
    """
    kept: list[str] = []
    open_: list[bool] = []  # of each group whether it is kept
    for piece in _TOKEN.findall(pattern):
        if piece.startswith("("):
            open_.append(piece not in _ASIDE and all(open_))
        if all(open_):
            kept.append(_MANY.sub(r"{\1,}", piece))
        if piece == ")":
            open_.pop()
    return _OPTIONAL.sub("", "".join(kept).replace("(?:|)", ""))


def _alternatives(tokens: Iterator[str]) -> frozenset[str]:
    """What every alternative of a group needs; reads up to the end of the group."""
    found: list[set[str]] = [set()]
    last = frozenset[str]()
    for piece in tokens:
        if piece == ")":
            break
        if piece in ("?", "*") or piece.startswith("{0"):
            last = frozenset()
            continue
        found[-1] |= last
        last = frozenset()
        if piece == "|":
            found.append(set())
        elif piece.startswith("("):
            inner = _alternatives(tokens)
            last = frozenset() if piece in _ASIDE else inner
        elif plain := _plain(piece):
            last = frozenset({plain})
    found[-1] |= last
    return frozenset(set.intersection(*found))


def _plain(piece: str) -> str:
    """The character that a piece stands for, where it stands for one and no other."""
    if piece.startswith("\\x"):
        return chr(int(f"0{piece[1:]}", 0))
    if piece.startswith("\\"):
        return "" if piece[1].isalnum() else piece[1]
    return "" if len(piece) > 1 or piece in _SIGNS else piece


def _advanced(piece: str, *, ignore_case: bool) -> str:
    if piece.startswith("\\x"):
        return f"\\u00{piece[2:]}"
    if ignore_case and piece.startswith("["):
        piece = _any_case(piece)
    elif ignore_case and piece.isalpha():
        piece = f"[{_alike(piece)}]"
    return "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in piece)


def _alike(letter: str) -> str:
    return "".join(c for c in CASELESS if re.fullmatch(letter, c, re.IGNORECASE))


def _any_case(bracket: str) -> str:
    """The class with every letter that it finds only where case is ignored."""
    negated = bracket.startswith("[^")
    head, body = (bracket[:2], bracket[2:]) if negated else (bracket[:1], bracket[1:])
    found = re.compile(f"[{body}", re.IGNORECASE), re.compile(f"[{body}")
    more = (c for c in CASELESS if found[0].fullmatch(c) and not found[1].fullmatch(c))
    return head + "".join(more) + body
