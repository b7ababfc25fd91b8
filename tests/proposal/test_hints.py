"""Hints: what the cause of a class asks for, where the calls that are studied speak for it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.hint import (
    MOST_WAIT_MS,
    Fallback,
    Handler,
    Hint,
    RateLimit,
    Retry,
    Timeout,
)
from failonce.model import Category, Evidence, Finding, Proposal, ToolSpec, Trust
from failonce.proposal import hints
from failonce.proposal.study import Study
from tests.made import START, evidence, session
from tests.proposal.made import Plain, material, parsed, read, sessions, study

READS = {"read": ToolSpec(name="read", read_only=True)}


def mined(
    calls: Sequence[Evidence], tools: dict[str, ToolSpec] | None = None, tool: str = "read"
) -> list[Proposal]:
    """What is proposed for the failures of a tool."""
    studied: Study = study(calls, READS if tools is None else tools)
    return list(hints.mine(material(list(calls), tool), studied, Plain()))


def handlers(made: Sequence[Proposal]) -> list[Handler]:
    """What they run calls with."""
    return [parsed(p, Hint).handler for p in made]


def retry(made: Sequence[Proposal]) -> Retry:
    """The one retry among them."""
    (found,) = [h for h in handlers(made) if isinstance(h, Retry)]
    return found


def later(waits: Sequence[float], category: Category = Category.TIMEOUT) -> list[Evidence]:
    """Sessions in which the very same call works so many seconds later."""
    calls: list[Evidence] = []
    for n, wait in enumerate(waits):
        one = session(f"s{n}", [read({"q": f"x{n}"}, "locked", category), read({"q": f"x{n}"})])
        calls += [one[0], replace(one[1], at=one[0].at + timedelta(seconds=wait))]
    return calls


def test_the_same_call_that_soon_works_becomes_a_retry_with_the_delay_seen() -> None:
    found = retry(mined(later([1, 1, 1])))
    assert (found.delay_ms, found.max_retries) == (1000, 3)


@pytest.mark.parametrize(
    ("waits", "delay_ms"),
    [([0.01, 0.02], 100), ([1.1, 1.2, 1.3], 2000), ([4.4, 4.5], 5000), ([50, 52], 30_000)],
)
def test_a_delay_is_rounded_up_between_the_least_and_the_most(
    waits: list[float], delay_ms: float
) -> None:
    assert retry(mined(later(waits))).delay_ms == delay_ms


def test_the_time_that_the_failed_call_took_is_no_part_of_the_delay() -> None:
    calls = [replace(e, duration_ms=900.0) if e.failed else e for e in later([1, 1, 1])]
    assert retry(mined(calls)).delay_ms == 100


def test_what_takes_longer_than_all_retries_wait_is_not_retried() -> None:
    assert mined(later([600, 700])) == []


@given(st.lists(st.floats(4.2, 4.9), min_size=5, max_size=12), st.integers(0, 11))
def test_one_session_less_makes_no_other_hint(waits: list[float], without: int) -> None:
    whole = mined(later(waits))
    del waits[without % len(waits)]
    assert [p.body for p in mined(later(waits))] == [p.body for p in whole]
    assert whole


def test_a_retry_after_of_the_server_is_the_delay() -> None:
    def limited(n: int) -> list[Evidence]:
        failed = read({"q": f"x{n}"}, "429")
        asked = Finding(
            verdict=failed.finding.verdict, category=Category.RATE_LIMIT, retry_after_s=7.0
        )
        return [replace(failed, finding=asked), read({"q": f"x{n}"})]

    assert retry(mined(sessions(3, limited))).delay_ms == 7000


def _asked(pauses: Sequence[float], trust: Trust = Trust.OPERATOR) -> list[Evidence]:
    """Sessions in which so many seconds are asked for, and the same call works after them."""
    calls = later([p + 1 for p in pauses], Category.RATE_LIMIT)
    return [
        replace(
            e,
            trust=trust,
            source=trust,
            finding=replace(e.finding, retry_after_s=pauses[n // 2] if e.failed else None),
        )
        for n, e in enumerate(calls)
    ]


def test_one_error_does_not_say_how_long_all_others_wait() -> None:
    assert retry(mined(_asked([7, 7, 300, 7]))).delay_ms == 7000
    assert retry(mined(_asked([2, 2, 300]))).delay_ms == 2000


def test_no_call_waits_longer_than_a_minute_unless_all_were_asked_to() -> None:
    assert retry(mined(_asked([7, 7, 7]))).max_wait_ms == MOST_WAIT_MS
    assert retry(mined(_asked([90, 90, 90]))).max_wait_ms == 90_000


def test_an_outsider_teaches_no_parameter() -> None:
    assert mined(_asked([300] * 5, Trust.UNTRUSTED)) == []


def test_no_timeout_is_proposed_where_many_good_calls_were_not_timed() -> None:
    def hangs(n: int) -> list[Evidence]:
        failed = replace(read({"q": f"x{n}"}, "slow", Category.TIMEOUT), duration_ms=30_000.0)
        return [*(taking(190 + i, i) for i in range(10)), *[read({"q": "?"})] * 3, failed]

    assert mined(sessions(4, hangs)) == []


def test_a_call_that_works_after_something_was_done_is_no_transient() -> None:
    def prepared(n: int) -> list[Evidence]:
        failed = read({"q": f"x{n}"}, "no", Category.CONFLICT)
        return [failed, evidence("unlock", {}), read({"q": f"x{n}"})]

    assert mined(sessions(3, prepared)) == []


def test_a_slow_recovery_of_an_unknown_cause_is_no_transient() -> None:
    assert mined(later([7200, 7200, 7200], Category.UNKNOWN)) == []
    assert mined(later([2, 2, 2], Category.UNKNOWN))


def test_one_lucky_repetition_proves_nothing() -> None:
    assert mined(later([1])) == []


@pytest.mark.parametrize(
    ("tool", "assumed"),
    [
        (ToolSpec(name="read", read_only=True), False),
        (ToolSpec(name="read", idempotent=True, read_only=False), False),
        (ToolSpec(name="read"), True),
    ],
)
def test_a_retry_says_whether_it_has_to_assume_that_the_call_may_run_twice(
    tool: ToolSpec, assumed: bool
) -> None:
    assert retry(mined(later([1, 1, 1]), {"read": tool})).assume_idempotent is assumed


def test_a_call_that_changes_something_is_never_retried() -> None:
    calls = [replace(e, call=replace(e.call, tool="pay")) for e in later([1, 1, 1])]
    assert mined(calls, {}, "pay") == []


def test_why_a_call_that_passes_by_itself_is_not_retried_is_told() -> None:
    calls = [replace(e, call=replace(e.call, tool="pay")) for e in later([1, 1, 1])]
    teaches = material(calls, "pay")
    assert "`pay` changes something" in hints.withheld(teaches, ToolSpec(name="pay"))
    assert hints.withheld(teaches, ToolSpec(name="pay", idempotent=True)) == ""
    assert hints.withheld(material(later([1]), "read"), ToolSpec(name="pay")) == ""


# ------------------------------------------------------- by the cause of a class


def taking(ms: float, n: int) -> Evidence:
    """A call that works and takes so long."""
    return replace(read({"q": f"g{n}"}), duration_ms=ms)


def test_a_call_that_hangs_is_given_up_after_twice_what_good_ones_take() -> None:
    def hangs(n: int) -> list[Evidence]:
        failed = replace(read({"q": f"x{n}"}, "slow", Category.TIMEOUT), duration_ms=30_000.0)
        return [*(taking(190 + i, i) for i in range(10)), failed]

    assert handlers(mined(sessions(4, hangs))) == [Timeout(timeout_ms=500)]


def test_no_timeout_is_proposed_where_good_calls_take_as_long() -> None:
    def hangs(n: int) -> list[Evidence]:
        failed = replace(read({"q": f"x{n}"}, "slow", Category.TIMEOUT), duration_ms=30_000.0)
        return [*(taking(20_000, i) for i in range(10)), failed]

    assert mined(sessions(4, hangs)) == []


def limited(clients: int, calls: int = 7, takes: int = 5) -> list[Evidence]:
    """A service that takes so many calls in a second, and clients that make more, each at its
    own time; after a second the same call works."""
    out: list[Evidence] = []
    for c in range(clients):
        own = [read({"q": f"{c}-{n}"}) for n in range(takes)]
        over = range(takes, calls)
        own += [read({"q": f"{c}-{n}"}, "429", Category.RATE_LIMIT) for n in over]
        own += [read({"q": f"{c}-{n}"}) for n in over]
        begin = START + timedelta(minutes=c)
        for n, e in enumerate(session(f"s{c}", own)):
            wait = 0.01 * n if n < calls else 1.2 + 0.3 * (n - calls)
            out.append(replace(e, at=begin + timedelta(seconds=wait), read_only=True))
    return out


def test_a_service_that_refuses_is_asked_no_faster_than_it_takes_calls() -> None:
    found = handlers(mined(limited(4)))
    assert [type(h) for h in found] == [Retry, RateLimit]
    bucket = found[1]
    assert isinstance(bucket, RateLimit)
    assert bucket.burst + bucket.requests_per_second <= 5 + 1
    assert bucket.max_wait_ms > 0


def test_where_another_tool_answered_the_same_it_is_fallen_back_to() -> None:
    def elsewhere(n: int) -> list[Evidence]:
        args = {"q": f"x{n}"}
        gone = read(args, "the capability is not available here", Category.MISSING_TOOL)
        return [read({"q": f"y{n}"}), gone, evidence("search_cache", args)]

    assert handlers(mined(sessions(3, elsewhere))) == [Fallback(fallback_cap="search_cache")]


def test_a_breaker_is_proposed_where_it_spares_calls_of_a_service_that_is_down() -> None:
    def down(n: int) -> list[Evidence]:
        return [read({"q": f"x{n}-{i}"}, "refused", Category.NETWORK) for i in range(9)]

    calls = [
        replace(e, at=e.at + timedelta(hours=c))
        for c, name in enumerate(("s0", "s1", "s2"))
        for e in sessions(3, down)
        if e.call.session == name
    ]
    assert [h.key for h in handlers(mined(calls))] == ["circuit-breaker"]
    assert all(a.at <= b.at for a, b in pairwise(calls))


def test_the_same_calls_make_the_same_hints() -> None:
    assert mined(limited(4)) == mined(limited(4))
