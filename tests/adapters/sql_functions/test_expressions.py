"""Patterns as PostgreSQL reads them."""

import re
import sys

import pytest
from hypothesis import given

from failonce.adapters.sql_functions.expressions import CASELESS, advanced, core, needed
from failonce.signature.masks import CHARACTERS, INPUT_LIMIT, LONGEST_RUN, MASKS, Action
from failonce.signature.tokens import TOKEN_CHARS
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
        (r"[a-z]+://[a-z]+", ":/"),
        (r"a?bc{2}de*", "bcd"),
        (r"a|b", ""),
        (r"xa|b(?:x|ax)", "x"),
        (r"(?:ab)?@(?=x)(?<!y)", "@"),
        (r"(?:a|b){0,3}(?:cd|d){1,2}", "d"),
        (r"\x1b\[[0-9;]{0,3}", "\x1b["),
        (r"x\.\d", "x."),
    ],
)
def test_the_characters_that_stand_in_every_match(pattern: str, told: str) -> None:
    assert needed(pattern) == set(told)


def test_a_letter_in_any_case_is_no_such_character() -> None:
    assert needed("ab:", ignore_case=True) == {":"}


@pytest.mark.parametrize("row", MASKS, ids=lambda row: row.name)
@given(text=fragments)
def test_no_row_matches_without_its_characters(row, text):
    flags = re.IGNORECASE if row.ignore_case else re.NOFLAG
    for match in re.finditer(row.pattern, text.translate(CHARACTERS), flags):
        assert needed(row.pattern, ignore_case=row.ignore_case) <= set(match[0])
        assert re.search(core(row.pattern), match[0], flags)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"(?<!a)b(?=[c)])", "b"),
        (r"(?:(?<=a)|(?<!b))(?:x[._]){0,3}c{1,64}", "c{1,}"),
        (r"b(?:(?!\))x){0,3}c{0,9}", "b(?:x){0,3}c{0,9}"),
    ],
)
def test_the_core_of_a_pattern(pattern: str, told: str) -> None:
    assert core(pattern) == told


@given(fragments)
def test_behind_the_row_that_cuts_no_bound_of_its_length_is_met(text: str) -> None:
    """So that `{1,240}` may be written `{1,}`, where PostgreSQL need not count."""
    longest = re.compile(rf"[{TOKEN_CHARS}:=]{{{LONGEST_RUN + 1}}}")
    text = (text * 300)[:INPUT_LIMIT].translate(CHARACTERS)
    begun = False
    for row in MASKS:
        text = re.sub(
            row.pattern,
            row.placeholder or (r"\g<0>" if row.action is Action.KEEP else ""),
            text,
            flags=re.IGNORECASE if row.ignore_case else re.NOFLAG,
        )
        begun = begun or row.name == "long"
        assert not begun or not longest.search(text)
