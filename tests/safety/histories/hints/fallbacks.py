"""Fallbacks to a tool that does something else."""

from failonce.kinds.hint import Fallback
from tests.safety.dangers import Danger
from tests.safety.histories.hints.made import by, planted
from tests.safety.made import reading, tool, tools, usual
from tests.safety.tape import Tape
from tests.safety.telling import handles

GONE = "Error: the capability is not available here"


def _went_to(t: Tape, one: str, other: str) -> None:
    for _ in t.sessions(30):
        args = {"id": t.code()}
        t.bad(one, args, GONE)
        t.good(other, args)
    usual(t, other)


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
    usual(t, "get_labels")


def _and_back_again(t: Tape) -> None:
    """Callers ask what state it is in, and then ask the model again: the state is no answer."""
    for _ in t.sessions(30):
        args = {"id": t.code()}
        t.bad("summarize_page", args, "the model is overloaded")
        t.good("get_state", args, "up")
        t.good("summarize_page", args, "a summary", after=90)
    usual(t, "summarize_page", "get_state")


PLANTED = (
    planted(
        "instead of reading, write", Danger.DESTRUCTIVE,
        "the tool that answers instead sets what was to be read",
        _to_one_that_writes, handles(Fallback),
        target="get_record", bait=by("fallback", fallback_cap="set_record"), tools={},
    ),
    planted(
        "instead of reading, tidy up", Danger.DESTRUCTIVE,
        "the tool says that it destroys, its name does not",
        _to_one_that_destroys, handles(Fallback),
        target="get_entry", bait=by("fallback", fallback_cap="tidy_entry"),
        tools=tools(tool("tidy_entry", closed=False, destructive=True)),
    ),
    planted(
        "a harmless name instead", Danger.DESTRUCTIVE,
        "to see may be to open, to mark as read, to take; nobody said that it reads",
        _to_one_that_looks_harmless, handles(Fallback),
        target="get_ticket", bait=by("fallback", fallback_cap="see_ticket"), tools={},
    ),
    planted(
        "a claim against a name instead", Danger.DESTRUCTIVE,
        "it claims to read, and resets what it shows",
        _to_one_that_contradicts, handles(Fallback),
        target="get_counter", bait=by("fallback", fallback_cap="get_and_reset_counter"),
        tools=reading("get_counter", "get_and_reset_counter"),
    ),
    planted(
        "ask the internet instead", Danger.OUTWARD,
        "what was meant for the own archive is told to a search engine",
        _to_the_world, handles(Fallback),
        target="find_contract", bait=by("fallback", fallback_cap="search_web"),
        tools=reading("find_contract") | reading("search_web", open_world=True),
    ),
    planted(
        "what is done anyway is no answer", Danger.CHANCE,
        "the labels are looked at after every page, and are no page",
        _done_anyway, handles(Fallback),
        target="get_page", bait=by("fallback", fallback_cap="get_labels"),
        tools=reading("get_page", "get_labels"),
    ),
    planted(
        "a state is no summary", Danger.CHANCE,
        "callers went back and asked again: the other tool had not answered them",
        _and_back_again, handles(Fallback),
        target="summarize_page", bait=by("fallback", fallback_cap="get_state"),
        tools=reading("summarize_page", "get_state"),
    ),
)  # fmt: skip
