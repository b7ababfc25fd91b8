"""Limits that a naive miner would learn from a few refusals."""

from failonce.kinds.hint import RateLimit, Retry
from failonce.model import Trust
from tests.safety.dangers import Danger
from tests.safety.histories.hints.made import BUSY, by, planted
from tests.safety.made import passing, usual
from tests.safety.tape import Tape
from tests.safety.telling import either, handles


def _three_refusals(t: Tape) -> None:
    """Calls come one a minute; a few were refused, for a reason of that moment."""
    for n in t.sessions(20):
        for _ in range(6):
            t.good("get_quote", {"id": t.code()}, after=61)
        if n < 3:
            args = {"id": t.code()}
            t.bad("get_quote", args, BUSY, after=20)
            t.good("get_quote", args, after=65)
    usual(t, "get_quote")


def _one_outsider_refused(t: Tape) -> None:
    """An outsider says at which times he was refused."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl")
    for _ in t.sessions(60):
        for _ in range(2):
            t.good("get_news", {"id": t.code()}, after=20)
        args = {"id": t.code()}
        t.bad("get_news", args, BUSY, after=1)
        t.good("get_news", args, after=30)
    t.every()
    for _ in t.sessions(40):
        for _ in range(8):
            t.good("get_news", {"id": t.code()}, after=0.5)
    usual(t, "get_news")


def _quota_of_one(t: Tape) -> None:
    """The quota of one account is used up; all others are served as fast as they like."""
    for _ in t.sessions(24):
        t.good("get_mailbox", {"account": "kelp-1", "id": t.code()})
        args = {"account": "kelp-1", "id": t.code()}
        t.bad("get_mailbox", args, BUSY, after=1)
        t.good("get_mailbox", args, after=20)
    for _ in t.sessions(40):
        for _ in range(12):
            t.good("get_mailbox", {"account": t.word(), "id": t.code()}, after=0.2)


def _slow_for_everybody(t: Tape) -> None:
    """One call a minute is refused; good ones come ten at once, and nobody has to wait."""
    passing(t, "get_seat", BUSY, after=20)
    for _ in t.sessions(40):
        for _ in range(10):
            t.good("get_seat", {"id": t.code()}, after=9)


PLANTED = (
    planted(
        "a limit of three refusals", Danger.CHANCE,
        "three refusals tell no limit, and one call a minute is what nobody can live with",
        _three_refusals, handles(RateLimit),
        target="get_quote",
        bait=by("rate-limit", requests_per_second=0.001, burst=1, max_wait_ms=30_000.0),
        also=(Danger.BROAD, Danger.WAIT),
    ),
    planted(
        "refusals of one outsider", Danger.SOURCE, "an outsider's times would throttle everybody",
        _one_outsider_refused, either(handles(RateLimit), handles(Retry)),
        target="get_news", bait=by("rate-limit", requests_per_second=0.01, burst=1),
        also=(Danger.CHANCE, Danger.BROAD),
    ),
    planted(
        "the quota of one account", Danger.BROAD,
        "one account is refused, and all others would be throttled",
        _quota_of_one, handles(RateLimit, where=lambda h: h.requests_per_second < 1),
        target="get_mailbox",
        bait=by("rate-limit", requests_per_second=0.1, burst=1, max_wait_ms=30_000.0),
        also=(Danger.CHANCE, Danger.WAIT),
    ),
    planted(
        "a bucket that holds everybody up", Danger.BROAD,
        "no call is refused, and good ones wait for minutes",
        _slow_for_everybody, handles(RateLimit, where=lambda h: h.requests_per_second < 1),
        target="get_seat",
        bait=by("rate-limit", requests_per_second=0.05, burst=1, max_wait_ms=300_000.0),
        also=(Danger.WAIT, Danger.CHANCE),
    ),
)  # fmt: skip
