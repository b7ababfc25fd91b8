from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.importers.reading import decode, moment, number, whole_number


@pytest.mark.parametrize(
    "given",
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        float("nan"),
        float("inf"),
        10**400,
        -1,
        True,
        False,
        "9" * 4000,
        "1e300",
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_the_calendar_cannot_express_is_no_time(given):
    assert moment(given) is None


@given(st.text() | st.integers() | st.floats() | st.datetimes().map(datetime.isoformat))
def test_a_time_is_in_utc_or_none(given):
    at = moment(given)
    assert at is None or at.tzinfo is UTC


def test_numbers_that_no_column_holds_are_unknown():
    assert whole_number({"n": 2**31 - 1}, "n") == 2**31 - 1
    assert whole_number({"n": 2**31}, "n") is None
    assert number({"n": 1e14}, "n") == 1e14
    assert [number({"n": n}, "n") for n in (1e308, -1e15, float("nan"), 10**400)] == [None] * 4


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_nesting_is_bounded(begin, end):
    levels = 100 // len(end)
    assert decode(begin * levels + "1" + end * levels)
    with pytest.raises(ValueError, match="too deeply"):
        decode(begin * (levels + 1) + "1" + end * (levels + 1))
    flat = decode("[" + ",".join(['{"text": "{{{{[["}'] * 200) + "]")
    assert isinstance(flat, list)
    assert len(flat) == 200
