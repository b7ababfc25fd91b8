"""What an expression may see, and its value there."""

from hypothesis import strategies as st

from failonce.language.expression import Expression, Read, Scope, Source, evaluate
from failonce.model import Json
from tests.drawn import values, words

LOOKS = ("here", "level")


scopes = st.builds(
    Scope,
    args=st.dictionaries(st.sampled_from(["path", "on", "y"]) | words, values, max_size=3),
    blamed=st.sampled_from(["", "path", "other"]),
    error=st.text(max_size=30) | st.just("missing: a, b"),
    results=st.fixed_dictionaries({}, optional=dict.fromkeys(LOOKS, values)),
    item=values,
)


def value_of(e: Expression, **args: Json) -> Json:
    return evaluate(e, Scope(args=args))


def result(name: str, *path: str, then: tuple[str, ...] = ()) -> Read:
    return Read(source=Source.RESULT, name=name, path=path, then=then)
