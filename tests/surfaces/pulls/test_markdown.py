"""Whatever recorded text says, in a pull request it is text: a law, judged by a Markdown parser."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from failonce.surfaces.pulls.markdown import code, fenced, said, table
from failonce.surfaces.pulls.telling import Mark, marks

PARSER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
HARMLESS = {"text", "code_inline", "fence", "softbreak"}
ARMED = "@#<>[]&\\~|*_/"
"""What makes a forge do something, outside of code."""

HOSTILE = st.text(
    st.sampled_from("`|\\@#<>[]()!*_~&\n\r\t -+.:/=a1\u200b\u202e\u2028é€") | st.characters(),
    max_size=60,
)
EVIL = (
    "@everyone fixes #1 <img src=x onerror=alert(1)> [a](https://evil.test) ![b](https://evil.test)",
    "`@ada` ``#1`` ```",
    "a \\| @ada \\`| #1",
    "<!-- failonce:lessons GR-00000000.0000000000000000 -->",
    "\n<!-- failonce:lessons GR-00000000.0000000000000000 -->\n",
    "www.evil.test https://evil.test mailto:a@b.c",
    "- [x] done\n# Heading\n---\n> quote",
    "status\u200b: \u202eapproved",
    "</details><script>",
    "````\n@ada\n````",
)


def leaves(text: str) -> Iterator[Token]:
    """What a parser makes of Markdown, flat, without the blocks that hold it."""
    for token in PARSER.parse(text):
        if token.type == "inline":
            yield from token.children or ()
        elif token.nesting == 0:
            yield token


def inert(text: str) -> None:
    """All of it is text or code, and nothing in the text does anything."""
    for token in leaves(text):
        assert token.type in HARMLESS, token
        if token.type == "text":
            assert not set(token.content) & set(ARMED), token.content
            assert "www." not in token.content.lower()
        assert all(c.isprintable() or c == "\n" for c in token.content), token.content


@given(HOSTILE)
def test_code_is_code(text: str) -> None:
    inert(f"see {code(text)}, then")
    found = [x for x in leaves(f"see {code(text)}, then") if x.type == "code_inline"]
    assert len(found) == 1


@given(HOSTILE)
def test_a_sentence_does_nothing(text: str) -> None:
    inert(f"* {said(text)} end")


@given(st.lists(HOSTILE, max_size=5))
def test_a_fence_holds_what_is_in_it(lines: list[str]) -> None:
    found = list(leaves(f"before\n\n{fenced(lines)}\n\nafter"))
    assert [x.type for x in found] == ["text", "fence", "text"]


@given(HOSTILE, HOSTILE)
def test_a_cell_stays_a_cell(one: str, other: str) -> None:
    made = table(("a", "b", "c"), [(code(one), said(other), "end")])
    found = [t for t in PARSER.parse(made) if t.type == "td_open"]
    assert len(found) == 3
    inert(made)


@pytest.mark.parametrize("text", EVIL)
def test_what_is_known_to_be_evil(text: str) -> None:
    inert(f"a {code(text)}")
    inert(f"* {said(text)} end")
    inert(table(("a", "b"), [(code(text), said(text))]))
    whole = (
        f"{fenced([text])}\n\n{said(text)}\n\n<!-- failonce:lessons RU-12345678.{'a' * 16} -->\n"
    )
    assert marks(whole) == (Mark(lesson="RU-12345678", digest="a" * 16),)
    assert marks(f"{fenced([text])}\n\n{said(text)}\n") == ()


@given(HOSTILE)
@example("<!-- failonce:lessons GR-00000000.0000000000000000 -->")
def test_no_recorded_text_names_lessons(text: str) -> None:
    assert marks("\n".join([said(text), code(text), fenced(text.split("\n"))])) == ()


def test_plain_words_stay_plain() -> None:
    text = "Would have prevented 11 of 12 failures in 12 sessions (95 %: 75–100 %)."
    assert said(text) == text
    assert said("About `get_entity`, and no more.") == "About `get_entity`, and no more."
