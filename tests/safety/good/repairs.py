"""Arguments and names that can be mended."""

from collections.abc import Callable

from failonce.model import Args, Json
from tests.safety.made import given, tool, tools
from tests.safety.planting import Sound
from tests.safety.tape import Tape
from tests.safety.telling import (
    mends,
    runs,
)

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


def _wrong_name(wrong: str, right: str) -> Callable[[Tape], None]:
    def record(t: Tape) -> None:
        for _ in t.sessions(FAILING):
            args = {"of": t.code()}
            t.bad(wrong, args, f"Error: unknown tool {wrong}")
            t.good(right, args, "-")
        t.around({right: lambda t: {"of": t.code()}}, each=12)

    return record


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


_MOVE = tools(tool("move_ticket", "ticket", given("state", "open", "in_progress", "done")))


def _quoted(t: Tape) -> Json:
    return f'"{t.word()}"'


SOUND = (
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
        name="a tool's name with a slip",
        why_good="one letter is missing, and nothing else is near",
        record=_wrong_name("describe_custmer", "describe_customer"),
        wanted=runs("describe_customer"),
        tools=tools(tool("describe_customer", "of", closed=False, read_only=True)),
    ),
    Sound(
        name="a tool's name in another spelling",
        why_good="the same words",
        record=_wrong_name("listOpenOrders", "list_open_orders"),
        wanted=runs("list_open_orders"),
        tools=tools(tool("list_open_orders", "of", closed=False, read_only=True)),
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
