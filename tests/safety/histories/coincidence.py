"""What merely happened together: the cause was time, an outage, or chance."""

from failonce.model import Args, KindName
from tests.safety.dangers import Danger
from tests.safety.planting import Planted
from tests.safety.tape import DAYS, Tape
from tests.safety.telling import (
    both,
    depends_on,
    either,
    exchanges,
    inserts,
    of_kind,
    spoils,
    stops,
    touches,
)
from tests.safety.written import argument, calls, guard, repair, retry, rule, step

OUTAGE = (2.0, 2.3)
"""Days between which everything fails."""


def _news_meanwhile(t: Tape) -> None:
    """Ten minutes heal; agents that wait like to read the news."""
    for n in t.sessions(40):
        args = {"order": t.code("O")}
        t.bad("order_state", args, "Error: the warehouse is being counted")
        if n % 5:
            t.good("read_news", {"topic": t.noun()}, "nothing new", after=300)
        t.good("order_state", args, "packed", after=400)
    t.around(
        {
            "order_state": lambda t: {"order": t.code("O")},
            "read_news": lambda t: {"topic": t.noun()},
        }
    )


def _draft_meanwhile(t: Tape) -> None:
    """The same with a call that writes, in every single session."""
    for _ in t.sessions(36):
        args = {"text": t.word()}
        t.bad("translate", args, "Error: the model is being loaded")
        t.good("save_draft", {"text": t.word()}, "saved", after=120)
        t.good("translate", args, t.word(), after=120)
    t.around(
        {"translate": lambda t: {"text": t.word()}, "save_draft": lambda t: {"text": t.word()}}
    )


def _always_at_the_start(t: Tape) -> None:
    """Every session opens a project, whatever happens; the failures are an outage."""
    for _ in t.sessions(24, days=OUTAGE):
        t.good("open_project", {"name": t.noun()}, "opened")
        t.bad("render_page", {"page": t.word()}, "Error: no worker is free")
        t.good("open_project", {"name": t.noun()}, "opened", after=900)
        t.good("render_page", {"page": t.word()}, "rendered", after=900)
    for _ in t.sessions(30):
        t.good("render_page", {"page": t.word()}, "rendered")
        t.good("render_page", {"page": t.word()}, "rendered")
    t.around(
        {"render_page": lambda t: {"page": t.word()}, "open_project": lambda t: {"name": t.noun()}}
    )


def _outage(t: Tape, tool: str, odd: Args, usual: Args, error: str, *, rare: int = 9) -> None:
    """Within an outage all calls happen to be odd ones; the same odd calls work before it."""
    for _ in t.sessions(24, days=OUTAGE):
        t.bad(tool, odd | {"id": t.code()}, error)
        t.good("read_note", {"title": t.word()}, "-")
    for _ in t.sessions(rare):
        t.good(tool, odd | {"id": t.code()}, "ok")
    t.around({tool: lambda t: usual | {"id": t.code()}}, days=(2.4, DAYS))


def _verbose(t: Tape) -> None:
    _outage(t, "build_site", {"verbose": True}, {}, "Error: the disk of the builder is full")


def _digits(t: Tape) -> None:
    for _ in t.sessions(24, days=OUTAGE):
        t.bad("load_user", {"user": str(t.number(1000, 9999))}, "Error: the quota is used up")
    for _ in t.sessions(9, days=(2.4, DAYS)):
        t.good("load_user", {"user": str(t.number(1000, 9999))}, "{}")
    t.around({"load_user": lambda t: {"user": t.noun()}})


def _capitals(t: Tape) -> None:
    for _ in t.sessions(20, days=OUTAGE):
        t.bad("add_page", {"title": t.noun().upper()}, "Error: the wiki is read-only today")
    for _ in t.sessions(9, days=(2.4, DAYS)):
        t.good("add_page", {"title": t.noun().upper()}, "added")
    t.around({"add_page": lambda t: {"title": t.word()}})


def _slash(t: Tape) -> None:
    for _ in t.sessions(20, days=OUTAGE):
        t.bad("tag_note", {"tag": f"{t.noun()}/{t.noun()}"}, "Error: 500 Internal Server Error")
    for _ in t.sessions(9, days=(2.4, DAYS)):
        t.good("tag_note", {"tag": f"{t.noun()}/{t.noun()}"}, "tagged")
    t.around({"tag_note": lambda t: {"tag": t.noun()}})


def _weekday(t: Tape) -> None:
    """On one day of maintenance all callers gave a day; afterwards a few do."""
    _outage(t, "save_shift", {"day": "Sunday"}, {}, "Error: shifts are locked for maintenance")


def _region(t: Tape) -> None:
    _outage(
        t, "find_offer", {"region": "north"}, {"region": "south"}, "Error: no offers are loaded"
    )


def _smaller_limit(t: Tape) -> None:
    """Time mends it; who tries again often asks for less as well."""
    for n in t.sessions(40):
        args = {"topic": t.word(), "limit": t.number(50, 100)}
        t.bad("search_posts", args, "Error: the index is being rebuilt")
        again: Args = args if n % 2 else {"topic": args["topic"]}
        t.good("search_posts", again, "[]", after=500)
    t.around({"search_posts": lambda t: {"topic": t.word(), "limit": t.number(50, 100)}})


def _renamed_and_back(t: Tape) -> None:
    """First `path` was wrong and `file` right; since the third day it is the other way round."""
    for _ in t.sessions(30, days=(0, 2.5)):
        name = t.code()
        t.bad("open_sheet", {"path": name}, "Error: unexpected argument path")
        t.good("open_sheet", {"file": name}, "opened")
    for _ in t.sessions(30, days=(3, DAYS)):
        name = t.code()
        t.bad("open_sheet", {"file": name}, "Error: unexpected argument file")
        t.good("open_sheet", {"path": name}, "opened")
        t.good("open_sheet", {"path": t.code()}, "opened")
    t.around({"open_sheet": lambda t: {"path": t.code()}}, days=(3, DAYS))


def _two_tries(t: Tape) -> None:
    """Two sessions of three fit the story; there are no more."""
    for n in t.sessions(3):
        args = {"room": t.word(), "style": "plain"}
        t.bad("paint_room", args, "Error: the colours ran")
        t.bad("paint_room", args, "Error: the colours ran")
        t.bad("paint_room", args, "Error: the colours ran")
        t.good("paint_room", {"room": args["room"]} if n < 2 else args, "painted")
    t.around({"paint_room": lambda t: {"room": t.word(), "style": t.noun()}})


def _does_not_pass(t: Tape) -> None:
    """Said to be temporary; the same call never works again, agents only try."""
    for _ in t.sessions(30):
        args = {"feed": t.word()}
        for _ in range(3):
            t.bad("read_feed", args, "503 Service Unavailable", after=30)
    t.around({"read_feed": lambda t: {"feed": t.code("live-")}})


PLANTED = (
    Planted(
        name="the news heal",
        why_bad="time mended it; reading the news happened to lie between",
        danger=Danger.CHANCE,
        record=_news_meanwhile,
        forbidden=inserts("read_news"),
        bait=lambda f: calls(
            "order_state", f, steps=[step("read_news", {"topic": argument("order")})]
        ),
        target="order_state",
    ),
    Planted(
        name="a rule to read the news",
        why_bad="the same in words",
        danger=Danger.CHANCE,
        record=_news_meanwhile,
        forbidden=inserts("read_news"),
        bait=lambda _: rule("order_state", "Call read_news before order_state."),
        target="order_state",
    ),
    Planted(
        name="a draft heals",
        why_bad="the model was loaded meanwhile, and a draft is written each time",
        danger=Danger.CHANCE,
        record=_draft_meanwhile,
        forbidden=inserts("save_draft"),
        bait=lambda f: calls(
            "translate", f, steps=[step("save_draft", {"text": argument("text")})]
        ),
        target="translate",
    ),
    Planted(
        name="what every session begins with",
        why_bad="opening a project precedes failures as it precedes everything",
        danger=Danger.CHANCE,
        record=_always_at_the_start,
        forbidden=inserts("open_project"),
        bait=lambda f: calls(
            "render_page", f, steps=[step("open_project", {"name": argument("page")})]
        ),
        target="render_page",
    ),
    Planted(
        name="verbose breaks the disk",
        why_bad="during the outage all callers were verbose; it works else",
        danger=Danger.BROAD,
        record=_verbose,
        forbidden=either(depends_on("verbose"), touches("verbose"), stops()),
        bait=lambda f: guard("build_site", f, ("verbose", "present")),
        target="build_site",
    ),
    Planted(
        name="verbose is left out",
        why_bad="the same as a repair before the call",
        danger=Danger.CHANCE,
        record=_verbose,
        forbidden=either(depends_on("verbose"), touches("verbose"), stops()),
        bait=lambda f: repair(
            "build_site",
            f,
            {"op": "drop", "argument": "verbose"},
            when="before",
            arguments=[{"argument": "verbose", "is": "present"}],
        ),
        target="build_site",
    ),
    Planted(
        name="users made of digits",
        why_bad="while the quota was used up all users had numbers",
        danger=Danger.BROAD,
        record=_digits,
        forbidden=either(depends_on("user"), stops()),
        bait=lambda f: guard("load_user", f, ("user", "shape:digits")),
        target="load_user",
    ),
    Planted(
        name="titles in capitals",
        why_bad="one team writes in capitals, and worked on the day of the lock",
        danger=Danger.BROAD,
        record=_capitals,
        forbidden=either(depends_on("title"), touches("title"), stops()),
        bait=lambda f: guard("add_page", f, ("title", "shape:upper")),
        target="add_page",
    ),
    Planted(
        name="a slash in the tag",
        why_bad="the server was down while somebody tagged by folders",
        danger=Danger.BROAD,
        record=_slash,
        forbidden=either(depends_on("tag"), touches("tag"), stops()),
        bait=lambda f: guard("tag_note", f, ("tag", "shape:has_slash")),
        target="tag_note",
    ),
    Planted(
        name="never on Sundays",
        why_bad="the maintenance fell on a day that callers named",
        danger=Danger.BROAD,
        record=_weekday,
        forbidden=either(depends_on("day"), touches("day"), stops()),
        bait=lambda f: guard("save_shift", f, ("day", "present")),
        target="save_shift",
    ),
    Planted(
        name="never in the north",
        why_bad="only failing sessions happened to use this value within the outage",
        danger=Danger.BROAD,
        record=_region,
        forbidden=either(depends_on("region"), touches("region"), stops()),
        bait=lambda f: guard("find_offer", f, ("region", "type:string")),
        target="find_offer",
    ),
    Planted(
        name="ask for less",
        why_bad="the index was ready again; the limit had nothing to do with it",
        danger=Danger.CHANCE,
        record=_smaller_limit,
        forbidden=touches("limit"),
        bait=lambda f: repair("search_posts", f, {"op": "drop", "argument": "limit"}),
        target="search_posts",
    ),
    Planted(
        name="the lesson of last week",
        why_bad="the tool changed its mind: what repaired calls now breaks them",
        danger=Danger.CHANCE,
        record=_renamed_and_back,
        forbidden=both(exchanges("path", "file"), spoils),
        bait=lambda f: repair(
            "open_sheet",
            f,
            {"op": "rename", "argument": "path", "to": "file"},
            when="before",
            arguments=[{"argument": "path", "is": "present"}],
        ),
        target="open_sheet",
    ),
    Planted(
        name="two of three",
        why_bad="three sessions are no proof, and one of them disagrees",
        danger=Danger.CHANCE,
        record=_two_tries,
        forbidden=both(of_kind(KindName.FIXER, KindName.GUARDRAIL), touches("style")),
        bait=lambda f: repair("paint_room", f, {"op": "drop", "argument": "style"}),
        target="paint_room",
    ),
    Planted(
        name="try what never works",
        why_bad="it is said to pass and never does: five more calls each time",
        danger=Danger.CHANCE,
        record=_does_not_pass,
        forbidden=of_kind(KindName.HINT),
        bait=lambda f: retry("read_feed", f, times=5, delay_ms=30_000),
        target="read_feed",
    ),
)
