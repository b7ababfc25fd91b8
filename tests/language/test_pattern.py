"""Patterns made from templates find their own texts, whatever characters these hold."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.language import pattern
from failonce.language.visibility import hidden


@given(st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=200))
def test_the_pattern_of_a_text_is_one_that_finds_it_and_hides_nothing(text: str) -> None:
    """RE2 refuses a backslash before what is not ASCII: “quoted”, a dash, a hidden mark."""
    made = pattern.from_template(text)
    pattern.check(made)
    assert pattern.matches(made, text) is bool(made)
    assert not hidden(made)
