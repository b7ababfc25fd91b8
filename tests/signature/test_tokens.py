"""The one tokeniser."""

import pytest
from hypothesis import given

from failonce.signature.tokens import DELIMITERS, Placeholder, holds_placeholder, tokenise
from tests.signature.texts import anything


def words(template: str) -> list[str]:
    return [token for token, _ in tokenise(template)]


def test_delimiters_are_tokens_and_placeholders_are_not_cut() -> None:
    assert words("a=<int>, f(<path>)") == ["a", "=", "<int>", ",", "f", "(", "<path>", ")"]
    assert words("field_<int>.x <arg:user.id>!") == ["field_<int>.x", "<arg:user.id>!"]


def test_what_only_looks_like_a_placeholder_is_cut() -> None:
    assert words("<ok> <Error>") == ["<", "ok", ">", "<", "Error", ">"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("用户<int>不存在", ["用户", "<int>", "不存在"]),
        ("größe <int>", ["größe", "<int>"]),
        ("файл<int> нет", ["файл<int>", "нет"]),
    ],
)
def test_scripts_without_word_breaks_do_not_swallow_placeholders(
    text: str, expected: list[str]
) -> None:
    assert words(text) == expected


def test_a_token_knows_whether_white_space_stands_before_it() -> None:
    assert tokenise("a: b:c") == [
        ("a", False),
        (":", True),
        ("b", False),
        (":", True),
        ("c", True),
    ]


@given(anything)
def test_nothing_but_blanks_is_lost(text: str) -> None:
    assert "".join(words(text)) == text.replace(" ", "")


@given(anything)
def test_a_delimiter_stands_alone_or_inside_a_placeholder(text: str) -> None:
    for token in words(text):
        assert len(token) == 1 or holds_placeholder(token) or not set(DELIMITERS) & set(token)


def test_every_placeholder_is_known() -> None:
    assert all(holds_placeholder(p) and words(p) == [p] for p in Placeholder)
