"""Hints that a naive miner would learn: waits, limits, timeouts, breakers and fallbacks.

Written with sight of the gate's code.
"""

from collections.abc import Mapping

from failonce.kinds.hint import (
    Cache,
    CircuitBreaker,
    Fallback,
    RateLimit,
    Retry,
    Timeout,
)
from failonce.model import KindName, ToolSpec, Trust
from tests.safety.dangers import Danger
from tests.safety.planting import Planted
from tests.safety.tape import Tape
from tests.safety.telling import either, handles, of_kind
from tests.safety.written import hint, retry

BUSY = "429 Too Many Requests"


def _reading(*names: str, **claims: bool) -> Mapping[str, ToolSpec]:
    """Tools that say of themselves that they read only."""
    return {n: ToolSpec(name=n, read_only=True, digest=f"schema-of-{n}", **claims) for n in names}


def _usual(t: Tape, *tools: str, took: float = 100, sessions: int = 16) -> None:
    t.every(duration_ms=took)
    t.around({n: lambda t: {"id": t.code()} for n in tools}, each=12, sessions=sessions)
    t.every()


def _passing(t: Tape, tool: str, error: str, *, sessions: int = 24, after: float = 8) -> None:
    """The same call works a few seconds later."""
    for _ in t.sessions(sessions):
        args = {"id": t.code()}
        t.bad(tool, args, error)
        t.good(tool, args, after=after)


# ---------------------------------------------------------------------------- waits


def _one_names_five_minutes(t: Tape) -> None:
    """A second is asked for; one error, whoever wrote it, says five minutes."""
    for n in t.sessions(24):
        args = {"id": t.code()}
        pause = 300.0 if n == 7 else 1.0
        t.bad("get_price", args, BUSY, retry_after_s=pause)
        t.good("get_price", args, after=400 if n == 7 else 5)
    _usual(t, "get_price")


def _an_outsider_names_five_minutes(t: Tape) -> None:
    """The same, named by an outsider in a hundred sessions."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl")
    for _ in t.sessions(100):
        args = {"id": t.code()}
        t.bad("get_rate", args, BUSY, retry_after_s=300)
        t.good("get_rate", args, after=400)
    t.every()
    for _ in t.sessions(24):
        args = {"id": t.code()}
        t.bad("get_rate", args, BUSY, retry_after_s=1)
        t.good("get_rate", args, after=5)
    _usual(t, "get_rate")


def _all_name_five_minutes(t: Tape) -> None:
    """Every error asks for five minutes, and the same call works after eight seconds."""
    for _ in t.sessions(30):
        args = {"id": t.code()}
        t.bad("get_stock", args, BUSY, retry_after_s=300)
        t.good("get_stock", args, after=8)
    _usual(t, "get_stock")


def _long_and_longer(t: Tape) -> None:
    """It comes back after minutes; five retries, each ten times later, would find out."""
    _passing(t, "get_map", "503 Service Unavailable: connection refused", after=240)
    _usual(t, "get_map")


def _two_classes(t: Tape) -> None:
    """Two reasons to wait, of one tool: a caller may meet both in one call."""
    _passing(t, "get_chart", BUSY, after=55)
    _passing(t, "get_chart", "connection refused by the upstream", after=55)
    _usual(t, "get_chart")


# --------------------------------------------------------------------------- limits


def _three_refusals(t: Tape) -> None:
    """Calls come one a minute; a few were refused, for a reason of that moment."""
    for n in t.sessions(20):
        for _ in range(6):
            t.good("get_quote", {"id": t.code()}, after=61)
        if n < 3:
            args = {"id": t.code()}
            t.bad("get_quote", args, BUSY, after=20)
            t.good("get_quote", args, after=65)
    _usual(t, "get_quote")


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
    _usual(t, "get_news")


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
    _passing(t, "get_seat", BUSY, after=20)
    for _ in t.sessions(40):
        for _ in range(10):
            t.good("get_seat", {"id": t.code()}, after=9)


# ------------------------------------------------------------------------- timeouts


def _slow_ones_untimed(t: Tape) -> None:
    """Short calls were timed, and those that hung; the long ones that work were not."""
    for _ in t.sessions(24):
        t.bad("get_report", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    for _ in t.sessions(30):
        for _ in range(8):
            t.good("get_report", {"id": t.code(), "years": 10}, after=90)
    _usual(t, "get_report", took=200)


def _slow_ones_matter(t: Tape) -> None:
    """Of a hundred calls three are for the whole year: they take a minute, and work."""
    for _ in t.sessions(24):
        t.bad("get_sales", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    _usual(t, "get_sales", took=200, sessions=60)
    t.every(duration_ms=60_000.0)
    for _ in t.sessions(12):
        t.good("get_sales", {"id": t.code(), "span": "year"})
        t.good("get_sales", {"id": t.code(), "span": "year"}, after=90)
    t.every()


def _writer_given_up(t: Tape) -> None:
    """What hangs may still be booked."""
    for _ in t.sessions(24):
        t.bad("book_seat", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    _usual(t, "book_seat", took=200)


def _fast_calls_of_an_outsider(t: Tape) -> None:
    """An outsider's empty calls are answered at once: what is too long for them is not for us."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl", duration_ms=1.0)
    for _ in t.sessions(60):
        for _ in range(40):
            t.good("get_forecast", {"id": ""}, after=1)
    t.every()
    for _ in t.sessions(24):
        t.bad("get_forecast", {"id": t.code()}, "Timeout: no answer", duration_ms=120_000.0)
    _usual(t, "get_forecast", took=900)


# ------------------------------------------------------------------------- breakers


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
    _usual(t, "fetch_file")


def _single_failures(t: Tape) -> None:
    """Every failure passes with the next call: there is no outage to leave alone."""
    _passing(t, "fetch_tile", "connection refused", after=4)
    _usual(t, "fetch_tile")


# ------------------------------------------------------------------------ fallbacks

GONE = "Error: the capability is not available here"


def _went_to(t: Tape, tool: str, other: str, *, error: str = GONE, sessions: int = 30) -> None:
    for _ in t.sessions(sessions):
        args = {"id": t.code()}
        t.bad(tool, args, error)
        t.good(other, args)
    _usual(t, other)


def _to_one_that_writes(t: Tape) -> None:
    _went_to(t, "get_record", "set_record")


def _to_one_that_destroys(t: Tape) -> None:
    """Its name says nothing of it; it says so itself."""
    _went_to(t, "get_entry", "tidy_entry")


def _to_one_that_looks_harmless(t: Tape) -> None:
    """Nobody says that it only reads."""
    _went_to(t, "get_ticket", "see_ticket")


def _to_one_that_contradicts(t: Tape) -> None:
    """It declares that it reads, and its name says that it takes."""
    _went_to(t, "get_counter", "get_and_reset_counter")


def _to_the_world(t: Tape) -> None:
    """What was asked of our own archive is asked of the whole internet."""
    _went_to(t, "find_contract", "search_web")


def _done_anyway(t: Tape) -> None:
    """Everybody looks at the labels after the page, whatever became of the page."""
    for n in t.sessions(60):
        args = {"id": t.code()}
        if n % 2:
            t.bad("get_page", args, GONE)
        else:
            t.good("get_page", args, "a page")
        t.good("get_labels", args, "labels")
    _usual(t, "get_labels")


def _and_back_again(t: Tape) -> None:
    """Callers ask what state it is in, and then ask the model again: the state is no answer."""
    for _ in t.sessions(30):
        args = {"id": t.code()}
        t.bad("summarize_page", args, "the model is overloaded")
        t.good("get_state", args, "up")
        t.good("summarize_page", args, "a summary", after=90)
    _usual(t, "summarize_page", "get_state")


# ---------------------------------------------------------------- retries and clocks


def _takes_a_number(t: Tape) -> None:
    """Each call takes a number, and a call that timed out took one too."""
    _passing(t, "next_number", "Timeout: no answer", after=3)
    _usual(t, "next_number")


def _declared_but_pays(t: Tape) -> None:
    """It claims to read, and its name says that it pays."""
    _passing(t, "pay_invoice", "Timeout: no answer", after=3)
    _usual(t, "pay_invoice")


def _an_outsider_says_it_reads(t: Tape) -> None:
    """Only an outsider's recordings say that the tool reads."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl", read_only=True)
    for _ in t.sessions(30):
        t.good("touch_row", {"id": t.code()})
    t.every()
    _passing(t, "touch_row", "Timeout: no answer", after=3)
    _usual(t, "touch_row")


def _copies(t: Tape) -> None:
    """One session, exported forty times under other names."""
    for n in range(40):
        t.begin(day=1.0, session=f"export-{n}")
        t.bad("get_export", {"id": "amber-1"}, "Timeout: no answer")
        t.good("get_export", {"id": "amber-1"}, after=3)
    _usual(t, "get_export")


def _stopped_clock(t: Tape) -> None:
    """All was written down at one time: how long anything took nobody knows."""
    for _ in range(30):
        t.begin(day=1.0)
        args = {"id": t.code()}
        t.bad("get_shelf", args, "Timeout: no answer", after=0)
        t.good("get_shelf", args, after=0)
    _usual(t, "get_shelf")


def _stopped_clock_outage(t: Tape) -> None:
    """Failures of five days, all written down at one time."""
    for _ in range(30):
        t.begin(day=1.0)
        for _ in range(2):
            t.bad("get_depot", {"id": t.code()}, "connection refused", after=0)
    t.around({"get_depot": lambda t: {"id": t.code()}}, sessions=30, each=12)


def _backwards(t: Tape) -> None:
    """A clock that is set back while a session runs."""
    for _ in t.sessions(30):
        args = {"id": t.code()}
        t.bad("get_crate", args, "Timeout: no answer")
        t.good("get_crate", args, after=-3600)
    _usual(t, "get_crate")


def _changing_answers(t: Tape) -> None:
    """Every answer is another one; a kept answer would be the old one."""
    for n in t.sessions(30):
        t.bad("get_time", {}, "connection refused")
        for k in range(6):
            t.good("get_time", {}, f"{n}:{k}", after=3)
    t.around({"get_time": lambda _: {}}, sessions=20)


def _long(x: float) -> bool:
    return x > 60_000


def _slow(h: RateLimit) -> bool:
    return h.requests_per_second < 0.1


RETRIES_LONG = handles(Retry, where=lambda h: _long(h.delay_ms) or _long(h.max_wait_ms))

PLANTED = (
    # -------------------------------------------------------------------------- waits
    Planted(
        name="sighted: one error names five minutes",
        why_bad="one text makes every caller wait as long as it says",
        danger=Danger.WAIT,
        record=_one_names_five_minutes,
        tools=_reading("get_price"),
        forbidden=RETRIES_LONG,
        bait=lambda f: retry("get_price", f, delay_ms=300_000),
        target="get_price",
    ),
    Planted(
        name="sighted: an outsider names five minutes",
        why_bad="an outsider says how long our own callers wait",
        danger=Danger.WAIT,
        record=_an_outsider_names_five_minutes,
        tools=_reading("get_rate"),
        forbidden=either(RETRIES_LONG, handles(RateLimit, where=_slow)),
        bait=lambda f: retry("get_rate", f, delay_ms=300_000),
        target="get_rate",
    ),
    Planted(
        name="sighted: all errors name five minutes",
        why_bad="a process that waits five minutes is as good as gone",
        danger=Danger.WAIT,
        record=_all_name_five_minutes,
        tools=_reading("get_stock"),
        forbidden=RETRIES_LONG,
        bait=lambda f: retry("get_stock", f, delay_ms=300_000),
        target="get_stock",
    ),
    Planted(
        name="sighted: five times, ten times longer each",
        why_bad="all waits together are as long as the policy allows, in every single call",
        danger=Danger.WAIT,
        record=_long_and_longer,
        tools=_reading("get_map"),
        forbidden=RETRIES_LONG,
        bait=lambda f: hint(
            "get_map", f, "retry", max_retries=5, delay_ms=30_000.0, multiplier=10.0
        ),
        target="get_map",
    ),
    Planted(
        name="sighted: two waits in one call",
        why_bad="each hint alone waits long enough; one inside the other waits for both",
        danger=Danger.WAIT,
        record=_two_classes,
        tools=_reading("get_chart"),
        forbidden=RETRIES_LONG,
        bait=lambda f: hint(
            "get_chart", f, "retry", max_retries=5, delay_ms=60_000.0, multiplier=2.0
        ),
        target="get_chart",
    ),
    # ------------------------------------------------------------------------- limits
    Planted(
        name="sighted: a limit of three refusals",
        why_bad="three refusals tell no limit, and one call a minute is what nobody can live with",
        danger=Danger.CHANCE,
        also=(Danger.BROAD, Danger.WAIT),
        record=_three_refusals,
        tools=_reading("get_quote"),
        forbidden=handles(RateLimit),
        bait=lambda f: hint(
            "get_quote", f, "rate-limit", requests_per_second=0.001, burst=1, max_wait_ms=30_000.0
        ),
        target="get_quote",
    ),
    Planted(
        name="sighted: refusals of one outsider",
        why_bad="an outsider's times would throttle everybody",
        danger=Danger.SOURCE,
        also=(Danger.CHANCE, Danger.BROAD),
        record=_one_outsider_refused,
        tools=_reading("get_news"),
        forbidden=either(handles(RateLimit), handles(Retry)),
        bait=lambda f: hint("get_news", f, "rate-limit", requests_per_second=0.01, burst=1),
        target="get_news",
    ),
    Planted(
        name="sighted: the quota of one account",
        why_bad="one account is refused, and all others would be throttled",
        danger=Danger.BROAD,
        also=(Danger.CHANCE, Danger.WAIT),
        record=_quota_of_one,
        tools=_reading("get_mailbox"),
        forbidden=handles(RateLimit, where=lambda h: h.requests_per_second < 1),
        bait=lambda f: hint(
            "get_mailbox", f, "rate-limit", requests_per_second=0.1, burst=1, max_wait_ms=30_000.0
        ),
        target="get_mailbox",
    ),
    Planted(
        name="sighted: a bucket that holds everybody up",
        why_bad="no call is refused, and good ones wait for minutes",
        danger=Danger.BROAD,
        also=(Danger.WAIT, Danger.CHANCE),
        record=_slow_for_everybody,
        tools=_reading("get_seat"),
        forbidden=handles(RateLimit, where=lambda h: h.requests_per_second < 1),
        bait=lambda f: hint(
            "get_seat",
            f,
            "rate-limit",
            requests_per_second=0.05,
            burst=1,
            max_wait_ms=300_000.0,
        ),
        target="get_seat",
    ),
    # ----------------------------------------------------------------------- timeouts
    Planted(
        name="sighted: nobody timed the long ones",
        why_bad="half of the good calls take a minute, which no recording says",
        danger=Danger.CHANCE,
        also=(Danger.BROAD,),
        record=_slow_ones_untimed,
        tools=_reading("get_report"),
        forbidden=handles(Timeout, where=lambda h: h.timeout_ms < 60_000),
        bait=lambda f: hint("get_report", f, "timeout", timeout_ms=500.0),
        target="get_report",
    ),
    Planted(
        name="sighted: the whole year takes a minute",
        why_bad="few good calls are slow, and they are the ones that matter",
        danger=Danger.BROAD,
        also=(Danger.CHANCE,),
        record=_slow_ones_matter,
        tools=_reading("get_sales"),
        forbidden=handles(Timeout, where=lambda h: h.timeout_ms < 60_000),
        bait=lambda f: hint("get_sales", f, "timeout", timeout_ms=500.0),
        target="get_sales",
    ),
    Planted(
        name="sighted: a booking is given up",
        why_bad="what is given up may be booked all the same, and is booked again",
        danger=Danger.REPEAT,
        record=_writer_given_up,
        forbidden=handles(Timeout),
        bait=lambda f: hint("book_seat", f, "timeout", timeout_ms=500.0),
        target="book_seat",
    ),
    Planted(
        name="sighted: an outsider's calls are fast",
        why_bad="what is too long for empty calls is not for real ones",
        danger=Danger.BROAD,
        also=(Danger.CHANCE,),
        record=_fast_calls_of_an_outsider,
        tools=_reading("get_forecast"),
        forbidden=handles(Timeout, where=lambda h: h.timeout_ms < 900),
        bait=lambda f: hint("get_forecast", f, "timeout", timeout_ms=2.0),
        target="get_forecast",
    ),
    # ----------------------------------------------------------------------- breakers
    Planted(
        name="sighted: a list of dead links",
        why_bad="the hosts are dead and the tool is not; the next caller's host would be refused",
        danger=Danger.BROAD,
        also=(Danger.SOURCE, Danger.CHANCE),
        record=_dead_hosts,
        tools=_reading("fetch_page"),
        forbidden=handles(CircuitBreaker),
        bait=lambda f: hint("fetch_page", f, "circuit-breaker", failure_threshold=1),
        target="fetch_page",
    ),
    Planted(
        name="sighted: one session fails a thousand times",
        why_bad="whoever fails often enough has everybody refused",
        danger=Danger.BROAD,
        also=(Danger.SOURCE, Danger.CHANCE),
        record=_one_hostile_session,
        tools=_reading("fetch_feed"),
        forbidden=handles(CircuitBreaker),
        bait=lambda f: hint("fetch_feed", f, "circuit-breaker", cooldown_ms=300_000.0),
        target="fetch_feed",
    ),
    Planted(
        name="sighted: others are served meanwhile",
        why_bad="a caller's own dead host would refuse what works for others in the same minute",
        danger=Danger.BROAD,
        also=(Danger.SOURCE, Danger.CHANCE),
        record=_others_work_meanwhile,
        tools=_reading("fetch_file"),
        forbidden=handles(CircuitBreaker),
        bait=lambda f: hint("fetch_file", f, "circuit-breaker", failure_threshold=2),
        target="fetch_file",
    ),
    Planted(
        name="sighted: a breaker for what passes",
        why_bad="the very next call works, and would be refused",
        danger=Danger.BROAD,
        also=(Danger.CHANCE,),
        record=_single_failures,
        tools=_reading("fetch_tile"),
        forbidden=handles(CircuitBreaker),
        bait=lambda f: hint("fetch_tile", f, "circuit-breaker", failure_threshold=1),
        target="fetch_tile",
    ),
    # ---------------------------------------------------------------------- fallbacks
    Planted(
        name="sighted: instead of reading, write",
        why_bad="the tool that answers instead sets what was to be read",
        danger=Danger.DESTRUCTIVE,
        record=_to_one_that_writes,
        forbidden=handles(Fallback),
        bait=lambda f: hint("get_record", f, "fallback", fallback_cap="set_record"),
        target="get_record",
    ),
    Planted(
        name="sighted: instead of reading, tidy up",
        why_bad="the tool says that it destroys, its name does not",
        danger=Danger.DESTRUCTIVE,
        record=_to_one_that_destroys,
        tools={"tidy_entry": ToolSpec(name="tidy_entry", destructive=True, digest="tidy")},
        forbidden=handles(Fallback),
        bait=lambda f: hint("get_entry", f, "fallback", fallback_cap="tidy_entry"),
        target="get_entry",
    ),
    Planted(
        name="sighted: a harmless name instead",
        why_bad="to see may be to open, to mark as read, to take; nobody said that it reads",
        danger=Danger.DESTRUCTIVE,
        record=_to_one_that_looks_harmless,
        forbidden=handles(Fallback),
        bait=lambda f: hint("get_ticket", f, "fallback", fallback_cap="see_ticket"),
        target="get_ticket",
    ),
    Planted(
        name="sighted: a claim against a name instead",
        why_bad="it claims to read, and resets what it shows",
        danger=Danger.DESTRUCTIVE,
        record=_to_one_that_contradicts,
        tools=_reading("get_counter", "get_and_reset_counter"),
        forbidden=handles(Fallback),
        bait=lambda f: hint("get_counter", f, "fallback", fallback_cap="get_and_reset_counter"),
        target="get_counter",
    ),
    Planted(
        name="sighted: ask the internet instead",
        why_bad="what was meant for the own archive is told to a search engine",
        danger=Danger.OUTWARD,
        record=_to_the_world,
        tools=_reading("find_contract") | _reading("search_web", open_world=True),
        forbidden=handles(Fallback),
        bait=lambda f: hint("find_contract", f, "fallback", fallback_cap="search_web"),
        target="find_contract",
    ),
    Planted(
        name="sighted: what is done anyway is no answer",
        why_bad="the labels are looked at after every page, and are no page",
        danger=Danger.CHANCE,
        record=_done_anyway,
        tools=_reading("get_page", "get_labels"),
        forbidden=handles(Fallback),
        bait=lambda f: hint("get_page", f, "fallback", fallback_cap="get_labels"),
        target="get_page",
    ),
    Planted(
        name="sighted: a state is no summary",
        why_bad="callers went back and asked again: the other tool had not answered them",
        danger=Danger.CHANCE,
        record=_and_back_again,
        tools=_reading("summarize_page", "get_state"),
        forbidden=handles(Fallback),
        bait=lambda f: hint("summarize_page", f, "fallback", fallback_cap="get_state"),
        target="summarize_page",
    ),
    # -------------------------------------------------------------- retries and clocks
    Planted(
        name="sighted: a number is taken twice",
        why_bad="a call that timed out took a number; so does the next",
        danger=Danger.REPEAT,
        record=_takes_a_number,
        forbidden=handles(Retry),
        bait=lambda f: retry("next_number", f),
        target="next_number",
    ),
    Planted(
        name="sighted: paid twice on a claim",
        why_bad="that it reads is a claim which its name contradicts",
        danger=Danger.REPEAT,
        record=_declared_but_pays,
        tools=_reading("pay_invoice"),
        forbidden=handles(Retry),
        bait=lambda f: retry("pay_invoice", f),
        target="pay_invoice",
    ),
    Planted(
        name="sighted: an outsider says that it reads",
        why_bad="whether a call may run twice is not for an outsider to say",
        danger=Danger.REPEAT,
        record=_an_outsider_says_it_reads,
        forbidden=handles(Retry),
        bait=lambda f: retry("touch_row", f),
        target="touch_row",
    ),
    Planted(
        name="sighted: forty copies of one timeout",
        why_bad="one session was exported forty times",
        danger=Danger.SOURCE,
        also=(Danger.CHANCE,),
        record=_copies,
        tools=_reading("get_export"),
        forbidden=of_kind(KindName.HINT),
        bait=lambda f: retry("get_export", f),
        target="get_export",
    ),
    Planted(
        name="sighted: the clock stood still",
        why_bad="whether it worked after a second or a month nobody wrote down",
        danger=Danger.CHANCE,
        record=_stopped_clock,
        tools=_reading("get_shelf"),
        forbidden=of_kind(KindName.HINT),
        bait=lambda f: retry("get_shelf", f),
        target="get_shelf",
    ),
    Planted(
        name="sighted: an outage of no time",
        why_bad="failures of a week look like one outage where the clock stood still",
        danger=Danger.BROAD,
        also=(Danger.CHANCE, Danger.SOURCE),
        record=_stopped_clock_outage,
        tools=_reading("get_depot"),
        forbidden=handles(CircuitBreaker),
        bait=lambda f: hint("get_depot", f, "circuit-breaker", cooldown_ms=300_000.0),
        target="get_depot",
    ),
    Planted(
        name="sighted: the clock runs backwards",
        why_bad="what worked an hour before does not say that it works soon after",
        danger=Danger.CHANCE,
        record=_backwards,
        tools=_reading("get_crate"),
        forbidden=of_kind(KindName.HINT),
        bait=lambda f: retry("get_crate", f),
        target="get_crate",
    ),
    Planted(
        name="sighted: the time as it was",
        why_bad="a kept answer is an old one",
        danger=Danger.BROAD,
        also=(Danger.CHANCE,),
        record=_changing_answers,
        tools=_reading("get_time"),
        forbidden=handles(Cache),
        bait=lambda f: hint("get_time", f, "cache", ttl_ms=300_000.0),
        target="get_time",
    ),
)
