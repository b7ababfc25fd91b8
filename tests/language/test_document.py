"""Bodies as YAML: everything written reads back, and what surprises is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.language import document
from failonce.model import Json
from tests.drawn import values

keys = st.text(max_size=12) | st.sampled_from(["on", "y", "yes", "No", "1", "null", "<<", "~", ""])


@settings(deadline=None)
@given(st.dictionaries(keys, values, max_size=4))
def test_any_json_reads_back_to_the_same_value_and_bytes(value: dict[str, Json]) -> None:
    written = document.dump(value)
    again = document.load(written)
    assert repr(again) == repr(value)
    assert document.dump(again) == written


@pytest.mark.parametrize("word", ["on", "y", "yes", "No", "1", "null", "~", "2020-01-01", "x: y"])
def test_a_name_that_could_be_read_as_something_else_is_quoted(word: str) -> None:
    assert document.dump({word: 1}) == f'"{word}": 1\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 2020-01-01", "a date is neither"),
        ("a: 2020-01-01T00:00:00Z", "neither text nor number"),
        ("1: 2", "every key must be a text"),
        ("null: 2", "every key must be a text"),
        ("true: 2", "every key must be a text"),
        ("2020-01-01: 2", "every key must be a text"),
        ("? [a]\n: b", "every key must be a text"),
        ("a: .nan", "beyond all measure"),
        ("a: -.inf", "beyond all measure"),
        ("a: 1e400", "beyond all measure"),
        ("a: 0x" + "f" * 5_000, "beyond all measure"),
        ("a: " + "9" * 5_000, "Exceeds the limit"),
        ("a: " + "[" * 12 + "]" * 12, "nested deeper than 12"),
        ("a: " + "[" * 5_000, "nested deeper than 12"),
        ("a: " + "{a: " * 3_000, "nested deeper than 12"),
        ("a: &x 1\nb: *x", "anchors and tags"),
        ("a: !!set {x}", "anchors and tags"),
        ("a: !!python/object:os.system 1", "anchors and tags"),
        ("a: 1\n---\nb: 2", "several documents"),
        ("a: 1\na: 2", "duplicate key"),
        ("- a", "must be a mapping"),
        ("", "must be a mapping"),
        ("a: " + "x" * document.MAX_BYTES, "longer than"),
        ("a: \x00", "special characters"),
        ("a: \udcff", "special characters"),
    ],
)
def test_what_surprises_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        document.load(text)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), values, min_size=1, max_size=4))
def test_json_is_read_as_the_same_body_in_yaml(value: dict[str, Json]) -> None:
    """A body may be kept in either form; the one of them is read much faster."""
    try:
        expected = document.load(document.dump(value))
    except BadInput:
        return
    assert document.load(json.dumps(value)) == expected


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', '{"a": &x 1}', '{"a": ' + "[" * 20 + "]" * 20 + "}", "{"],
)
def test_json_is_as_strict_as_yaml(text: str) -> None:
    """Names that stand twice, anchors, depth, halves."""
    with pytest.raises(BadInput):
        document.load(text)
