"""Markdown for a forge in which recorded text is inert.

Whatever an error says: it makes no heading, link, picture or check box, mentions nobody, refers to
no issue, and hides nothing. Text of ours stands plain, all else in code, where forges read nothing.
"""

import re
from collections.abc import Iterable
from typing import Final

from failonce.language.visibility import unseen
from failonce.surfaces.words import cut

MOST: Final = 400
"""Characters of one piece of recorded text."""
_PLAIN: Final = re.compile(
    r"""[("'“]?[^\W_]+(?:[-.,:'’%–][^\W_]+)*[%)"'”.,;:?!…]*|[–—+=→%]?["'“”().,;:?!…]*"""
)
"""A word, with marks about it; without what a forge reads: `@`, `#`, `/`, `_`, `<`, `[`, …"""
_CODE: Final = re.compile(r"`([^`\n]*)`")
_RUN: Final = re.compile(r"`+")


def shown(text: str) -> str:
    """Text with what nobody sees written out, on one line."""
    flat = text.replace("\n", " ")
    return "".join(c.encode("unicode_escape").decode("ascii") if unseen(c) else c for c in flat)


def code(text: str, most: int = MOST) -> str:
    """Any text as code on one line.

    `|` becomes `¦`, for in a table it would end the cell, and with it the code.
    """
    safe = cut(shown(text), most).replace("|", "¦")
    fence = "`" * (max((len(x) for x in _RUN.findall(safe)), default=0) + 1)
    pad = " " if safe.startswith("`") or safe.endswith("`") or not safe else ""
    return f"{fence}{pad}{safe or ' '}{pad}{fence}"


def said(text: str, most: int = MOST) -> str:
    """A sentence of ours that may name recorded things: what is not plain stands in code."""
    found = ""
    for n, part in enumerate(_CODE.split(cut(shown(text), most))):
        more = code(part) if n % 2 else _words(part)
        apart = found.endswith("`") and more.startswith("`")  # two runs would be one longer run
        found += f" {more}" if apart else more
    return found


def _words(text: str) -> str:
    """Plain words as they are, and words with anything else in them as code."""
    return " ".join(x if not x or _plain(x) else code(x) for x in text.split(" "))


def _plain(word: str) -> bool:
    return _PLAIN.fullmatch(word) is not None and not word.lower().startswith("www.")


def fenced(lines: Iterable[str]) -> str:
    """Lines as a block of code. Each is set in, so that none stands at the beginning of a line."""
    inside = [f"  {shown(x)}" for x in lines]
    longest = max((len(x) for line in inside for x in _RUN.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *inside, fence])


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
