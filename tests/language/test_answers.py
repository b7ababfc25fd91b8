"""What answers and errors say: data where they are data, the sentence and the list of an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.expression import MAX_DATA, data, error_list, told
from failonce.language.plain import plain
from failonce.language.transform import NotApplicable
from failonce.model import Json
from tests.drawn import values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (" [1]\n", [1]),
        ('"quoted"', "quoted"),
        ("-3", -3),
        ("true", True),
        ("{'a': \"it's\", 'b': (1, None), 'c': False}", {"a": "it's", "b": [1, None], "c": False}),
        ("['\\x41\\n', -2.5e-07]", ["A\n", -2.5e-07]),
        ("True", "True"),
        ("'quoted'", "'quoted'"),
        ("(1, 2)", "(1, 2)"),
        ("plain words", "plain words"),
        ("007", "007"),
        ("", ""),
        ("  ", "  "),
        ("[1, 2", "[1, 2"),
        ('{"a": 1} {"b": 2}', '{"a": 1} {"b": 2}'),
    ],
)
def test_what_an_answer_says(text: str, expected: Json) -> None:
    assert repr(data(text)) == repr(expected)


HALF = MAX_DATA // 2


HOSTILE = {
    "brackets": "[" * MAX_DATA,
    "pairs": "[" * HALF + "]" * HALF,
    "deeper than Python goes": "[" * 900 + "]" * 900,
    "braces": "{" * MAX_DATA,
    "signs": "[" + "-" * (MAX_DATA - 3) + "1]",
    "sums": "[" + "1+" * (HALF - 2) + "1]",
    "powers": "[9" + "**9" * 9_000 + "]",
    "comparisons": "[" + "1<" * (HALF - 2) + "1]",
    "calls": "['a'('b')]",
    "a long way": "[a" + ".a" * (HALF - 2) + "]",
    "lambdas": "[" + "lambda:" * 9_000 + "1]",
    "formatted": "[f'" + "{a}" * 20_000 + "']",
    "a list as a key": "{[1]: 2}",
    "a list in a set": "{[]}",
    "a set": "{1, 2}",
    "bytes": "[b'x']",
    "an ellipsis": "[...]",
    "a complex number": "[1+2j]",
    "numbers as keys": "{1: 2}",
    "not a number": "[NaN]",
    "infinity": '{"a": -Infinity}',
    "more than a float": "[1e999]",
    "digits": "[" + "9" * 60_000 + "]",
    "digits that are read": "[" + "9" * 4_000 + "]",
    "hexadecimal": "[0x" + "f" * 60_000 + "]",
    "a null character": "['\0']",
    "half a character": "['\ud800']",
    "no escape": "['\\d']",
    "a name of a character": "['\\N{DIGIT ONE}']",
    "a number and a word": "[1or 2]",
    "too long": '["' + "a" * MAX_DATA + '"]',
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_that_is_no_plain_value_stays_a_text(name: str) -> None:
    assert data(HOSTILE[name]) is HOSTILE[name]


@given(values)
def test_what_a_program_prints_is_read_as_what_it_printed(value: Json) -> None:
    """As JSON, and, where it is a list or an object, as Python prints it too."""
    assert repr(data(json.dumps(value))) == repr(value) or isinstance(value, str)
    if isinstance(value, dict | list):
        assert repr(data(repr(value))) == repr(value)


@given(st.text(alphabet="[]{}(),:'\"\\ -+.0123456789eETrueFalsNon\n", max_size=40))
def test_any_text_is_data_or_itself(text: str) -> None:
    assert repr(plain(data(text))) == repr(data(text))


def test_the_sentence_inside_an_error() -> None:
    assert told('{"error": "no file"}') == "no file"
    assert told("{'code': 3, 'message': 'no file'}") == "no file"
    assert told('{"error": {"text": "no file"}}') == '{"error": {"text": "no file"}}'
    assert told("no file") == "no file"
    assert told('["error"]') == '["error"]'


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("missing: a, b", ["a", "b"]),
        ("Error: doors are open: front_left, 'rear_right'.", ["front_left", "rear_right"]),
        ('{"error": "missing: a"}', ["a"]),
    ],
)
def test_the_list_that_an_error_ends_in(message: str, expected: Json) -> None:
    assert error_list(message) == expected


@pytest.mark.parametrize("message", ["", "no colon", "x: ", "x: a,, b", "x: a sentence, b", "x:a"])
def test_an_error_that_ends_in_no_list(message: str) -> None:
    with pytest.raises(NotApplicable):
        error_list(message)
