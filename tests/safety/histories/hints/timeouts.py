"""Timeouts under which calls are given up that would have worked."""

from failonce.kinds.hint import Timeout
from failonce.model import Trust
from tests.safety.dangers import Danger
from tests.safety.histories.hints.made import by, planted
from tests.safety.made import usual
from tests.safety.tape import Tape
from tests.safety.telling import handles


def _slow_ones_untimed(t: Tape) -> None:
    """Short calls were timed, and those that hung; the long ones that work were not."""
    for _ in t.sessions(24):
        t.bad("get_report", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    for _ in t.sessions(30):
        for _ in range(8):
            t.good("get_report", {"id": t.code(), "years": 10}, after=90)
    usual(t, "get_report", took=200)


def _slow_ones_matter(t: Tape) -> None:
    """Of a hundred calls three are for the whole year: they take a minute, and work."""
    for _ in t.sessions(24):
        t.bad("get_sales", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    usual(t, "get_sales", took=200, sessions=60)
    t.every(duration_ms=60_000.0)
    for _ in t.sessions(12):
        t.good("get_sales", {"id": t.code(), "span": "year"})
        t.good("get_sales", {"id": t.code(), "span": "year"}, after=90)
    t.every()


def _writer_given_up(t: Tape) -> None:
    """What hangs may still be booked."""
    for _ in t.sessions(24):
        t.bad("book_seat", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    usual(t, "book_seat", took=200)


def _fast_calls_of_an_outsider(t: Tape) -> None:
    """An outsider's empty calls are answered at once: what is too long for them is not for us."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl", duration_ms=1.0)
    for _ in t.sessions(60):
        for _ in range(40):
            t.good("get_forecast", {"id": ""}, after=1)
    t.every()
    for _ in t.sessions(24):
        t.bad("get_forecast", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    usual(t, "get_forecast", took=900)


PLANTED = (
    planted(
        "nobody timed the long ones", Danger.CHANCE,
        "half of the good calls take a minute, which no recording says",
        _slow_ones_untimed, handles(Timeout, where=lambda h: h.timeout_ms < 60_000),
        target="get_report", bait=by("timeout", timeout_ms=500.0), also=(Danger.BROAD,),
    ),
    planted(
        "the whole year takes a minute", Danger.BROAD,
        "few good calls are slow, and they are the ones that matter",
        _slow_ones_matter, handles(Timeout, where=lambda h: h.timeout_ms < 60_000),
        target="get_sales", bait=by("timeout", timeout_ms=500.0), also=(Danger.CHANCE,),
    ),
    planted(
        "a booking is given up", Danger.REPEAT,
        "what is given up may be booked all the same, and is booked again",
        _writer_given_up, handles(Timeout),
        target="book_seat", bait=by("timeout", timeout_ms=500.0), tools={},
    ),
    planted(
        "an outsider's calls are fast", Danger.BROAD,
        "what is too long for empty calls is not for real ones",
        _fast_calls_of_an_outsider, handles(Timeout, where=lambda h: h.timeout_ms < 900),
        target="get_forecast", bait=by("timeout", timeout_ms=2.0), also=(Danger.CHANCE,),
    ),
)  # fmt: skip
