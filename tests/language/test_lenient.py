"""JSON as models write it when they slip."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.lenient import DEEPEST, LONGEST, decoded

texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
structures = st.lists(values, max_size=3) | st.dictionaries(texts, values, max_size=3)


@given(structures)
def test_json_is_read_as_json(value: object) -> None:
    assert decoded(json.dumps(value)) == value
    assert decoded(json.dumps(value, ensure_ascii=False, indent=2)) == value
    assert decoded(json.dumps(json.dumps(value))) == value


@given(structures)
def test_python_is_read_as_it_is_meant(value: object) -> None:
    """Where its text holds nothing but ASCII, so that both write the same escapes."""
    text = repr(value)
    if text.isascii() and "\\" not in text:
        assert decoded(text) == value


@given(st.dictionaries(texts, values, min_size=1, max_size=3))
def test_a_missing_brace_is_added_where_nothing_can_be_missing(value: dict[str, object]) -> None:
    text = json.dumps(value)[:-1]
    if text[-1].isdigit():
        with pytest.raises(ValueError, match="cut off"):
            decoded(text)
    else:
        assert decoded(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "x"]}', {"a": "x"}),
        ('{"a": "x"}}', {"a": "x"}),
        ('{"a": "x",}', {"a": "x"}),
        ('{"a": "x"}\\\n\n', {"a": "x"}),
        ('{"a": "x"} and so on', {"a": "x"}),
        ('{"a": 1}{"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('<|message|>{"a": 1}<|end|>', {"a": 1}),
        ("{a: 1, 'b': None}", {"a": 1, "b": None}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ("{'a': 'say \"it\\'s\"'}", {"a": 'say "it\'s"'}),
        ('{"a": [1, [2, "x"', {"a": [1, [2, "x"]]}),
        ('"[1]"', [1]),
    ],
)
def test_slips_are_read_as_they_are_meant(text: str, value: object) -> None:
    assert decoded(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        '"text"',
        "We should call it.",
        '{"a": "x',
        '{"a": 1',
        '{"a"}',
        '{"a": ...}',
        '{"a": b}',
        '{"a": "x" y"}',
        '{"a": "C:\\dir"}',
        '{"a": NaN}',
        '{"a": 1}{"a": 2}',
        '{"a": 1, "a": 2}',
        '{"a": 1} {"a": 1} {"a": 1}',
        '{"a": ',
        '{"a": "x", ',
        "{",
        "{'a': 'it's'}",
        "[" * (DEEPEST + 2) + "]" * (DEEPEST + 2),
        '{"a": "' + "x" * LONGEST + '"}',
    ],
)
def test_what_may_mean_several_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - every refusal is one
        decoded(text)


@given(st.text(st.sampled_from("{}[]\"',:\\ \nab1-.eTrue"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but a ValueError comes out, and what is read can be written and read again."""
    try:
        value = decoded(text)
    except ValueError:
        return
    assert isinstance(value, dict | list)
    assert decoded(json.dumps(value)) == value
