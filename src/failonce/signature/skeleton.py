"""What of a template can vary by itself, and what its tokens look like: the ground of level 2."""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from failonce.signature.tokens import DELIMITERS, holds_placeholder, tokenise

VARIABLE: Final = "<*>"
"""Stands in a skeleton and a pattern for whatever varies."""

POSITIONS: Final = 128
"""Tokens of a skeleton that stand for themselves; what follows is one last token."""

_LONGEST_UNIT: Final = 8
_OPENS: Final = frozenset("([{")
_CLOSES: Final = frozenset(")]}")
_ORDINAL: Final = re.compile(r"[A-Za-z]{2,}<int>")
_NUMBER: Final = re.compile(r"-?[0-9]+[.!?]*")
_CONSTANT: Final = re.compile(r"(?:.*\.)?[A-Z0-9_]{2,}")
_FAILING: Final = re.compile(
    r"(?:error|exception|failure|(?<!de)fault|warning)s?[.,!?]*$", re.IGNORECASE
)
_NO_LETTER: Final = re.compile(r"[\x21-\x40\x5b-\x60\x7b-\x7e]")


class Kind(Enum):
    """What a token looks like, and so how freely it may vary."""

    VARIABLE = auto()
    DELIMITER = auto()
    QUALIFIED = auto()
    """A name with two dots or more, such as a class with its package or a host."""
    IDENTIFIER = auto()
    """A name with other signs or a number in it, such as `root_domain` or `eth<int>`."""
    WORD = auto()
    """Letters alone, or a constant in capitals such as `ACTION_UP`."""


@lru_cache(maxsize=65_536)
def kind(token: str) -> Kind:
    """Classify a token of a skeleton."""
    if token == VARIABLE:
        return Kind.VARIABLE
    if token in DELIMITERS:
        return Kind.DELIMITER
    bare = token.strip(".,!?")
    if _CONSTANT.fullmatch(bare):
        return Kind.WORD
    if bare.count(".") > 1 or ("." in bare and "/" in bare):
        return Kind.QUALIFIED
    return Kind.IDENTIFIER if _NO_LETTER.search(bare) else Kind.WORD


def names_failure(token: str) -> bool:
    """Tell whether a token ends in Error, Exception, Failure, Fault or Warning."""
    return _FAILING.search(token) is not None


def skeleton(template: str) -> tuple[str, ...]:
    """The tokens of a template with everything folded away that varies by itself.

    A token that holds a placeholder, or is a kept number, varies wholly, but `eth<int>` keeps its
    word; so does what a colon joins to a name with a dot (`host.example:<int>`). A list, or a
    repeated unit, of what varies counts once. An empty bracket is one whose value is missing.
    """
    out: list[str] = []
    joined = False
    for word, glued in tokenise(template):
        value = _varies(word)
        if value and glued and joined:
            out[-2:] = [VARIABLE]
            joined = False
        else:
            joined = glued and word == ":" and bool(out) and _may_join(out[-1])
            if word in _CLOSES and out and out[-1] in _OPENS:
                out.append(VARIABLE)
            if value and out[-2:] == [VARIABLE, ","]:
                del out[-2:]
            out.append(VARIABLE if value else word)
        _fold(out)
    return (*out[:POSITIONS], " ".join(out[POSITIONS:])) if len(out) > POSITIONS else tuple(out)


def _varies(token: str) -> bool:
    if _NUMBER.fullmatch(token):
        return True
    return holds_placeholder(token) and not _ORDINAL.fullmatch(token)


def _may_join(token: str) -> bool:
    name = "." in token.strip(".") and not names_failure(token)
    return name or token == VARIABLE or _ORDINAL.fullmatch(token) is not None


def _fold(out: list[str]) -> None:
    """Drop the last tokens where they repeat the ones before them and something in them varies."""
    for size in range(1, min(_LONGEST_UNIT, len(out) // 2) + 1):
        if out[-size:] == out[-2 * size : -size] and VARIABLE in out[-size:]:
            del out[-size:]
            return
