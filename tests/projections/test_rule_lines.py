"""Rules as lines: what is written is read back, whatever the sentence says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import FailonceError
from failonce.kinds.rule import checked_sentence
from failonce.projections.rule_lines import Item, Said, said


@given(text=st.text(min_size=1, max_size=80), skill=st.sampled_from(["", "card", "get_item"]))
def test_a_line_is_read_back_as_it_was_written(text: str, skill: str) -> None:
    try:
        sentence = checked_sentence(text)
    except FailonceError:
        return
    line = Item(lesson="RU-0123ABCD", sentence=sentence, skill=skill).line
    assert line.count("\n") == 1
    told = said(line, led=bool(skill))
    assert told == Said(sentence=sentence, lesson="RU-0123ABCD", skill=skill)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("- By hand.", Said(sentence="By hand.", lesson="", skill="")),
        ("* By hand.  ", Said(sentence="By hand.", lesson="", skill="")),
        ("  + `card`: By hand.", Said(sentence="By hand.", lesson="", skill="card")),
        ("- Said. <!--RU-00000001-->", Said(sentence="Said.", lesson="RU-00000001", skill="")),
        ("- Said. <!-- mine -->", Said(sentence="Said. <!-- mine -->", lesson="", skill="")),
    ],
)
def test_lines_as_people_write_them(line: str, told: Said) -> None:
    assert said(line, led=True) == told


@pytest.mark.parametrize(
    ("sentence", "written"),
    [
        ("@secrets.env says so.", "&#64;secrets.env says so."),
        ("Read @~/.ssh/id_rsa first.", "Read &#64;~/.ssh/id_rsa first."),
        ("Ask (@team).", "Ask (&#64;team)."),
        ("Install `@scope/name` at once.", "Install `@scope/name` at once."),
        ("A lone ` before @x and `@y`.", "A lone ` before &#64;x and `&#64;y`."),
        ("Twice ``a @x`` here.", "Twice ``a &#64;x`` here."),
        ("Write to bob@example.org @ noon.", "Write to bob@example.org @ noon."),
    ],
)
def test_no_rule_makes_an_agent_read_a_file_in(sentence: str, written: str) -> None:
    line = Item(lesson="RU-00000001", sentence=sentence).line
    assert line == f"- {written} <!-- RU-00000001 -->\n"
    told = said(line, led=False)
    assert told is not None
    assert told.sentence == sentence


@pytest.mark.parametrize("line", ["prose", "# Heading", "- ", "-", "1. one", "--- ", "-x"])
def test_what_is_no_item_of_a_list_is_none(line: str) -> None:
    assert said(line, led=True) is None
