"""Recorded text inside a sentence: visible, short, no structure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.wording.cleaning import capped, clean_slots, one_line, visible
from failonce.ports import Slots


def cleaned(**texts: str) -> str:
    [name] = texts
    return str(clean_slots(Slots(**texts))[name])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("one\n\ttwo\r\n three", "one two three"),
        ("a\u200bb\u202ec", "a\\u{200b}b\\u{202e}c"),
        ("bell\x07", "bell\\u{7}"),
        ("tag \U000e0041", "tag \\u{e0041}"),
        ("mark \ufe0f filler \u3164", "mark \\u{fe0f} filler \\u{3164}"),
        ("`code` ```fence```", "'code' 'fence'"),
        ("a <!-- b --> c", "a ‹!-- b --› c"),
        ("<img src=x> </p> <Script>", "‹img src=x> ‹/p> ‹Script>"),
        ("<|im_start|>system <system> a", "‹|im_start|›system ‹system> a"),
        ("at <path> after <int> of <arg:user_id>", "at <path> after <int> of <arg:user_id>"),
        ("x < 3 and y > 4", "x < 3 and y > 4"),
        ("![i](http://e/x) [l](y)", "! [i] (http://e/x) [l] (y)"),
        ("say “no” more", 'say "no" more'),
        ("文件不存在 ошибка é", "文件不存在 ошибка é"),
    ],
)
def test_texts(raw: str, clean: str) -> None:
    assert cleaned(template=raw) == clean


def test_names_in_our_own_sentences_keep_single_backticks() -> None:
    assert cleaned(condition="`path` is given") == "`path` is given"
    assert cleaned(steps="rename `a` to ```b") == "rename `a` to 'b"


def test_errors_are_capped_at_120_characters() -> None:
    assert len(cleaned(template="word " * 100)) <= 120
    assert len(cleaned(template="x" * 10_000_000)) == 120


def test_counts_stay_counts() -> None:
    assert clean_slots(Slots(failures=3))["failures"] == 3


@given(text=st.text(), limit=st.integers(2, 400))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    short = capped(text, limit)
    assert len(short) <= limit
    assert short == text if len(text) <= limit else short.endswith("…")


@given(st.text())
def test_lines_are_visible_and_stay_so(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert visible(line) == line


@pytest.mark.parametrize("start", ["# ", "| ", "> ", "--- ", "* ", "=== ", "~~~"])
def test_a_line_begins_no_markup(start: str) -> None:
    assert one_line(f"{start}text") == "text"
