"""What an error suggests instead, taken only where it is nearly what was given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language import expression
from failonce.language.expression import Read, Scope, Source, evaluate
from failonce.language.suggestion import suggested
from failonce.language.transform import NotApplicable


@pytest.mark.parametrize(
    ("value", "message", "meant"),
    [
        ("/w/conf.yml", "No such file. Did you mean conf.yaml?", "/w/conf.yaml"),
        ("conf.yml", "<error>did you mean 'conf.yaml'?</error>", "conf.yaml"),
        ("/w/conf.yml", "perhaps you meant: /w/conf.yaml", "/w/conf.yaml"),
        ("recieve", 'unknown option "recieve"; did you mean "receive"?', "receive"),
        ("Readme.md", "closest match is README.md.", "README.md"),
    ],
)
def test_the_name_that_the_error_suggests_is_put_in_its_place(
    value: str, message: str, meant: str
) -> None:
    assert suggested(value, message) == meant


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("/w/conf.yml", "No such file."),
        ("/w/conf.yml", "did you mean secrets.env?"),
        ("/w/conf.yml", "did you mean /etc/conf.yaml?"),
        ("/w/conf.yml", "did you mean ../conf.yaml?"),
        ("/w/conf.yml", "did you mean conf.yaml, conf.toml?"),
        ("/w/conf.yml", "did you mean conf.yaml or conf.toml?"),
        ("/w/conf.yml", "did you mean conf.yaml? Did you mean conf.yam?"),
        ("/w/conf.yml", "did you mean conf.yml?"),
        ("rm", "did you mean mv?"),
        ("", "did you mean x?"),
    ],
)
def test_anything_else_is_left_alone(value: str, message: str) -> None:
    with pytest.raises(NotApplicable):
        suggested(value, message)


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_suggestion_never_leads_elsewhere(value: str, before: str, after: str) -> None:
    """Whatever an error says, the place stays and the name is as long but for a few letters."""
    try:
        meant = suggested(value, f"{before} did you mean {after}?")
    except NotApplicable:
        return
    assert meant.rpartition("/")[0] == value.rpartition("/")[0]
    assert abs(len(meant) - len(value)) <= max(1, len(value) // 4)
    assert "\n" not in meant.rpartition("/")[2]


def test_it_is_a_function_of_expressions_that_reads_the_error() -> None:
    read = Read(source=Source.ARGUMENT, name="path", then=("suggested",))
    assert expression.load(expression.dump(read)) == read
    scope = Scope(args={"path": "a/conf.yml"}, error="did you mean conf.yaml?")
    assert evaluate(read, scope) == "a/conf.yaml"
    assert str(read) == "`path` with the name that the error suggests"
    with pytest.raises(NotApplicable):
        evaluate(read, Scope(args={"path": 3}, error=scope.error))
