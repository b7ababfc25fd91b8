"""Hints that are worth learning: a handler of each sort that mends more than it costs."""

from failonce.kinds.hint import CircuitBreaker, Fallback, RateLimit, Retry, Timeout
from tests.safety.made import passing, reading, usual
from tests.safety.planting import Sound
from tests.safety.tape import Tape
from tests.safety.telling import handles

BUSY = "429 Too Many Requests"


def _bursts(t: Tape) -> None:
    """The service takes five calls in a second; whoever makes seven is refused two."""
    t.every(read_only=True)
    for _ in t.sessions(30):
        for _ in range(5):
            t.good("get_page", {"id": t.code()}, after=0.01)
        over = [{"id": t.code()} for _ in range(2)]
        for args in over:
            t.bad("get_page", args, BUSY, after=0.01)
        for args in over:
            t.good("get_page", args, after=1.3)
    t.every()
    usual(t, "get_page", took=None, sessions=30)


def _hangs(t: Tape) -> None:
    """Good calls take a fifth of a second; some hang for two minutes and fail."""
    for _ in t.sessions(30):
        t.bad("get_report", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    usual(t, "get_report", took=200.0, sessions=40)


def _outages(t: Tape) -> None:
    """Ten times the service is down for some minutes, for everybody."""
    for n in range(10):
        for k in range(4):
            t.begin(day=n / 2 + k / 86_400)
            for _ in range(8):
                t.bad("get_weather", {"id": t.code()}, "connection refused", after=9)
    usual(t, "get_weather", took=None, sessions=40)


def _elsewhere(t: Tape) -> None:
    """The tool is not there, and everybody asks the other one the same."""
    for _ in t.sessions(30):
        args = {"id": t.code()}
        t.bad("read_sheet", args, "Error: the capability is not available here")
        t.good("get_sheet", args, "a sheet")
    usual(t, "get_sheet", took=None)


def _passes(t: Tape) -> None:
    """What failed on its way works a few seconds later."""
    passing(t, "get_tide", "connection reset by peer", sessions=30, after=6)
    usual(t, "get_tide", took=None)


def _asked_to_wait(t: Tape) -> None:
    """The service asks for seven seconds, and keeps its word; one error asks for a day."""
    for n in t.sessions(30):
        args = {"id": t.code()}
        t.bad("get_fare", args, BUSY, retry_after_s=86_400.0 if n == 4 else 7.0)
        t.good("get_fare", args, after=9)
    usual(t, "get_fare", took=None)


SOUND = (
    Sound(
        name="no faster than it takes",
        why_good="five in a second go through, more are refused, to everybody alike",
        record=_bursts,
        wanted=handles(RateLimit, where=lambda h: 1 <= h.requests_per_second <= 5),
        tools=reading("get_page"),
    ),
    Sound(
        name="given up after what no good call takes",
        why_good="two minutes are spared, and no good call is near the limit",
        record=_hangs,
        wanted=handles(Timeout, where=lambda h: 200 < h.timeout_ms <= 5000),
        tools=reading("get_report"),
    ),
    Sound(
        name="left alone while it is down",
        why_good="it is down for four callers at once, ten times",
        record=_outages,
        wanted=handles(CircuitBreaker),
        tools=reading("get_weather"),
    ),
    Sound(
        name="the same from another tool",
        why_good="it only reads, and callers asked it themselves where the first is not there",
        record=_elsewhere,
        wanted=handles(Fallback, where=lambda h: h.fallback_cap == "get_sheet"),
        tools=reading("get_sheet"),
    ),
    Sound(
        name="ask for the tide again",
        why_good="reading is safe to repeat, and the connection comes back",
        record=_passes,
        wanted=handles(Retry, where=lambda h: h.delay_ms <= 30_000),
        tools=reading("get_tide"),
    ),
    Sound(
        name="seven seconds, as nearly all were asked",
        why_good="what the service asks for is learned, and what one text says is not",
        record=_asked_to_wait,
        wanted=handles(Retry, where=lambda h: h.delay_ms == 7000),
        tools=reading("get_fare"),
    ),
)
