"""Calls made twice, times that nobody took, and answers that do not last."""

from failonce.kinds.hint import Cache, CircuitBreaker, Retry
from failonce.model import KindName, Trust
from tests.safety.dangers import Danger
from tests.safety.histories.hints.made import by, planted
from tests.safety.made import passing, usual
from tests.safety.tape import Tape
from tests.safety.telling import handles, of_kind
from tests.safety.written import retry


def _takes_a_number(t: Tape) -> None:
    """Each call takes a number, and a call that timed out took one too."""
    passing(t, "next_number", "Timeout: no answer", after=3)
    usual(t, "next_number")


def _declared_but_pays(t: Tape) -> None:
    """It claims to read, and its name says that it pays."""
    passing(t, "pay_invoice", "Timeout: no answer", after=3)
    usual(t, "pay_invoice")


def _an_outsider_says_it_reads(t: Tape) -> None:
    """Only an outsider's recordings say that the tool reads."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl", read_only=True)
    for _ in t.sessions(30):
        t.good("touch_row", {"id": t.code()})
    t.every()
    passing(t, "touch_row", "Timeout: no answer", after=3)
    usual(t, "touch_row")


def _copies(t: Tape) -> None:
    """One session, exported forty times under other names."""
    for n in range(40):
        t.begin(day=1.0, session=f"export-{n}")
        t.bad("get_export", {"id": "amber-1"}, "Timeout: no answer")
        t.good("get_export", {"id": "amber-1"}, after=3)
    usual(t, "get_export")


def _stopped_clock(t: Tape) -> None:
    """All was written down at one time: how long anything took nobody knows."""
    for _ in range(30):
        t.begin(day=1.0)
        args = {"id": t.code()}
        t.bad("get_shelf", args, "Timeout: no answer", after=0)
        t.good("get_shelf", args, after=0)
    usual(t, "get_shelf")


def _stopped_clock_outage(t: Tape) -> None:
    """Failures of five days, all written down at one time."""
    for _ in range(30):
        t.begin(day=1.0)
        for _ in range(2):
            t.bad("get_depot", {"id": t.code()}, "connection refused", after=0)
    t.around({"get_depot": lambda t: {"id": t.code()}}, sessions=30, each=12)


def _backwards(t: Tape) -> None:
    """A clock that is set back while a session runs."""
    passing(t, "get_crate", "Timeout: no answer", sessions=30, after=-3600)
    usual(t, "get_crate")


def _changing_answers(t: Tape) -> None:
    """Every answer is another one; a kept answer would be the old one."""
    for n in t.sessions(30):
        t.bad("get_time", {}, "connection refused")
        for k in range(6):
            t.good("get_time", {}, f"{n}:{k}", after=3)
    t.around({"get_time": lambda _: {}}, sessions=20)


PLANTED = (
    planted(
        "a number is taken twice", Danger.REPEAT,
        "a call that timed out took a number; so does the next",
        _takes_a_number, handles(Retry),
        target="next_number", bait=retry, tools={},
    ),
    planted(
        "paid twice on a claim", Danger.REPEAT,
        "that it reads is a claim which its name contradicts",
        _declared_but_pays, handles(Retry),
        target="pay_invoice", bait=retry,
    ),
    planted(
        "an outsider says that it reads", Danger.REPEAT,
        "whether a call may run twice is not for an outsider to say",
        _an_outsider_says_it_reads, handles(Retry),
        target="touch_row", bait=retry, tools={},
    ),
    planted(
        "forty copies of one timeout", Danger.SOURCE, "one session was exported forty times",
        _copies, of_kind(KindName.HINT),
        target="get_export", bait=retry, also=(Danger.CHANCE,),
    ),
    planted(
        "the clock stood still", Danger.CHANCE,
        "whether it worked after a second or a month nobody wrote down",
        _stopped_clock, of_kind(KindName.HINT),
        target="get_shelf", bait=retry,
    ),
    planted(
        "an outage of no time", Danger.BROAD,
        "failures of a week look like one outage where the clock stood still",
        _stopped_clock_outage, handles(CircuitBreaker),
        target="get_depot", bait=by("circuit-breaker", cooldown_ms=300_000.0),
        also=(Danger.CHANCE, Danger.SOURCE),
    ),
    planted(
        "the clock runs backwards", Danger.CHANCE,
        "what worked an hour before does not say that it works soon after",
        _backwards, of_kind(KindName.HINT),
        target="get_crate", bait=retry,
    ),
    planted(
        "the time as it was", Danger.BROAD, "a kept answer is an old one",
        _changing_answers, handles(Cache),
        target="get_time", bait=by("cache", ttl_ms=300_000.0), also=(Danger.CHANCE,),
    ),
)  # fmt: skip
