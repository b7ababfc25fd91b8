"""Waits that somebody asked for, or that add up."""

from functools import partial

from failonce.kinds.hint import RateLimit
from failonce.model import Trust
from tests.safety.dangers import Danger
from tests.safety.histories.hints.made import BUSY, RETRIES_LONG, by, planted
from tests.safety.made import passing, usual
from tests.safety.tape import Tape
from tests.safety.telling import either, handles
from tests.safety.written import retry


def _one_names_five_minutes(t: Tape) -> None:
    """A second is asked for; one error, whoever wrote it, says five minutes."""
    for n in t.sessions(24):
        args = {"id": t.code()}
        pause = 300.0 if n == 7 else 1.0
        t.bad("get_price", args, BUSY, retry_after_s=pause)
        t.good("get_price", args, after=400 if n == 7 else 5)
    usual(t, "get_price")


def _an_outsider_names_five_minutes(t: Tape) -> None:
    """The same, named by an outsider in a hundred sessions."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl")
    passing(t, "get_rate", BUSY, sessions=100, after=400, retry_after_s=300)
    t.every()
    passing(t, "get_rate", BUSY, after=5, retry_after_s=1)
    usual(t, "get_rate")


def _all_name_five_minutes(t: Tape) -> None:
    """Every error asks for five minutes, and the same call works after eight seconds."""
    passing(t, "get_stock", BUSY, sessions=30, retry_after_s=300)
    usual(t, "get_stock")


def _long_and_longer(t: Tape) -> None:
    """It comes back after minutes; five retries, each ten times later, would find out."""
    passing(t, "get_map", "503 Service Unavailable: connection refused", after=240)
    usual(t, "get_map")


def _two_classes(t: Tape) -> None:
    """Two reasons to wait, of one tool: a caller may meet both in one call."""
    passing(t, "get_chart", BUSY, after=55)
    passing(t, "get_chart", "connection refused by the upstream", after=55)
    usual(t, "get_chart")


def _slow(limit: RateLimit) -> bool:
    return limit.requests_per_second < 0.1


PLANTED = (
    planted(
        "one error names five minutes", Danger.WAIT,
        "one text makes every caller wait as long as it says",
        _one_names_five_minutes, RETRIES_LONG,
        target="get_price", bait=partial(retry, delay_ms=300_000),
    ),
    planted(
        "an outsider names five minutes", Danger.WAIT,
        "an outsider says how long our own callers wait",
        _an_outsider_names_five_minutes, either(RETRIES_LONG, handles(RateLimit, where=_slow)),
        target="get_rate", bait=partial(retry, delay_ms=300_000),
    ),
    planted(
        "all errors name five minutes", Danger.WAIT,
        "a process that waits five minutes is as good as gone",
        _all_name_five_minutes, RETRIES_LONG,
        target="get_stock", bait=partial(retry, delay_ms=300_000),
    ),
    planted(
        "five times, ten times longer each", Danger.WAIT,
        "all waits together are as long as the policy allows, in every single call",
        _long_and_longer, RETRIES_LONG,
        target="get_map", bait=by("retry", max_retries=5, delay_ms=30_000.0, multiplier=10.0),
    ),
    planted(
        "two waits in one call", Danger.WAIT,
        "each hint alone waits long enough; one inside the other waits for both",
        _two_classes, RETRIES_LONG,
        target="get_chart", bait=by("retry", max_retries=5, delay_ms=60_000.0, multiplier=2.0),
    ),
)  # fmt: skip
