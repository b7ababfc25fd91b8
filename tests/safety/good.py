"""Histories with a lesson in them that is worth learning, in the spirit of the bad ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from failonce.model import Args, Json, KindName, Parameter, ToolSpec
from tests.safety import good_worlds
from tests.safety.planting import (
    Learned,
    Sound,
    depends_on,
    either,
    inserts,
    makes,
    mends,
    prevents,
    repeats,
    runs,
)
from tests.safety.tape import Tape

FAILING = 36
"""Sessions in which a mistake is made and mended."""

Value = Callable[[Tape], Json]


def _mistake(
    tool: str, error: str, argument: str, wrong: Value, right: Callable[[Json], Json]
) -> Callable[[Tape], None]:
    """Sessions in which one argument is given wrongly first and rightly then."""

    def record(t: Tape) -> None:
        for _ in t.sessions(FAILING):
            given, other = wrong(t), t.code()
            t.bad(tool, {"id": other, argument: given}, f"Error: {error}")
            t.good(tool, {"id": other, argument: right(given)})
        t.around({tool: lambda t: {"id": t.code(), argument: right(wrong(t))}}, each=12)

    return record


def _renamed(t: Tape, *, hidden: bool = False) -> None:
    for _ in t.sessions(FAILING):
        name = f"{t.code()}.txt"
        if hidden:
            error = '{"error": "unexpected argument path", "success": false}'
            t.good("open_text", {"path": name}, error)
        else:
            t.bad("open_text", {"path": name}, "Error: unexpected argument 'path'")
        t.good("open_text", {"file": name})
    t.around({"open_text": lambda t: {"file": f"{t.code()}.txt"}}, each=12)


def _hidden(t: Tape) -> None:
    _renamed(t, hidden=True)


_KEYS = ("colour", "size", "maker", "year")


def _json_text(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        key, colour = t.random.choice(_KEYS), t.noun()
        error = "Error: filter must be an object, not a string"
        t.bad("count_parts", {"filter": f'{{"{key}": "{colour}"}}'}, error)
        t.good("count_parts", {"filter": {key: colour}}, "4")
    t.around({"count_parts": lambda t: {"filter": {t.random.choice(_KEYS): t.noun()}}}, each=12)


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


# ----------------------------------------------------------------------------- static ones


def _wrong_name(wrong: str, right: str) -> Callable[[Tape], None]:
    def record(t: Tape) -> None:
        for _ in t.sessions(FAILING):
            args = {"of": t.code()}
            t.bad(wrong, args, f"Error: unknown tool {wrong}")
            t.good(right, args, "-")
        t.around({right: lambda t: {"of": t.code()}}, each=12)

    return record


def _tools(*specs: ToolSpec) -> Mapping[str, ToolSpec]:
    return {spec.name: replace(spec, digest=f"schema-of-{spec.name}") for spec in specs}


def _text(name: str, *choices: Json, required: bool = True) -> Parameter:
    return Parameter(name=name, types=("string",), required=required, choices=choices)


def _choice(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args = {"ticket": t.code(), "state": "In Progress"}
        t.bad("move_ticket", args, "Error: In Progress is not a state")
        t.good("move_ticket", args | {"state": "in_progress"})
    t.around({"move_ticket": lambda t: {"ticket": t.code(), "state": "done"}}, each=12)


def _wrapped(t: Tape) -> None:
    for _ in t.sessions(FAILING):
        args: Args = {"ticket": t.code(), "state": "done"}
        t.bad("move_ticket", {"arguments": args}, "Error: missing required argument ticket")
        t.good("move_ticket", args)
    t.around({"move_ticket": lambda t: {"ticket": t.code(), "state": "done"}}, each=12)


_MOVE = _tools(
    ToolSpec(
        name="move_ticket",
        parameters=(_text("ticket"), _text("state", "open", "in_progress", "done")),
        closed=True,
    )
)


def _hint(tool: str) -> Callable[[Learned], bool]:
    return lambda x: x.kind is KindName.HINT and repeats(tool)(x)


def _stop_repeating(x: Learned) -> bool:
    return "repeated" in str(x.document.get("match")) and prevents("open_door", share=0.3)(x)


def _reads(*names: str) -> Mapping[str, ToolSpec]:
    return _tools(*(ToolSpec(name=name, read_only=True) for name in names))


def _quoted(t: Tape) -> Json:
    return f'"{t.word()}"'


SOUND = (
    *good_worlds.SOUND,
    Sound(
        name="an argument renamed",
        why_good="path is called file here",
        record=_renamed,
        wanted=mends("open_text"),
    ),
    Sound(
        name="an argument renamed, the error hidden",
        why_good="the same where no flag says that it failed",
        record=_hidden,
        wanted=mends("open_text"),
    ),
    Sound(
        name="a number in quotes",
        why_good="the tool takes whole numbers",
        record=_mistake(
            "set_timer",
            "minutes must be an integer",
            "minutes",
            lambda t: str(t.number(1, 90)),
            lambda v: int(str(v)),
        ),
        wanted=mends("set_timer"),
    ),
    Sound(
        name="one tag without its list",
        why_good="the tool takes a list",
        record=_mistake("label", "tags must be a list", "tags", lambda t: t.noun(), lambda v: [v]),
        wanted=mends("label"),
    ),
    Sound(
        name="a list in a text",
        why_good="commas separate what the tool wants in a list",
        record=_mistake(
            "invite_all",
            "guests must be an array",
            "guests",
            lambda t: f"{t.noun()}, {t.noun()}",
            lambda v: str(v).split(", "),
        ),
        wanted=mends("invite_all"),
    ),
    Sound(
        name="json in a text",
        why_good="the tool takes an object",
        record=_json_text,
        wanted=mends("count_parts"),
    ),
    Sound(
        name="a date with slashes",
        why_good="year first, so nothing is guessed",
        record=_mistake(
            "list_flights",
            "the day must look like YYYY-MM-DD",
            "day",
            lambda t: f"2026/0{t.number(1, 9)}/{t.number(10, 28)}",
            lambda v: str(v).replace("/", "-"),
        ),
        wanted=mends("list_flights"),
    ),
    Sound(
        name="a currency in small letters",
        why_good="codes are in capitals",
        record=_mistake(
            "convert",
            "unknown currency",
            "currency",
            lambda t: t.noun()[:3],
            lambda v: str(v).upper(),
        ),
        wanted=mends("convert"),
    ),
    Sound(
        name="quotes around a name",
        why_good="the quotes belong to the language, not to the name",
        record=_mistake(
            "greet", "names have no quotes", "who", _quoted, lambda v: str(v).strip('"')
        ),
        wanted=mends("greet"),
    ),
    Sound(
        name="blanks around a name",
        why_good="they mean nothing",
        record=_mistake(
            "greet_again",
            "names have no blanks around them",
            "who",
            lambda t: f" {t.word()} ",
            lambda v: str(v).strip(),
        ),
        wanted=mends("greet_again"),
    ),
    Sound(
        name="a branch in full",
        why_good="the prefix is the tool's own, and the name is kept",
        record=_mistake(
            "show_branch",
            "a ref begins with refs/heads/",
            "ref",
            lambda t: t.word(),
            lambda v: f"refs/heads/{v}",
        ),
        wanted=mends("show_branch"),
    ),
    Sound(
        name="a page with its ending",
        why_good="the ending is the tool's own, and the name is kept",
        record=_mistake(
            "show_page", "pages end in .md", "page", lambda t: t.code(), lambda v: f"{v}.md"
        ),
        wanted=mends("show_page"),
    ),
    Sound(
        name="a handle without its sign",
        why_good="the sign is a way of writing; every caller leaves it out then",
        record=_mistake(
            "show_profile",
            "no @ before a handle",
            "handle",
            lambda t: f"@{t.word()}",
            lambda v: str(v).removeprefix("@"),
        ),
        wanted=mends("show_profile"),
    ),
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
        tools=_reads("find_documents", "open_document"),
    ),
    Sound(
        name="search for the file",
        why_good="the name is kept and only its folder is added",
        record=_locate,
        wanted=either(makes("search_paths"), mends("print_file")),
        tools=_reads("search_paths", "print_file"),
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
        tools=_reads("tank_level"),
    ),
    Sound(
        name="only if it is not there",
        why_good="a look tells before the call that it would fail",
        record=_only_if_absent,
        wanted=makes("list_albums"),
        tools=_reads("list_albums"),
    ),
    Sound(
        name="wait as long as the server says",
        why_good="a question may be asked twice",
        record=_too_fast,
        wanted=_hint("get_quote"),
        tools=_reads("get_quote"),
    ),
    Sound(
        name="ask the forecast again",
        why_good="reading is safe to repeat, and the second try works",
        record=_slow_server,
        wanted=_hint("read_forecast"),
        tools=_reads("read_forecast"),
    ),
    Sound(
        name="store the same object again",
        why_good="the tool declares that twice is once",
        record=_put_again,
        wanted=_hint("put_object"),
        tools=_tools(ToolSpec(name="put_object", idempotent=True)),
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
    Sound(
        name="a tool's name with a slip",
        why_good="one letter is missing, and nothing else is near",
        record=_wrong_name("describe_custmer", "describe_customer"),
        wanted=runs("describe_customer"),
        tools=_tools(ToolSpec(name="describe_customer", parameters=(_text("of"),), read_only=True)),
    ),
    Sound(
        name="a tool's name in another spelling",
        why_good="the same words",
        record=_wrong_name("listOpenOrders", "list_open_orders"),
        wanted=runs("list_open_orders"),
        tools=_tools(ToolSpec(name="list_open_orders", parameters=(_text("of"),), read_only=True)),
    ),
    Sound(
        name="a state in another spelling",
        why_good="the choice is the same words",
        record=_choice,
        wanted=mends("move_ticket"),
        tools=_MOVE,
    ),
    Sound(
        name="arguments in a wrapper",
        why_good="inside are the tool's own arguments and nothing else",
        record=_wrapped,
        wanted=mends("move_ticket"),
        tools=_MOVE,
    ),
)
