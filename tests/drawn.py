"""Hypothesis strategies for what lessons are written in: values, expressions, programs."""

from functools import cache

from hypothesis import strategies as st

from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import (
    FUNCTIONS,
    Combine,
    Combined,
    Expression,
    Function,
    Read,
    Source,
)
from failonce.language.predicate import Condition, Predicate, Shape, Test
from failonce.language.program import Program, Step
from failonce.model import Json

scalars: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
)
values: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)
"""JSON, a few levels deep."""

shallow: st.SearchStrategy[Json] = st.one_of(
    scalars, st.lists(scalars, max_size=3), st.dictionaries(st.text(max_size=6), scalars)
)
"""JSON that a body has room for wherever an expression may stand."""

functions = sorted({*FUNCTIONS, *map(str, Function)})
words = st.text(min_size=1, max_size=10)
LOOKS = ("here", "on", "two words: größe")
names = st.sampled_from(["path", "on", "y", "a b", "größe", '"', "x: y", "1"]) | words
tools = st.sampled_from(["look", "cd", "touch", "press pedal"]) | words


@cache
def reads(looks: tuple[str, ...] = (), *, item: bool = False) -> st.SearchStrategy[Read]:
    """Reads of anything that can be seen, of the looks given, of an item where there is one."""
    then = st.lists(st.sampled_from(functions), max_size=3).map(tuple)
    kinds = [
        st.builds(Read, source=st.just(Source.VALUE), value=shallow, then=then),
        st.builds(Read, source=st.just(Source.ARGUMENT), name=names, then=then),
        st.builds(Read, source=st.just(Source.BLAMED), then=then),
        st.builds(Read, source=st.just(Source.ERROR_LIST), then=then),
    ]
    if looks:
        path = st.lists(words, max_size=3).map(tuple)
        look = st.sampled_from(list(looks))
        kinds.append(
            st.builds(Read, source=st.just(Source.RESULT), name=look, path=path, then=then)
        )
    if item:
        kinds.append(st.builds(Read, source=st.just(Source.ITEM), then=then))
    return st.one_of(kinds)


@cache
def expressions(
    looks: tuple[str, ...] = (), *, item: bool = False
) -> st.SearchStrategy[Expression]:
    """Reads, and two of them combined."""
    read = reads(looks, item=item)
    return read | st.builds(Combined, how=st.sampled_from(Combine), left=read, right=read)


@cache
def comparisons(looks: tuple[str, ...] = ()) -> st.SearchStrategy[Comparison]:
    """Comparisons that a body can hold."""
    one, alone = expressions(looks), (Relation.EMPTY, Relation.NOT_EMPTY)
    two = st.sampled_from([r for r in Relation if r not in alone])
    return st.one_of(
        st.builds(Comparison, left=one, relation=st.sampled_from(alone)),
        st.builds(Comparison, left=one, relation=two, right=one),
    )


@st.composite
def programs(draw: st.DrawFn, *, acts: bool = True) -> Program:
    """Programs that a body can hold: looks, conditions and, where it `acts`, the rest."""
    named = LOOKS[: draw(st.integers(0, len(LOOKS)))]
    looks = tuple(
        Step(tool=draw(tools), arguments=draw(_arguments(named[:i])), name=name)
        for i, name in enumerate(named)
    )
    when = draw(st.lists(comparisons(named), min_size=0 if acts else 1, max_size=2))
    if not acts:
        return Program(looks=looks, when=tuple(when))
    return Program(
        looks=looks,
        when=tuple(when),
        steps=tuple(draw(st.lists(_steps(named), max_size=3))),
        arguments=draw(_arguments(named)),
        leave_out=tuple(draw(st.lists(names, max_size=2))),
    )


@cache
def _arguments(
    looks: tuple[str, ...], *, item: bool = False
) -> st.SearchStrategy[tuple[tuple[str, Expression], ...]]:
    given = st.dictionaries(names, expressions(looks, item=item), max_size=2)
    return given.map(lambda d: tuple(d.items()))


@cache
def _steps(looks: tuple[str, ...]) -> st.SearchStrategy[Step]:
    def one(each: st.SearchStrategy[Expression | None], *, item: bool) -> st.SearchStrategy[Step]:
        given = _arguments(looks, item=item)
        undo = st.builds(Step, tool=tools, arguments=given)
        single = st.builds(Step, tool=tools, arguments=given, each=each)
        undone = st.builds(
            Step, tool=tools, arguments=given, each=each, undo=undo, back=st.booleans()
        )
        return single | undone

    return one(st.none(), item=False) | one(expressions(looks), item=True)


@st.composite
def predicates(draw: st.DrawFn) -> Predicate:
    """Conditions that a body can hold."""
    conditions = []
    for _ in range(draw(st.integers(0, 2))):
        test = draw(st.sampled_from(Test))
        operand = ""
        if test is Test.TYPE:
            operand = draw(st.sampled_from(["string", "integer", "null"]))
        elif test in (Test.SHAPE, Test.NOT_SHAPE):
            operand = draw(st.sampled_from(Shape))
        elif test in (Test.SAME_AS, Test.NAMES):
            operand = draw(st.sampled_from(["path", "a b", "größe", "x:y", '"']))
        path = tuple(draw(st.lists(_segments, min_size=1, max_size=2)))
        conditions.append(Condition(path=path, test=test, operand=operand))
    return Predicate(conditions=tuple(conditions))


_segments = st.text(max_size=6).map(lambda t: t.replace(".", ""))
