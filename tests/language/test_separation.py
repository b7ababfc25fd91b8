"""The simplest predicate that separates failing calls from working ones."""

from collections.abc import Collection, Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from failonce.language.asking import MISSING, json_type, lookup
from failonce.language.forms import MOST, Forms, form
from failonce.language.predicate import (
    Condition,
    Predicate,
    Shape,
    Test,
    has,
    paths,
)
from failonce.language.separation import Separation, separate
from failonce.model import Args
from tests.language.test_matching import arguments
from tests.made import evidence


def separated(
    failing: Sequence[Args], working: Sequence[Args], *, blamed: Collection[str] = ()
) -> Separation | None:
    return separate([form(a) for a in failing], [form(a) for a in working], blamed=blamed)


def says(failing: list[Args], working: list[Args]) -> str:
    return str(found.predicate) if (found := separated(failing, working)) else ""


def test_an_argument_that_only_failing_calls_have() -> None:
    assert says([{"path": "a"}] * 3, [{"file": "a"}] * 5) == "`path` is given"


def test_an_argument_that_only_failing_calls_lack() -> None:
    assert says([{"q": "a"}] * 3, [{"q": "a", "limit": 1}] * 5) == "`limit` is not given"


def test_a_type() -> None:
    assert says([{"n": "1"}, {"n": "2"}], [{"n": 1}, {"n": 7}]) == "`n` is of type string"


def test_a_shape() -> None:
    failing: list[Args] = [{"p": "/etc/x"}, {"p": "/y"}]
    assert says(failing, [{"p": "x"}, {"p": "y/z"}]) == "`p` looks like absolute path"


def test_two_conditions_where_one_does_not_do() -> None:
    failing: list[Args] = [{"p": "/a", "mode": "w"}, {"p": "/b", "mode": "w"}]
    working: list[Args] = [{"p": "/a"}, {"p": "a", "mode": "w"}]
    assert separated(failing, working) is not None
    assert len(separated(failing, working).predicate.conditions) == 2  # type: ignore[union-attr]


def test_two_arguments_that_say_the_same() -> None:
    failing: list[Args] = [{"old": "x1", "new": "x1", "all": True}, {"old": "yy", "new": "yy"}]
    working: list[Args] = [{"old": "x1", "new": "x2", "all": True}, {"old": "zz", "new": "x1"}]
    assert says(failing, working) == "`new` is the same as `old`"


def test_numbers_that_are_alike_by_chance_are_no_reason() -> None:
    assert says([{"a": 1, "b": 1}] * 3, [{"a": 2, "b": 1}] * 3) == ""


def test_among_equals_the_argument_to_blame_is_named() -> None:
    failing: list[Args] = [{"a": 1, "b": 2}] * 3
    found = separated(failing, [{"c": 3}], blamed={"b"})
    assert found is not None
    assert str(found.predicate) == "`b` is given"


def test_nothing_is_said_where_values_alone_differ_or_there_is_no_contrast() -> None:
    assert says([{"p": "abc"}], [{"p": "xyz"}]) == ""
    assert says([{"p": "abc"}], []) == ""
    assert says([], [{"p": "abc"}]) == ""


json_args = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "/x", "1", "a b", "[1]"]),
    max_size=3,
)


@given(st.lists(json_args, min_size=1, max_size=6), st.lists(json_args, min_size=1, max_size=6))
def test_what_is_found_is_never_true_of_a_working_call(
    failing: list[Args], working: list[Args]
) -> None:
    found = separated(failing, working)
    if found is not None:
        assert not any(found.predicate.holds(a) for a in working)
        assert sum(found.predicate.holds(a) for a in failing) >= 0.9 * len(failing)


@given(st.lists(json_args, min_size=1, max_size=5), st.lists(json_args, min_size=1, max_size=5))
def test_the_order_of_calls_does_not_matter(failing: list[Args], working: list[Args]) -> None:
    assert says(failing, working) == says(failing[::-1], working[::-1])


# ------------------------------------------------ forms, and calls one by one


def one_by_one(failing: Sequence[Args], working: Sequence[Args]) -> tuple[str, int] | None:
    """The same search as plainly as it can be written: each condition asked of each call."""
    if not failing or not working:
        return None
    best: tuple[str, int] | None = None
    tried = [Predicate(conditions=(c,)) for c in _conditions(failing, working)]
    tried = [p for p in tried if sum(map(p.holds, failing)) >= 0.9 * len(failing)]
    single = len(tried)
    for one, other in combinations(tried, 2):
        (a,), (b,) = one.conditions, other.conditions
        if (a.path, a.test) != (b.path, b.test):
            tried.append(Predicate(conditions=(a, b)))
    for n, predicate in enumerate(tried):
        if n == single and best is not None:
            break
        hits = sum(map(predicate.holds, failing))
        enough = hits >= 0.9 * len(failing) and (best is None or hits > best[1])
        if enough and not any(map(predicate.holds, working)):
            best = str(predicate), hits
    return best


ORDER = (Test.PRESENT, Test.ABSENT, Test.SAME_AS, Test.TYPE, Test.SHAPE, Test.NOT_SHAPE)


def _conditions(failing: Sequence[Args], working: Sequence[Args]) -> list[Condition]:
    seen = {path for a in failing for path in paths(a)}
    usual = {path for a in working for path in paths(a)}
    found = [Condition(path=path, test=Test.ABSENT) for path in usual - seen]
    for path in seen:
        values = [v for a in failing if (v := lookup(a, path)) is not MISSING]
        texts = [v for v in values if isinstance(v, str)]
        types = {json_type(v) for v in values}
        found.append(Condition(path=path, test=Test.PRESENT))
        found += [Condition(path=path, test=Test.TYPE, operand=t) for t in types]
        for shape in Shape if texts else ():
            so = {has(shape)(t) for t in texts}
            if len(so) == 1:
                test = Test.SHAPE if so == {True} else Test.NOT_SHAPE
                found.append(Condition(path=path, test=test, operand=shape))
    for one, other in combinations(sorted({path[0] for path in seen}), 2):
        both = ((a.get(one), a.get(other)) for a in failing)
        if any(isinstance(v, str) and len(v) > 1 and v == w for v, w in both):
            found.append(Condition(path=(one,), test=Test.SAME_AS, operand=other))
    return sorted(found, key=lambda c: (ORDER.index(c.test), len(c.path), c.path, c.operand))


@given(st.lists(arguments, max_size=6), st.lists(arguments, max_size=6))
def test_forms_tell_all_that_the_calls_do(failing: list[Args], working: list[Args]) -> None:
    found = separated(failing, working)
    told = None if found is None else (str(found.predicate), found.hits)
    assert told == one_by_one(failing, working)


@given(st.lists(arguments, min_size=1, max_size=4), st.lists(arguments, min_size=1, max_size=4))
def test_how_often_calls_worked_does_not_matter(failing: list[Args], working: list[Args]) -> None:
    once = separated(failing, working)
    assert separated(failing, working * 3) == once
    often = separated(failing * 2, working)
    assert (often and often.predicate) == (once and once.predicate)


def test_too_many_arguments_are_not_compared() -> None:
    """Pairs grow with their square."""
    many: Args = {f"a{n}": "same" for n in range(MOST + 1)}
    assert form(many).alike is None
    found = separated([many] * 3, [{name: name for name in many}])
    assert found is None or "same as" not in str(found.predicate)
    few = separated([{"a": "same", "b": "same"}] * 3, [{"a": "x", "b": "yy"}])
    assert few is not None
    assert str(few.predicate) == "`a` is the same as `b`"


def test_the_form_of_a_recorded_call_is_worked_out_once() -> None:
    forms = Forms()
    one, two = (evidence("t", {"path": p}, n=n) for n, p in enumerate(("/a", "/b")))
    assert forms.of(one) is forms.of(one) is forms.of(two)
    assert forms.of(one) == form({"path": "/c"})
    assert forms.of(evidence("t", {"path": 1}, n=2)) == form({"path": 2})
