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

_TOKEN: Final = re.compile(
    r"\[\^?(?:\\.|[^\]\\])+\]"  # a class
    r"|\((?:\?(?:<?[=!]|:))?"  # what opens a group
    r"|\\x[0-9a-f]{2}|\\."  # one character, escaped
    r"|\{[0-9,]+\}"  # how often
    r"|.",
    re.DOTALL,
)
_OFTEN: Final = frozenset("?*+{")
_SIGNS: Final = frozenset("^$.|)?*+")

CASELESS: Final = ascii_letters + "\u0130\u0131\u017f\u212a"
"""All characters that Python takes for an ASCII letter where case is ignored."""


def advanced(pattern: str, *, ignore_case: bool = False) -> str:
    """A pattern in PostgreSQL's words; it needs `COLLATE "C"` to be of one meaning."""
    return "".join(_advanced(token, ignore_case=ignore_case) for token in _tokens(pattern))


def literal(pattern: str) -> str:
    """The longest text that stands in every match as it is; empty where there is none."""
    runs, depth = [""], 0
    tokens = [*_tokens(pattern), ""]
    for token, following in zip(tokens, tokens[1:], strict=False):
        depth += token.startswith("(") - (token == ")")
        plain = _plain(token)
        if depth or not plain or following[:1] in _OFTEN:
            runs.append("")
        else:
            runs[-1] += plain
        if token == "|" and not depth:
            return ""
    return max(runs, key=len)


def _tokens(pattern: str) -> Iterator[str]:
    return (match[0] for match in _TOKEN.finditer(pattern))


def _plain(token: str) -> str:
    """The character that a token stands for, where it stands for one and no other."""
    if token.startswith("\\x"):
        return chr(int(token[2:], 16))
    if token.startswith("\\"):
        return "" if token[1].isalnum() else token[1]
    return "" if len(token) > 1 or token in _SIGNS or token in _OFTEN else token


def _advanced(token: str, *, ignore_case: bool) -> str:
    if token.startswith("\\x"):
        return f"\\u00{token[2:]}"
    if ignore_case and token.startswith("["):
        token = _any_case(token)
    elif ignore_case and token.isalpha():
        token = f"[{_alike(token)}]"
    return "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in token)


def _alike(letter: str) -> str:
    return "".join(c for c in CASELESS if re.fullmatch(letter, c, re.IGNORECASE))


def _any_case(bracket: str) -> str:
    """The class with every letter that it finds only where case is ignored."""
    negated = bracket.startswith("[^")
    head, body = (bracket[:2], bracket[2:]) if negated else (bracket[:1], bracket[1:])
    found = re.compile(f"[{body}", re.IGNORECASE), re.compile(f"[{body}")
    more = (c for c in CASELESS if found[0].fullmatch(c) and not found[1].fullmatch(c))
    return head + "".join(more) + body
