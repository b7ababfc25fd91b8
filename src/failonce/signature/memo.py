"""A bounded memo, and the folding that lets few entries answer for many texts.

Patterns of the table of masks are blind to the values of digits, so texts that are equal after
every digit became a zero share a template. What misses the memo is folded harder: uuids, long
hashes and lone numbers of any length become one. Both folds are exact: they only join texts whose
templates are equal, which the tests hold against `masking.mask` itself.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, TypeVar

from failonce.signature.masking import mask
from failonce.signature.masks import INPUT_LIMIT, LONGEST_RUN

ENTRIES: Final = 32_768
"""Answers in one generation of a memo; two are kept."""

CHARACTERS: Final = 8_388_608
"""Length of the keys of one generation together."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memo(dict[K, V]):
    """Answers of a pure function by key; the older generation is forgotten when one is full."""

    def __init__(self, compute: Callable[[K], V], length: Callable[[K], int]) -> None:
        self._compute = compute
        self._length = length
        self._older: dict[K, V] = {}
        self._left = CHARACTERS

    def __missing__(self, key: K) -> V:
        value = self._older.get(key)
        if value is None:
            value = self._compute(key)
        if len(self) >= ENTRIES or self._left < 0:
            self._older = dict(self)
            self.clear()
            self._left = CHARACTERS
        self._left -= self._length(key)
        self[key] = value
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The template of all texts with one fold.

    Without *runs* it is the one piece. With them the template keeps digits of the text (an HTTP
    status, the 8 of utf-8): before each further piece comes the run of digits with that number.
    Without pieces the text itself must be masked.
    """

    pieces: tuple[str, ...] = ()
    runs: tuple[int, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether all texts of this shape have the same template."""
        return len(self.pieces) == 1

    def fill(self, data: bytes) -> str:
        """The template of the text that is *data* in UTF-8 and has this shape."""
        if not self.pieces:
            return mask(data.decode())
        # hashes are folded to letters, byte for byte, so that they hold no runs to count
        runs = [m.span() for m in _RUN.finditer(_HEXES.sub(_hex_fold, data.translate(FOLD)))]
        if any(number >= len(runs) for number in self.runs):
            return mask(data.decode())  # folded further than its shape: the text itself says
        parts = [self.pieces[0]]
        for number, piece in zip(self.runs, self.pieces[1:], strict=True):
            start, end = runs[number]
            parts += (data[start:end].decode(), piece)
        return "".join(parts)


_DIGITS: Final = re.compile("[0-9]+")

FOLD: Final = bytes.maketrans(b"123456789", b"000000000")
"""Translation of UTF-8 bytes under which texts of one shape are equal."""

_RUN: Final = re.compile(rb"0+")
_HEXES: Final = re.compile(
    rb"[0-9a-f]{8}(?:[0-9a-f]{4,56}|(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9A-Za-z])"
)
_ALONE: Final = r" ,;()\[\]{}\"'|="
_NUMBERS: Final = re.compile(
    (
        rf"[{_ALONE}/]0(?:0{{0,2}}(?:\.0{{1,3}}){{3}}(:0{{1,5}})?(?=[{_ALONE}/]|$)"
        rf"|(?<!/0)0{{0,8}}(?:\.0{{1,9}})?(?=[{_ALONE}]|$))"
    ).encode()
)
_UNBROKEN: Final = re.compile(rf"[^ \"'<>()\[\]{{}},;|]{{{LONGEST_RUN}}}".encode())
_LETTERS: Final = bytes.maketrans(b"0bcdef", b"a" * 6)
_JOINS: Final = b"!#$%&*+-./?@\\^_`~"
_LENGTHS: Final = (b"", b"", b"0", b"0", b"000", b"0000", b"00000", *(b"000000",) * 4)
"""Lengths of a lone number that some pattern tells apart: days, years, codes, SQLSTATE."""


def refold(folded: bytes) -> bytes:
    """Fold harder: what no pattern can tell apart, in uuids, hashes, addresses, lone numbers."""
    if not folded.isascii() or (len(folded) >= LONGEST_RUN and _UNBROKEN.search(folded)):
        return folded
    return _NUMBERS.sub(_number_fold, _HEXES.sub(_hex_fold, folded))


def shape_of(folded: bytes) -> Shape:
    """Find the shape of all texts with this fold, by masking one of them."""
    text = folded.decode()
    template = mask(text)
    if not _DIGITS.search(template):
        return Shape(pieces=(template,))
    if not folded.isascii() or len(folded) > INPUT_LIMIT // 6:  # the template may have been cut
        return Shape()
    runs = [m.span() for m in _RUN.finditer(folded)]
    numbered = [_mark(text, runs, digit) for digit in range(len(str(len(runs))))]
    pieces = _DIGITS.split(numbered[0])
    marks = [_DIGITS.findall(n) for n in numbered]
    return Shape(
        pieces=tuple(pieces),
        runs=tuple(
            sum(int(m[0]) * 10**p for p, m in enumerate(ms)) for ms in zip(*marks, strict=True)
        ),
    )


def _mark(text: str, runs: list[tuple[int, int]], place: int) -> str:
    """Mask the text after each run of digits was made to spell one decimal place of its number."""
    out: list[str] = []
    at = 0
    for number, (start, end) in enumerate(runs):
        out += (text[at:start], str(number // 10**place % 10) * (end - start))
        at = end
    return mask("".join(out) + text[at:])


def _hex_fold(match: re.Match[bytes]) -> bytes:
    """Letters for a uuid or hash, if the masks see one here whatever its digits are.

    The run must hold a letter, begin where letters and digits do, and, where it begins a token,
    end it: the start of a path or an address may not be a digit.
    """
    value, text, start = match[0], match.string, match.start()
    before, after = text[max(start - 3, 0) : start], text[match.end() : match.end() + 1]
    pointer = before.endswith(b"0x") and not before[:-2].isalnum()
    if value.isdigit() or (before[-1:].isalnum() and not pointer):
        return value
    begins = not pointer and (not before or before[-1] not in _JOINS)
    if begins and after and after in _JOINS + b":":
        return value
    return value.translate(_LETTERS)


def _number_fold(match: re.Match[bytes]) -> bytes:
    value = match[0]
    dots = value.count(b".")
    if not dots:
        return value[:1] + _LENGTHS[len(value)]
    return value[:1] + b"0" + b".0" * dots + (b":0" if match[1] else b"")
