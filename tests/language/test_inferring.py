"""What recorded calls tell of a tool without a schema."""

from failonce.language.inferring import LEAST, infer
from failonce.model import Args, Call, Parameter


def spec(*given: Args | None) -> tuple[Parameter, ...]:
    return infer(Call(tool="get", args=args) for args in given).parameters


def test_names_and_types_are_those_seen() -> None:
    found = infer(
        [
            Call(tool="get", args={"a": 1, "b": "x"}),
            Call(tool="get", args=None, raw="{"),
            Call(tool="get", args={"a": 1.5}),
            Call(tool="get", args={"a": [], "b": None}),
        ]
    )
    assert (found.name, found.digest, found.closed) == ("get", "", False)
    assert found.parameters == (
        Parameter(name="a", types=("integer", "number", "array"), usual=True),
        Parameter(name="b", types=("string", "null")),
    )


def test_nothing_is_ever_required_and_little_is_not_usual() -> None:
    assert not any(p.required for p in spec(*[{"a": 1}] * 50))
    assert [p.usual for p in spec(*[{"a": 1}] * LEAST)] == [True]
    assert [p.usual for p in spec(*[{"a": 1}] * (LEAST - 1))] == [False]


def test_no_calls_tell_nothing() -> None:
    assert infer([]).parameters == ()
    assert spec(None) == ()
