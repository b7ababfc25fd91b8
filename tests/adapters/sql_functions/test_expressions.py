"""Patterns as PostgreSQL reads them."""

import re
import sys

import pytest
from hypothesis import given

from failonce.adapters.sql_functions.expressions import CASELESS, advanced, literal
from failonce.signature.masks import CHARACTERS, MASKS
from tests.signature.texts import fragments


def test_the_letters_that_are_alike_are_all_that_there_are() -> None:
    letter = re.compile("[A-Za-z]", re.IGNORECASE)
    found = {chr(c) for c in range(sys.maxunicode + 1) if letter.fullmatch(chr(c))}
    assert found == set(CASELESS)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("ab[c-e]{2}", "[aA][bB][C-Ec-e]{2}"),
        (r"\x1b\[x", r"\u001b\[[xX]"),
        ("(?:s|1)", "(?:[sS\u017f]|1)"),
    ],
)
def test_case_is_spelled_out(pattern: str, told: str) -> None:
    found = advanced(pattern, ignore_case=True)
    assert found.isascii()
    plain = re.compile(found.replace("\\u017f", "\u017f"))
    expected = re.compile(told)
    for text in ("abCD", "ABee", "\x1b[X", "\x1b[x", "s", "S", "\u017f", "1", "b"):
        assert bool(plain.fullmatch(text)) == bool(expected.fullmatch(text)), text


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"[a-z]+://[a-z]+", "://"),
        (r"a?bc{2}de", "de"),
        (r"a|b", ""),
        (r"(?:ab)?@(?=x)", "@"),
        (r"\x1b\[[0-9]{0,3}m", "\x1b["),
        (r"x\.\d", "x."),
    ],
)
def test_the_text_that_stands_in_every_match(pattern: str, told: str) -> None:
    assert literal(pattern) == told


@pytest.mark.parametrize("row", MASKS, ids=lambda row: row.name)
@given(text=fragments)
def test_no_row_matches_without_its_text(row, text):
    flags = re.IGNORECASE if row.ignore_case else re.NOFLAG
    for match in re.finditer(row.pattern, text.translate(CHARACTERS), flags):
        assert row.ignore_case or literal(row.pattern) in match[0]
