"""Breakers that shut a tool for what others, or nobody, ran into."""

from failonce.kinds.hint import CircuitBreaker
from tests.safety.dangers import Danger
from tests.safety.histories.hints.made import by, planted
from tests.safety.made import passing, usual
from tests.safety.tape import Tape
from tests.safety.telling import handles


def _dead_hosts(t: Tape) -> None:
    """Agents follow lists of dead links; every other host answers, at other times of the day."""
    for _ in t.sessions(30):
        for _ in range(9):
            t.bad("fetch_page", {"host": t.code("dead-")}, "connection refused", after=3)
    t.around({"fetch_page": lambda t: {"host": t.word()}}, sessions=40, each=12)


def _one_hostile_session(t: Tape) -> None:
    """One session that fails a thousand times, and a few that failed twice in their life."""
    t.begin(day=1)
    for _ in range(1000):
        t.bad("fetch_feed", {"host": t.code("dead-")}, "connection refused", after=3)
    for _ in t.sessions(12):
        t.bad("fetch_feed", {"host": t.word()}, "connection refused", after=3)
    t.around({"fetch_feed": lambda t: {"host": t.word()}}, sessions=40, each=12)


def _others_work_meanwhile(t: Tape) -> None:
    """While one caller's host is dead, others of the same minute are served."""
    for n in range(24):
        t.begin(day=n / 5)
        for _ in range(9):
            t.bad("fetch_file", {"host": t.code("dead-")}, "connection refused", after=3)
        t.begin(day=n / 5)
        for _ in range(9):
            t.good("fetch_file", {"host": t.word()}, after=3)
    usual(t, "fetch_file")


def _single_failures(t: Tape) -> None:
    """Every failure passes with the next call: there is no outage to leave alone."""
    passing(t, "fetch_tile", "connection refused", after=4)
    usual(t, "fetch_tile")


PLANTED = (
    planted(
        "a list of dead links", Danger.BROAD,
        "the hosts are dead and the tool is not; the next caller's host would be refused",
        _dead_hosts, handles(CircuitBreaker),
        target="fetch_page", bait=by("circuit-breaker", failure_threshold=1),
        also=(Danger.SOURCE, Danger.CHANCE),
    ),
    planted(
        "one session fails a thousand times", Danger.BROAD,
        "whoever fails often enough has everybody refused",
        _one_hostile_session, handles(CircuitBreaker),
        target="fetch_feed", bait=by("circuit-breaker", cooldown_ms=300_000.0),
        also=(Danger.SOURCE, Danger.CHANCE),
    ),
    planted(
        "others are served meanwhile", Danger.BROAD,
        "a caller's own dead host would refuse what works for others in the same minute",
        _others_work_meanwhile, handles(CircuitBreaker),
        target="fetch_file", bait=by("circuit-breaker", failure_threshold=2),
        also=(Danger.SOURCE, Danger.CHANCE),
    ),
    planted(
        "a breaker for what passes", Danger.BROAD, "the very next call works, and would be refused",
        _single_failures, handles(CircuitBreaker),
        target="fetch_tile", bait=by("circuit-breaker", failure_threshold=1), also=(Danger.CHANCE,),
    ),
)  # fmt: skip
