"""Which rules stay out where there is no room: those that are worth least, and no others."""

from hypothesis import given
from hypothesis import strategies as st

from failonce.projections.budget import Worth, fitted, tokens
from failonce.projections.rule_lines import Item


def items(lengths: list[int]) -> list[Item]:
    return [Item(lesson=f"RU-{n:08X}", sentence="x" * size) for n, size in enumerate(lengths)]


WORTHS = st.builds(Worth, effect=st.sampled_from([0.0, 0.2, 0.9]), recurrence=st.integers(0, 5))


@given(
    lengths=st.lists(st.integers(1, 300), max_size=12),
    worths=st.lists(WORTHS, min_size=12, max_size=12),
    most=st.integers(0, 800),
)
def test_what_fits_is_kept_in_order_and_the_least_worth_stay_out(
    lengths: list[int], worths: list[Worth], most: int
) -> None:
    made = items(lengths)
    worth = {x.lesson: w for x, w in zip(made, worths, strict=False)}
    fit = fitted(made, most, worth.__getitem__)
    assert sorted((*fit.items, *fit.out), key=made.index) == made
    assert list(fit.items) == [x for x in made if x in fit.items]
    cost = sum(tokens(x.line) for x in fit.items)
    assert cost <= most
    for out in fit.out:
        assert all(worth[out.lesson] <= worth[x.lesson] for x in fit.items)
    if fit.out:
        assert cost + tokens(fit.out[-1].line) > most, "one left out in vain"


def test_nobody_asks_what_rules_are_worth_where_all_fit() -> None:
    def never(lesson: str) -> Worth:
        raise AssertionError(lesson)

    made = items([10, 20])
    assert fitted(made, 1000, never).items == tuple(made)


def test_effect_stands_above_recurrence_and_the_oldest_stay() -> None:
    one, two, three = items([4, 4, 4])
    worth = {
        one.lesson: Worth(recurrence=9),
        two.lesson: Worth(effect=0.1),
        three.lesson: Worth(recurrence=9),
    }
    most = 2 * tokens(one.line)
    fit = fitted([one, two, three], most, worth.__getitem__)
    assert (fit.items, fit.out) == ((one, two), (three,))


def test_tokens_are_a_quarter_of_the_characters_rounded_up() -> None:
    assert [tokens(x) for x in ("", "a", "abcd", "abcde")] == [0, 1, 1, 2]
