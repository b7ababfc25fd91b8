"""The bill is written into the audit, and read from it again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.developing import Bill, days
from failonce.evidence.redact import Redactor
from failonce.model import Action, Change, Event
from failonce.testing import MemoryStore
from tests.made import START

counts = st.integers(0, 10**9)


@given(
    st.builds(
        Bill,
        tokens_in=counts,
        tokens_out=counts,
        cost=st.none() | st.floats(0, 10**6).map(lambda x: round(x, 6)),
        ms=counts.map(float),
    ),
    st.text(max_size=40),
)
def test_a_line_says_what_the_bill_was_whatever_follows(bill: Bill, more: str) -> None:
    assert Bill.read(f"{bill.line()}; {more}") == bill
    assert Redactor().text(bill.line()) == bill.line()


@pytest.mark.parametrize("line", ["", "it failed", "x 3 tokens in, 4 out, no price known, 5 ms"])
def test_other_lines_are_no_bill(line: str) -> None:
    assert Bill.read(line) is None


def test_the_bill_is_told_by_day_and_model() -> None:
    store = MemoryStore()

    def asked(hours: int, model: str, bill: Bill, *, answered: bool = True) -> Event:
        return Event(
            at=START + timedelta(hours=hours),
            actor=f"model {model}",
            action=Action.GENERATED,
            subject="g1",
            digest="d" if answered else "",
            reason=f"{bill.line()}; titles",
        )

    store.commit(
        Change(
            events=(
                asked(0, "a", Bill(tokens_in=10, tokens_out=5, cost=0.5)),
                asked(1, "a", Bill(tokens_in=10, tokens_out=5), answered=False),
                asked(1, "b", Bill(), answered=False),
                asked(24, "a", Bill(tokens_in=1, tokens_out=1, cost=0.25)),
                Event(at=START, actor="ann", action=Action.SET_MODE, reason="1 tokens in"),
            )
        )
    )
    first, other, next_day = days(store.entries())
    assert (first.model, first.requests, first.unanswered) == ("a", 2, 1)
    assert (first.tokens, first.cost, first.unpriced) == (30, 0.5, 1)
    assert (other.model, other.tokens, other.unpriced) == ("b", 0, 0)
    assert (next_day.day - first.day, next_day.cost) == (timedelta(days=1), 0.25)
