"""Transients: the same call, unchanged and with nothing done in between, works soon after."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.hint import Hint
from failonce.model import Category, Evidence, Finding
from failonce.proposal import transients
from failonce.proposal.material import Material
from tests.made import evidence, session
from tests.proposal.made import Plain, material, parsed, read, thrice


def later(waits: Sequence[float], category: Category = Category.TIMEOUT) -> Material:
    """Sessions in which the very same call works so many seconds later."""
    calls: list[Evidence] = []
    for n, wait in enumerate(waits):
        one = session(f"s{n}", [read({"q": f"x{n}"}, "locked", category), read({"q": f"x{n}"})])
        calls += [one[0], replace(one[1], at=one[0].at + timedelta(seconds=wait))]
    return material(calls, "read")


def test_the_same_call_that_soon_works_becomes_a_retry_with_the_delay_seen() -> None:
    body = parsed(transients.mine(later([1, 1, 1]), Plain()), Hint)
    assert body.handler.delay_ms == 1000
    assert body.handler.max_retries == 3


@pytest.mark.parametrize(
    ("waits", "delay_ms"),
    [([0.01, 0.02], 100), ([1.1, 1.2, 1.3], 2000), ([4.4, 4.5], 5000), ([600, 700], 30_000)],
)
def test_a_delay_is_rounded_up_between_the_least_and_the_most(
    waits: list[float], delay_ms: float
) -> None:
    assert parsed(transients.mine(later(waits), Plain()), Hint).handler.delay_ms == delay_ms


@given(st.lists(st.floats(4.2, 4.9), min_size=5, max_size=12), st.integers(0, 11))
def test_one_session_less_makes_no_other_hint(waits: list[float], without: int) -> None:
    whole = transients.mine(later(waits), Plain())
    del waits[without % len(waits)]
    less = transients.mine(later(waits), Plain())
    assert whole is not None
    assert less is not None
    assert less.body == whole.body


def test_a_retry_after_of_the_server_is_the_delay() -> None:
    def limited(n: int) -> list[Evidence]:
        failed = read({"q": f"x{n}"}, "429")
        asked = Finding(
            verdict=failed.finding.verdict, category=Category.RATE_LIMIT, retry_after_s=7.0
        )
        return [replace(failed, finding=asked), read({"q": f"x{n}"})]

    assert parsed(transients.mine(thrice(limited), Plain()), Hint).handler.delay_ms == 7000


def test_a_call_that_works_after_something_was_done_is_no_transient() -> None:
    def prepared(n: int) -> list[Evidence]:
        failed = read({"q": f"x{n}"}, "no", Category.CONFLICT)
        return [failed, evidence("unlock", {}), read({"q": f"x{n}"})]

    assert transients.mine(thrice(prepared), Plain()) is None


def test_a_tool_that_is_not_there_is_not_asked_again() -> None:
    def renamed(n: int) -> list[Evidence]:
        gone = read({"q": f"x{n}"}, "no such tool", Category.MISSING_TOOL)
        return [gone, evidence("read_file", {"q": f"x{n}"})]

    assert transients.mine(thrice(renamed), Plain()) is None


def test_a_slow_recovery_of_an_unknown_cause_is_no_transient() -> None:
    assert transients.mine(later([7200, 7200, 7200], Category.UNKNOWN), Plain()) is None
    assert transients.mine(later([2, 2, 2], Category.UNKNOWN), Plain()) is not None


def test_one_lucky_repetition_proves_nothing() -> None:
    assert transients.mine(later([1]), Plain()) is None
