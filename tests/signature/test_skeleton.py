"""What of a template varies by itself."""

import pytest
from hypothesis import given

from failonce.signature.masking import mask
from failonce.signature.skeleton import POSITIONS, Kind, kind, names_failure, skeleton
from tests.signature.texts import anything


def of(text: str) -> str:
    return " ".join(skeleton(mask(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("block blk_-17 lost", "block <*> lost"),
        ("status 404 for /a", "status <*> for <*>"),
        ("link eth0 is up", "link eth<int> is up"),
        ("proxy.example.org:8080 closed", "<*> closed"),
        ("proxy.example.org: 8080 closed", "proxy.example.org : <*> closed"),
        ("[1, a1, /x] and {2: b2}", "[ <*> ] and { <*> : <*> }"),
        ("f() and f(7)", "f ( <*> ) and f ( <*> )"),
        ("n1 0x1 <ok> n2 0x2 <ok> n3 0x3 <ok>", "<*> < ok >"),
        ("10.0.0.1,10.0.0.2 asked", "<*> asked"),
        ("a a a", "a a a"),
        ("lib.ParseError:12 raised", "lib.ParseError : <*> raised"),
    ],
)
def test_what_varies_by_itself_is_folded(text: str, expected: str) -> None:
    assert of(text) == expected


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("<*>", Kind.VARIABLE),
        ("(", Kind.DELIMITER),
        ("org.example.Thing", Kind.QUALIFIED),
        ("app.x/.Main", Kind.QUALIFIED),
        ("org.example.action.SCREEN_ON", Kind.WORD),
        ("ACTION_UP", Kind.WORD),
        ("running.", Kind.WORD),
        ("camelCase", Kind.WORD),
        ("root_domain", Kind.IDENTIFIER),
        ("eth<int>", Kind.IDENTIFIER),
        ("größe", Kind.WORD),
        ("用户", Kind.WORD),
    ],
)
def test_tokens_are_told_by_their_looks(token: str, expected: Kind) -> None:
    assert kind(token) is expected


@pytest.mark.parametrize(
    "word", ["KeyError", "errors", "IOException.", "segfault", "WARNING:"[:-1]]
)
def test_words_that_name_a_failure(word: str) -> None:
    assert names_failure(word)


@pytest.mark.parametrize("word", ["default", "errored", "faulty", "exceptional", "OK"])
def test_words_that_do_not(word: str) -> None:
    assert not names_failure(word)


@given(anything)
def test_a_skeleton_is_bounded_and_made_for_any_text(text: str) -> None:
    assert len(skeleton(mask(text * 200))) <= POSITIONS + 1


def test_words_beyond_the_last_position_count_together() -> None:
    words = [f"w{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(POSITIONS + 3)]
    found = skeleton(" ".join(words))
    assert found[-1] == " ".join(words[POSITIONS:])
