"""A call's own argument values in its error text."""

from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st

from failonce.signature.naming import name_failure
from failonce.signature.values import Masked, mask_values


def test_the_value_names_the_argument_to_blame() -> None:
    masked = mask_values("cd: 'tmp': No such file or directory", {"folder": "tmp", "x": "file"})
    assert masked.text == "cd: '<arg:folder>': No such file or directory"
    assert masked.names == ("folder",)


def test_the_longer_value_goes_first_and_words_are_left_whole() -> None:
    masked = mask_values("no /a/b/c in /a/b", {"root": "/a/b", "path": "/a/b/c"})
    assert masked.text == "no <arg:path> in <arg:root>"
    assert mask_values("cannot catalogue", {"x": "cat"}).text == "cannot catalogue"


def test_texts_inside_an_argument_count_for_it() -> None:
    masked = mask_values("Entity Theatre not found", {"entities": [{"name": "Theatre"}]})
    assert masked.text == "Entity <arg:entities> not found"


def test_calls_that_differ_in_values_alone_have_one_name() -> None:
    def name(folder: str) -> str:
        text = f"cd: '{folder}': No such file or directory"
        return name_failure(tool="cd", error_type="", text=text, args={"folder": folder}).id

    assert name("tmp") == name("src/Lectures") == name("данные")
    bare = "cd: 'tmp': No such file or directory"
    assert name_failure(tool="cd", error_type="", text=bare, args=None).id != name("tmp")


@given(st.text(max_size=80), st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=4))
def test_the_order_of_arguments_does_not_matter(text: str, args: dict[str, str]) -> None:
    reversed_args = dict(reversed(args.items()))
    assert mask_values(text, args) == mask_values(text, reversed_args)


def test_a_hostile_text_costs_little() -> None:
    text = "aaa" * 3000
    start = perf_counter()
    mask_values(text, {str(n): "aaa" + "b" * n for n in range(60)} | {"x": "aaa"})
    assert perf_counter() - start < 0.5


@given(
    st.text("ab5 '\"/", max_size=30),
    st.dictionaries(
        st.text("ab", min_size=1), st.text("ab5/", max_size=6) | st.lists(st.text("ab5"))
    ),
)
def test_a_text_that_holds_no_value_is_left_as_it_is(text, args):
    masked = mask_values(text, args)
    values = [v for given in args.values() for v in (given if isinstance(given, list) else [given])]
    if not any(value in text for value in values if len(value) >= 3):
        assert masked == Masked(text=text)
