"""Other calls that help, errors that pass, and calls that fail anyway."""

from collections.abc import Callable

from failonce.model import KindName
from tests.safety.made import reading, tool, tools
from tests.safety.planting import Learned, Sound
from tests.safety.tape import Tape
from tests.safety.telling import (
    depends_on,
    either,
    inserts,
    makes,
    mends,
    prevents,
    repeats,
)

FAILING = 36
"""Sessions in which a mistake is made."""

# --------------------------------------------------------------------- other calls first


def _valve(t: Tape) -> None:
    for n in t.sessions(FAILING):
        pump = {"pump": t.code("P")}
        t.bad("start_pump", pump, "Error: the valve is closed")
        if n % 4 == 0:
            t.bad("start_pump", pump, "Error: the valve is closed", after=60)
        t.good("open_valve", pump, "open")
        t.good("start_pump", pump, "running")
    t.around(
        {"start_pump": lambda t: {"pump": t.code("P")}, "read_gauge": lambda t: {"pump": t.code()}},
        each=12,
    )


def _session_first(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        t.good("read_gauge", {"pump": t.code()}, "3.2")
        args = {"plan": t.word()}
        t.bad("show_plan", args, "Error: no drawing board is open")
        t.good("open_board", {}, "open")
        t.good("show_plan", args, "-")
    for _ in t.sessions(20):
        t.good("open_board", {}, "open")
        for _ in range(5):
            t.good("show_plan", {"plan": t.word()}, "-")
    t.around({"read_gauge": lambda t: {"pump": t.code()}})


def _lid(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"programme": t.number(1, 9)}
        t.bad("start_washer", args, "Error: the lid is open")
        t.good("close_lid", {}, "closed")
        t.bad("start_washer", args, "Error: the lid is not locked")
        t.good("lock_lid", {}, "locked")
        t.good("start_washer", args, "washing")
    for _ in t.sessions(20):
        t.good("close_lid", {}, "closed")
        t.good("lock_lid", {}, "locked")
        for _ in range(4):
            t.good("start_washer", {"programme": t.number(1, 9)}, "washing")
    t.around({"read_gauge": lambda t: {"pump": t.code()}})


def _look_up(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        title, doc = t.code("Plan "), t.code("D")
        t.bad("open_document", {"document": title}, f"Error: {title} is no document")
        t.good("find_documents", {"title": title}, f'["{doc}"]')
        t.good("open_document", {"document": doc}, "-")
    t.around({"open_document": lambda t: {"document": t.code("D")}}, each=12)


def _locate(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        name, folder = f"{t.code()}.txt", t.noun()
        t.bad("print_file", {"path": name}, f"Error: {name} does not exist")
        t.good("search_paths", {"name": name}, f'["{folder}/{name}"]')
        t.good("print_file", {"path": f"{folder}/{name}"}, "-")
    t.around(
        {
            "print_file": lambda t: {"path": f"{t.noun()}/{t.code()}.txt"},
            "search_paths": lambda t: {"name": t.noun()},
        },
        each=12,
        text='["a/b", "b/b"]',
    )


def _walk_there(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        folder, name = t.noun(), f"{t.code()}.txt"
        t.bad("show_text", {"file": f"{folder}/{name}"}, "Error: a name may not hold a slash")
        t.good("enter_folder", {"folder": folder}, "entered")
        t.good("show_text", {"file": name}, "-")
        t.good("enter_folder", {"folder": ".."}, "entered")
    t.around(
        {
            "show_text": lambda t: {"file": f"{t.code()}.txt"},
            "enter_folder": lambda t: {"folder": t.noun()},
        },
        each=12,
    )


def _as_much_as_fits(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        level = t.number(10, 40)
        error = "Error: more than the 50 litres that the tank holds"
        t.bad("top_up", {"litres": t.number(50, 90)}, error)
        t.good("tank_level", {}, str(level))
        t.good("top_up", {"litres": 50 - level}, "topped up")
    t.around(
        {"top_up": lambda t: {"litres": t.number(1, 9)}, "tank_level": lambda _: {}},
        each=12,
        text="12",
    )


def _only_if_absent(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        name = t.word()
        t.bad("make_album", {"name": name}, f"Error: there is an album {name} already")
        t.good("list_albums", {}, f'["{name}", "{t.code()}"]')
        t.good("open_album", {"name": name}, "-")
    for _ in t.sessions(20):
        t.good("list_albums", {}, f'["{t.code()}", "{t.code()}"]')
        for _ in range(4):
            t.good("make_album", {"name": t.code()}, "made")
    t.around({"open_album": lambda t: {"name": t.word()}})


# ------------------------------------------------------------------------ passing errors


def _too_fast(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"share": t.code()}
        t.bad("get_quote", args, "429 Too Many Requests", retry_after_s=3.0)
        t.good("get_quote", args, "12.5", after=4)
    t.around({"get_quote": lambda t: {"share": t.code()}}, each=12)


def _slow_server(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"city": t.noun()}
        t.bad("read_forecast", args, "Error: the request timed out", read_only=True)
        t.good("read_forecast", args, "rain", after=6)
    t.around({"read_forecast": lambda t: {"city": t.noun()}}, each=12)


def _put_again(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"object": t.code(), "data": t.word()}
        t.bad("put_object", args, "503 Service Unavailable")
        t.good("put_object", args, "stored", after=5)
    t.around({"put_object": lambda t: {"object": t.code(), "data": t.word()}}, each=12)


# ------------------------------------------------------------------------ what fails anyway


def _absolute(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        t.bad("read_lines", {"path": f"/srv/{t.code()}"}, "Error: the path must be relative")
    t.around({"read_lines": lambda t: {"path": f"{t.noun()}/{t.code()}"}}, each=14)


def _either_or(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"width": t.number(1, 99), "scale": t.number(2, 9)}
        t.bad("draw_chart", args, "Error: width and scale exclude each other")
    t.around({"draw_chart": lambda t: {"width": t.number(1, 99)}}, each=14)
    t.around({"draw_chart": lambda t: {"scale": t.number(2, 9)}}, each=14)


def _not_a_list(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        t.bad("sum_up", {"numbers": {t.noun(): t.number(1, 9)}}, "Error: numbers must be a list")
    t.around({"sum_up": lambda t: {"numbers": [t.number(1, 9), 4]}}, each=14)


def _again_and_again(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"door": t.word()}
        for _ in range(t.number(3, 5)):
            t.bad("open_door", args, "Error: the door is bolted from inside")
        t.good("read_note", {"title": t.word()}, "-")
    t.around({"open_door": lambda t: {"door": t.code("front-")}}, each=14)


def _hint(tool: str) -> Callable[[Learned], bool]:
    return lambda x: x.kind is KindName.HINT and repeats(tool)(x)


def _stop_repeating(x: Learned) -> bool:
    return "repeated" in str(x.document.get("match")) and prevents("open_door", share=0.3)(x)


SOUND = (
    Sound(
        name="a valve before the pump",
        why_good="intervention: the same call works once the valve is open, and not by waiting",
        record=_valve,
        wanted=inserts("open_valve"),
    ),
    Sound(
        name="a board before the plan",
        why_good="the same without any value, which nobody's secret can hide in",
        record=_session_first,
        wanted=inserts("open_board"),
    ),
    Sound(
        name="lid, lock, start",
        why_good="two steps in a row, each mends the error that it follows",
        record=_lid,
        wanted=inserts("close_lid", "lock_lid"),
    ),
    Sound(
        name="look the document up",
        why_good="the search is read-only and brings the one id",
        record=_look_up,
        wanted=either(makes("find_documents"), mends("open_document")),
        tools=reading("find_documents", "open_document"),
    ),
    Sound(
        name="search for the file",
        why_good="the name is kept and only its folder is added",
        record=_locate,
        wanted=either(makes("search_paths"), mends("print_file")),
        tools=reading("search_paths", "print_file"),
    ),
    Sound(
        name="go there and back",
        why_good="the folder of the path, then its name, then back",
        record=_walk_there,
        wanted=makes("enter_folder"),
    ),
    Sound(
        name="as much as fits",
        why_good="the limit stands in the error, the level is read first",
        record=_as_much_as_fits,
        wanted=makes("tank_level"),
        tools=reading("tank_level"),
    ),
    Sound(
        name="only if it is not there",
        why_good="a look tells before the call that it would fail",
        record=_only_if_absent,
        wanted=makes("list_albums"),
        tools=reading("list_albums"),
    ),
    Sound(
        name="wait as long as the server says",
        why_good="a question may be asked twice",
        record=_too_fast,
        wanted=_hint("get_quote"),
        tools=reading("get_quote"),
    ),
    Sound(
        name="ask the forecast again",
        why_good="reading is safe to repeat, and the second try works",
        record=_slow_server,
        wanted=_hint("read_forecast"),
        tools=reading("read_forecast"),
    ),
    Sound(
        name="store the same object again",
        why_good="the tool declares that twice is once",
        record=_put_again,
        wanted=_hint("put_object"),
        tools=tools(tool("put_object", closed=False, idempotent=True)),
    ),
    Sound(
        name="no absolute paths",
        why_good="none ever worked, all relative ones did",
        record=_absolute,
        wanted=either(depends_on("path"), prevents("read_lines")),
    ),
    Sound(
        name="width or scale",
        why_good="each works, both never do",
        record=_either_or,
        wanted=prevents("draw_chart"),
    ),
    Sound(
        name="an object is no list",
        why_good="the type alone tells",
        record=_not_a_list,
        wanted=prevents("sum_up"),
    ),
    Sound(
        name="not the same again",
        why_good="nothing changed in between, and it never worked",
        record=_again_and_again,
        wanted=_stop_repeating,
    ),
)
