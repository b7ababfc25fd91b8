"""The table of masks: its form, so that it can be one definition for Python and SQL."""

import re
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.signature.masks import CHARACTERS, MASKS, SCHEME_VERSION, SHIELD, Action, Mask
from tests.signature.texts import fragments

rows = pytest.mark.parametrize("row", MASKS, ids=lambda row: row.name)


def compiled(row: Mask) -> re.Pattern[str]:
    return re.compile(row.pattern, re.IGNORECASE if row.ignore_case else re.NOFLAG)


def bounds(parsed: Any) -> list[tuple[int, int]]:
    found = []
    for operation, argument in parsed:
        if operation in {_constants.MAX_REPEAT, _constants.MIN_REPEAT}:
            found.append((argument[0], argument[1]))
        for part in argument if isinstance(argument, tuple | list) else ():
            if isinstance(part, _parser.SubPattern):
                found += bounds(part)
            elif isinstance(part, list):
                found += [b for p in part if isinstance(p, _parser.SubPattern) for b in bounds(p)]
    return found


def test_the_scheme_has_a_number_and_rows_an_order() -> None:
    assert SCHEME_VERSION == 1
    assert [row.order for row in MASKS] == sorted({row.order for row in MASKS})
    assert len({row.name for row in MASKS}) == len(MASKS)
    assert all(row.why for row in MASKS)


@rows
def test_every_quantifier_is_bounded_within_what_postgresql_takes(row: Mask) -> None:
    assert all(high <= 255 for _, high in bounds(_parser.parse(row.pattern)))


@rows
def test_the_pattern_is_in_the_language_both_engines_read(row: Mask) -> None:
    bare = re.sub(r"\[[^\]]*\]", "[]", row.pattern.replace("\\[", "").replace("\\]", ""))
    assert not re.search(r"[?*+}][?+]", bare), "lazy or possessive"
    assert not re.search(r"\\[dDwWsSbBAZ]|\(\?P|\(\?[aiLmsux]|\(\?>", bare)


def test_postgresql_keeps_all_patterns_compiled() -> None:
    """It caches 32 of them for a session; a row that keeps is compiled once more to split."""
    assert len(MASKS) + sum(row.action is Action.KEEP for row in MASKS) <= 32


@rows
def test_only_replacing_rows_have_a_placeholder(row: Mask) -> None:
    assert not (row.action is Action.KEEP and row.placeholder)
    assert "\\" not in row.placeholder


@rows
@given(data=st.data())
def test_a_row_that_needs_a_digit_changes_nothing_without_one(
    row: Mask, data: st.DataObject
) -> None:
    text = data.draw(st.text(st.characters(max_codepoint=127), max_size=60))
    text = "".join(c for c in text if not c.isdigit())
    if row.needs_digit and row.action is Action.REPLACE:
        assert not compiled(row).search(text)


@rows
@given(text=fragments)
def test_no_row_tells_one_digit_from_another(row: Mask, text: str) -> None:
    """Every match of a pattern matches again after each digit became another."""
    text = text.translate(CHARACTERS)
    shifted = text.translate({48 + d: 48 + (d * 7 + 3) % 10 for d in range(10)})
    places = [m.span() for m in compiled(row).finditer(text)]
    assert [m.span() for m in compiled(row).finditer(shifted)] == places


def test_digits_of_every_script_become_ascii_and_no_shield_comes_from_outside() -> None:
    for code, character in CHARACTERS.items():
        if character != " ":
            assert chr(code).isdecimal()
            assert int(chr(code)) == int(character)
    assert all(CHARACTERS[SHIELD + digit] == " " for digit in range(10))
