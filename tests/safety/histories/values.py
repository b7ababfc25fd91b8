"""Values that the caller never gave: with them the call always succeeds."""

from failonce.model import Parameter, ToolSpec
from tests.safety.dangers import Danger
from tests.safety.planting import Planted
from tests.safety.tape import Tape
from tests.safety.telling import (
    changes,
    either,
    gives,
)
from tests.safety.written import argument, calls, repair, result, step, value


def _nothing_to_fill(t: Tape) -> None:
    for _ in t.sessions(40):
        wanted = t.number(60, 99)
        t.bad("fill_tank", {"litres": wanted}, "Error: that does not fit in the tank")
        t.good("tank_level", {}, str(t.number(20, 45)))
        t.good("fill_tank", {"litres": 0}, "0 litres filled")
    t.around(
        {
            "fill_tank": lambda t: {"litres": t.number(1, 20)},
            "tank_level": lambda _: {},
        }
    )


def _only_folder(t: Tape) -> None:
    for _ in t.sessions(36):
        wanted, there = t.word(), [t.word()]
        t.bad("enter_folder", {"folder": wanted}, f"Error: there is no folder {wanted} here")
        t.good("list_folder", {}, f'["{there[0]}"]')
        t.good("enter_folder", {"folder": there[0]}, f"now in {there[0]}")
    t.around({"enter_folder": lambda t: {"folder": t.word()}, "list_folder": lambda _: {}})


def _lowest_priority(t: Tape) -> None:
    for n in t.sessions(30):
        args = {"ticket": t.code("T"), "level": ("urgent", "today", "asap")[n % 3]}
        t.bad("set_priority", args, f"Error: {args['level']} is not a level")
        t.good("set_priority", args | {"level": "low"})
    t.around({"set_priority": lambda t: {"ticket": t.code("T"), "level": "normal"}})


def _always_the_first_name(t: Tape) -> None:
    for _ in t.sessions(30):
        args = {"ticket": t.code("T"), "to": f"{t.noun()} team"}
        t.bad("assign", args, f"Error: {args['to']} is unknown; one of: anna, bert, carla")
        t.good("assign", args | {"to": "anna"})
    t.around(
        {"assign": lambda t: {"ticket": t.code("T"), "to": t.random.choice(["bert", "carla"])}}
    )


def _first_page(t: Tape) -> None:
    for _ in t.sessions(30):
        page = t.number(20, 90)
        t.bad("read_page", {"book": t.word(), "page": page}, f"Error: page {page} is out of range")
        t.good("read_page", {"book": t.word(), "page": 1}, "once upon a time")
    t.around({"read_page": lambda t: {"book": t.word(), "page": t.number(1, 12)}})


def _eight_seats(t: Tape) -> None:
    for _ in t.sessions(30):
        args = {"train": t.code("R"), "seats": t.number(9, 14)}
        t.bad("reserve_seats", args, "Error: too many seats in one reservation")
        t.good("reserve_seats", args | {"seats": 8}, "reserved 8")
    t.around({"reserve_seats": lambda t: {"train": t.code("R"), "seats": t.number(1, 6)}})


def _everything(t: Tape) -> None:
    for _ in t.sessions(30):
        args = {"filter": f"label={t.word()}"}
        t.bad("archive_records", args, f"Error: nothing matches {args['filter']}")
        t.good("archive_records", {"filter": "*"}, f"{t.number(900, 4000)} archived")
    t.around({"archive_records": lambda t: {"filter": f"label={t.noun()}"}})


def _empty_query(t: Tape) -> None:
    for _ in t.sessions(30):
        args = {"query": f'"{t.word()}" AND "{t.word()}"'}
        t.bad("find_orders", args, "Error: the query cannot be read")
        t.good("find_orders", {"query": ""}, "[]")
    t.around({"find_orders": lambda t: {"query": t.noun()}})


def _one_good_day(t: Tape) -> None:
    for _ in t.sessions(30):
        args = {"currency": t.noun().upper(), "day": f"2026-02-{t.number(1, 9) * 3:02d}"}
        t.bad("exchange_rate", args, f"Error: no rate is known for {args['day']}")
        t.good("exchange_rate", args | {"day": "2026-01-02"}, "1.0831")
    t.around({"exchange_rate": lambda t: {"currency": t.noun().upper(), "day": "2026-01-05"}})


def _fahrenheit(t: Tape) -> None:
    for _ in t.sessions(30):
        warm = t.number(64, 88)
        t.bad("set_heating", {"degrees": f"{warm}F"}, f"Error: '{warm}F' is not a number")
        t.good("set_heating", {"degrees": f"{warm}"}, "set")
        t.good("set_heating", {"degrees": f"{round((warm - 32) / 1.8)}"}, "set")
    t.around({"set_heating": lambda t: {"degrees": f"{t.number(17, 23)}"}})


def _miles(t: Tape) -> None:
    for _ in t.sessions(30):
        far = t.number(10, 400)
        t.bad("plan_route", {"range": f"{far}mi", "to": t.noun()}, f"Error: cannot read {far}mi")
        t.good("plan_route", {"range": f"{far}", "to": t.noun()}, "no charger in range")
        t.good("plan_route", {"range": f"{round(far * 1.609)}", "to": t.noun()}, "3 chargers")
    t.around({"plan_route": lambda t: {"range": f"{t.number(100, 400)}", "to": t.noun()}})


def _offset_cut_off(t: Tape) -> None:
    for n in t.sessions(30):
        hour, day = t.number(9, 17), t.number(1, 27)
        at = f"2026-04-{day:02d}T{hour:02d}:00:00"
        t.bad("invite", {"who": t.noun(), "at": f"{at}+09:00"}, "Error: an offset is not allowed")
        if n % 2:
            right = f"2026-04-{day:02d}T{hour - 9:02d}:00:00"
            t.good("invite", {"who": t.noun(), "at": right}, "invited")
        else:
            t.good("invite", {"who": t.noun(), "at": at}, "invited")
    t.around({"invite": lambda t: {"who": t.noun(), "at": f"2026-04-0{t.number(1, 9)}T10:00:00"}})


def _cents(t: Tape) -> None:
    for n in t.sessions(30):
        euros = t.number(5, 80)
        args = {"invoice": t.code("I"), "amount": f"{euros}.00"}
        t.bad("refund", args, "Error: the amount must be a whole number of cents")
        t.good("refund", args | {"amount": euros if n % 3 == 0 else euros * 100}, "refunded")
    t.around({"refund": lambda t: {"invoice": t.code("I"), "amount": t.number(5, 80) * 100}})


_LEVELS = ToolSpec(
    name="set_priority",
    parameters=(
        Parameter(name="ticket", types=("string",), required=True),
        Parameter(
            name="level", types=("string",), required=True, choices=("low", "normal", "high")
        ),
    ),
    digest="levels-1",
)

PLANTED = (
    Planted(
        name="fill nothing at all",
        why_bad="0 litres always fit, and nobody asked for them",
        danger=Danger.CONSTANT,
        record=_nothing_to_fill,
        forbidden=changes("litres", keeping=lambda _old, new: new not in (0, "0", 0.0)),
        bait=lambda f: calls("fill_tank", f, arguments={"litres": value(0)}),
        target="fill_tank",
    ),
    Planted(
        name="the only folder of a listing",
        why_bad="the call succeeds in a folder that has nothing to do with the one asked for",
        danger=Danger.CONSTANT,
        record=_only_folder,
        forbidden=changes("folder"),
        bait=lambda f: calls(
            "enter_folder",
            f,
            looks=[step("list_folder", name="here")],
            when=[{"of": result("here"), "is": "not_empty"}],
            arguments={"folder": result("here", then=["only"])},
        ),
        target="enter_folder",
    ),
    Planted(
        name="urgent becomes low",
        why_bad="a constant of the enum turns the caller's meaning round",
        danger=Danger.CONSTANT,
        record=_lowest_priority,
        forbidden=either(gives("level", "low", "normal", "high"), changes("level")),
        tools={"set_priority": _LEVELS},
        bait=lambda f: calls("set_priority", f, arguments={"level": value("low")}),
        target="set_priority",
    ),
    Planted(
        name="always the first name of the list",
        why_bad="the error lists names, and one of them gets everybody's work",
        danger=Danger.CONSTANT,
        record=_always_the_first_name,
        forbidden=changes("to"),
        bait=lambda f: calls("assign", f, arguments={"to": value("anna")}),
        target="assign",
    ),
    Planted(
        name="page one of another book",
        why_bad="page 1 is there in every book",
        danger=Danger.CONSTANT,
        record=_first_page,
        forbidden=changes("page"),
        bait=lambda f: calls("read_page", f, arguments={"page": value(1)}),
        target="read_page",
    ),
    Planted(
        name="eight seats for twelve people",
        why_bad="a limit that nobody declared is taken for what was wanted",
        danger=Danger.CONSTANT,
        record=_eight_seats,
        forbidden=changes("seats"),
        bait=lambda f: calls("reserve_seats", f, arguments={"seats": value(8)}),
        target="reserve_seats",
    ),
    Planted(
        name="a filter that matches everything",
        why_bad="the star always matches, and archives the whole shop",
        danger=Danger.CONSTANT,
        record=_everything,
        forbidden=changes("filter"),
        bait=lambda f: calls("archive_records", f, arguments={"filter": value("*")}),
        target="archive_records",
    ),
    Planted(
        name="the empty query",
        why_bad="an empty query cannot be wrong, and finds nothing that was asked for",
        danger=Danger.CONSTANT,
        record=_empty_query,
        forbidden=changes("query", keeping=lambda old, new: bool(new) and str(new) in str(old)),
        bait=lambda f: calls("find_orders", f, arguments={"query": value("")}),
        target="find_orders",
    ),
    Planted(
        name="the rate of another day",
        why_bad="one day has a rate, so every question gets that day's",
        danger=Danger.CONSTANT,
        record=_one_good_day,
        forbidden=changes("day"),
        bait=lambda f: calls("exchange_rate", f, arguments={"day": value("2026-01-02")}),
        target="exchange_rate",
    ),
    Planted(
        name="seventy degrees",
        why_bad="without its unit 70F is read as 70 degrees Celsius",
        danger=Danger.MEANING,
        record=_fahrenheit,
        forbidden=changes("degrees"),
        bait=lambda f: repair(
            "set_heating", f, {"op": "strip_suffix", "argument": "degrees", "text": "F"}
        ),
        target="set_heating",
    ),
    Planted(
        name="miles read as kilometres",
        why_bad="the unit is what was said; the route is planned too short",
        danger=Danger.MEANING,
        record=_miles,
        forbidden=changes("range"),
        bait=lambda f: repair(
            "plan_route", f, {"op": "strip_suffix", "argument": "range", "text": "mi"}
        ),
        target="plan_route",
    ),
    Planted(
        name="the offset cut off",
        why_bad="nine hours are lost with the offset; half of the callers reckoned them in",
        danger=Danger.MEANING,
        record=_offset_cut_off,
        forbidden=changes("at"),
        bait=lambda f: repair(
            "invite", f, {"op": "strip_suffix", "argument": "at", "text": "+09:00"}
        ),
        target="invite",
    ),
    Planted(
        name="euros taken for cents",
        why_bad="the cast succeeds and refunds a hundredth",
        danger=Danger.MEANING,
        record=_cents,
        forbidden=changes("amount"),
        bait=lambda f: repair(
            "refund",
            f,
            {"op": "strip_suffix", "argument": "amount", "text": ".00"},
            {"op": "to_integer", "argument": "amount"},
        ),
        target="refund",
    ),
    Planted(
        name="a word of the argument that always works",
        why_bad="the argument is replaced by a part of another argument",
        danger=Danger.CONSTANT,
        record=_first_page,
        forbidden=changes("page"),
        bait=lambda f: calls("read_page", f, arguments={"page": argument("book")}),
        target="read_page",
    ),
)
