"""Source text is read, and nothing of it is evaluated."""

import ast
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.annotations import Typed, taken, typed
from failonce.language.code import literal, tree, value

STRING, INTEGER = ("string",), ("integer",)


def said(annotation: str) -> Typed | None:
    return typed(ast.parse(annotation, mode="eval").body)


@pytest.mark.parametrize(
    ("annotation", "types", "choices"),
    [
        ("str", STRING, ()),
        ("typing.List[Path]", ("array",), ()),
        ("Dict[str, int]", ("object",), ()),
        ("int | None", ("integer", "null"), ()),
        ("Optional[int]", ("integer", "null"), ()),
        ("typing.Union[int, str, None]", ("integer", "string", "null"), ()),
        ("int | Any", (), ()),
        ("None", ("null",), ()),
        ('Literal["a", "b"]', STRING, ("a", "b")),
        ("Literal[1, 2]", INTEGER, (1, 2)),
        ("Literal[True]", ("boolean",), (True,)),
        ('Literal["a"] | None', ("string", "null"), ("a", None)),
        ('Optional[Literal["a", "b"]]', ("string", "null"), ("a", "b", None)),
        ('Literal["a"] | int', ("string", "integer"), ()),
        ("Annotated[Literal['a'], Field(description='x')]", STRING, ("a",)),
        ("'int | None'", ("integer", "null"), ()),
        ("\"Literal['a']\"", STRING, ("a",)),
    ],
)
def test_annotations_in_the_words_of_schemas(
    annotation: str, types: tuple[str, ...], choices: tuple[object, ...]
) -> None:
    assert said(annotation) == Typed(types=types, choices=choices)


@pytest.mark.parametrize(
    "annotation",
    ["Path", "int | Path", "Literal[Color.RED]", "Literal[b'x']", "'no type ('", "type[int]", "1",
     "f()", "|".join(["int"] * 900), "'" + "x" * 2000 + "'"],
)  # fmt: skip
def test_what_is_of_no_plain_type_says_nothing(annotation: str) -> None:
    assert said(annotation) is None


@given(st.text(alphabet="inta|[](),.'\" NoeLiral1", max_size=40))
def test_any_annotation_is_understood_or_not(text: str) -> None:
    """In JSON's own types, and without an error."""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return
    found = typed(node)
    known = {"string", "integer", "number", "boolean", "array", "object", "null"}
    assert found is None or set(found.types) <= known


def _kinds(number: int) -> st.SearchStrategy[list[bool]]:
    return st.lists(st.booleans(), max_size=number)


@given(_kinds(3), _kinds(3), _kinds(3), st.booleans(), st.booleans())
def test_parameters_are_those_that_python_sees(
    first: list[bool], second: list[bool], named: list[bool], rest: bool, more: bool
) -> None:
    """In Python's order, each with a default where it has one; `*args` and `**kwargs` have none."""
    placed = sorted([*first, *second])
    names = [f"p{n}{'=1' * d}" for n, d in enumerate(placed)]
    parts = [*names[: len(first)], *(["/"] if first else []), *names[len(first) :]]
    parts += ["*rest"] if rest else ["*"] if named else []
    parts += [f"k{n}{'=1' * d}" for n, d in enumerate(named)]
    parts += ["**more"] if more else []
    text = f"def f({', '.join(parts)}): pass"
    scope: dict[str, object] = {}
    exec(text, scope)  # noqa: S102 - of names and numbers that were made above
    seen = inspect.signature(scope["f"]).parameters.values()  # type: ignore[arg-type]
    wanted = [
        (p.name, p.default is p.empty)
        for p in seen
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    (function,) = tree(text).body
    assert isinstance(function, ast.FunctionDef)
    assert [(a.arg, d is None) for a, d in taken(function.args)] == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def", "line 1"),
        ("a = '\0'", "Python"),
        ("-" * 60_000 + "1", "no Python that can be read"),
        ("x" + ".a" * 60_000, "no Python that can be read"),
        (b"# coding: no-such-coding\n", "unknown encoding"),
        (b"\xff\xfe", "Python"),
    ],
)
def test_what_is_no_python_is_said(text: str | bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        tree(text)


@pytest.mark.parametrize("text", ["f()", "b'x'", "{1: 2}", "1e999", "{1, 2}"])
def test_what_json_does_not_hold_is_no_literal(text: str) -> None:
    with pytest.raises(ValueError, match="no literal"):
        value(ast.parse(text, mode="eval").body)
    assert literal(ast.parse(text, mode="eval").body) is None
