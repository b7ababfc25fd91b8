"""Answers and logs are data that somebody else wrote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.sandbox.reading import Unreadable, printed, read_value, read_words, visible


@given(st.text())
def test_what_is_shown_can_be_seen(text: str) -> None:
    """No character that a terminal obeys or that shows nothing; twice is once."""
    shown = visible(text)
    assert visible(shown) == shown
    assert not any(ord(c) < 32 and c not in "\n\t" for c in shown)
    assert not {"\x7f", "\x9b", "\u202e", "\u200b", "\r"} & set(shown)
    shown.encode()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_stays(text: str) -> None:
    """As it was."""
    assert visible(text + "\n\té日本") == text + "\n\té日本"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"\xff",
        b'"\\ud800"',
        b'{"\\udc80": 1}',
        b"[" * 100_000,
        b"1" * 100_000,
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    """Broken, no JSON, half a character, too deep, a number that takes too long to read."""
    with pytest.raises(Unreadable):
        read_value(body)


def test_a_whole_pair_of_surrogates_is_a_character() -> None:
    """JSON in ASCII writes it so."""
    assert read_value(json.dumps({"ü": "😀"}).encode()) == {"ü": "😀"}


def test_words_are_cut_and_shown() -> None:
    """An error text is for people."""
    assert read_words(json.dumps("\x1b" + "x" * 10_000).encode()).startswith("\\x1bxxx")
    assert len(read_words(json.dumps("x" * 10_000).encode())) < 5000
    assert read_words(b"[1]") == ""


def test_a_log_says_what_was_left_out() -> None:
    """And survives bytes that are no text."""
    assert printed(b"\xff\x1b[2J", 6) == "\\xff\\x1b[2J\n[1 more bytes were printed]"
    assert printed(b"all", 3) == "all"
