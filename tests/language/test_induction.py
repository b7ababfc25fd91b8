"""Programs learned from examples, and when nothing is learned."""

import pytest

from failonce.language import induction
from failonce.language.induction import Example
from failonce.language.transform import Op
from failonce.model import Args


def examples(*pairs: tuple[Args, Args]) -> list[Example]:
    return [Example(before=b, after=a, cluster=f"s{i}") for i, (b, a) in enumerate(pairs)]


def learned(*pairs: tuple[Args, Args]) -> str:
    return str(induction.learn(examples(*pairs)))


def test_a_renamed_argument_is_learned_from_two_sessions() -> None:
    assert learned(({"path": "a"}, {"file": "a"}), ({"path": "b"}, {"file": "b"})) == (
        "rename `path` to `file`"
    )


@pytest.mark.parametrize(
    ("op", "pairs"),
    [
        (Op.TO_INTEGER, [("10", 10), ("-3", -3)]),
        (Op.TO_NUMBER, [("1.5", 1.5), ("2.25", 2.25)]),
        (Op.TO_BOOLEAN, [("true", True), ("False", False)]),
        (Op.TO_STRING, [(7, "7"), (12, "12")]),
        (Op.PARSE_JSON, [('{"a": 1}', {"a": 1}), ("[2, 3]", [2, 3])]),
        (Op.TO_JSON, [({"a": 1}, '{"a": 1}'), ([2], "[2]")]),
        (Op.WRAP_LIST, [("a", ["a"]), ("b", ["b"])]),
        (Op.UNWRAP_LIST, [(["a"], "a"), (["b"], "b")]),
        (Op.SPLIT_COMMAS, [("a, b", ["a", "b"]), ("c,d,e", ["c", "d", "e"])]),
        (Op.JOIN_COMMAS, [(["a", "b"], "a,b"), (["c", "d"], "c,d")]),
        (Op.STRIP, [(" a", "a"), ("b \n", "b")]),
        (Op.UNQUOTE, [('"a b"', "a b"), ("'c'", "c")]),
        (Op.LOWER, [("EUR", "eur"), ("Usd", "usd")]),
        (Op.UPPER, [("eur", "EUR"), ("Usd", "USD")]),
        (Op.BASENAME, [("x/y/a.txt", "a.txt"), ("z/b", "b")]),
        (
            Op.DATE_PART,
            [("2026-03-05T10:00:00Z", "2026-03-05"), ("2025-01-02 11:00", "2025-01-02")],
        ),
        (Op.ISO_DATE, [("2026/3/5", "2026-03-05"), ("2025.12.31", "2025-12-31")]),
        (Op.STRIP_PREFIX, [("/w/a/b", "a/b"), ("/w/c/d/e", "c/d/e")]),
        (Op.ADD_PREFIX, [("a/b", "/w/a/b"), ("c", "/w/c")]),
        (Op.STRIP_SUFFIX, [("a.md", "a"), ("b.md", "b")]),
        (Op.ADD_SUFFIX, [("a", "a.md"), ("b", "b.md")]),
    ],
)
def test_every_operation_on_a_value_is_learned_and_applied(
    op: Op, pairs: list[tuple[object, object]]
) -> None:
    found = induction.learn(examples(*(({"x": b, "y": 1}, {"x": a, "y": 1}) for b, a in pairs)))  # type: ignore[misc, arg-type]
    assert found is not None
    assert [s.op for s in found.steps] == [op]
    for before, after in pairs:
        assert found.apply({"x": before}) == {"x": after}  # type: ignore[dict-item]


def test_another_ending_is_learned_whole() -> None:
    some = [
        Example(before={"p": f"{n}/a.yml"}, after={"p": f"{n}/a.yaml"}, cluster=n) for n in "xyz"
    ]
    found = induction.learn(some)
    assert found is not None
    assert found.apply({"p": "other.yml"}) == {"p": "other.yaml"}
    assert found.apply({"p": "other.toml"}) is None
    assert found.apply({"p": "xml"}) is None


def test_two_changes_at_once_make_two_steps() -> None:
    assert (
        learned(
            ({"path": "a", "limit": "1"}, {"file": "a", "limit": 1}),
            ({"path": "b", "limit": "2"}, {"file": "b", "limit": 2}),
        )
        == "to integer: `limit`, then rename `path` to `file`"
    )


def test_one_session_alone_teaches_nothing() -> None:
    alone = [Example(before={"p": n}, after={"f": n}, cluster="same") for n in "abcd"]
    assert induction.learn(alone) is None


def test_a_literal_seen_on_one_value_only_is_not_a_program() -> None:
    same = ({"p": "a"}, {"p": "/secret/a"})
    assert induction.learn(examples(same, same, same)) is None


def test_an_invented_value_is_never_learned() -> None:
    assert induction.learn(examples(*[({"a": 1}, {"a": 1, "force": True})] * 3)) is None
    assert induction.learn(examples(*[({"fuel": 50}, {"fuel": 0})] * 3)) is None


def test_it_abstains_where_two_programs_disagree_on_an_example() -> None:
    pairs = [({"a": "x", "b": "x"}, {"c": "x"})] * 2
    more = examples(*pairs, ({"a": "y", "b": "z"}, {"d": "z"}))
    assert induction.learn(more) is None
