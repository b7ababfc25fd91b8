"""Small worlds in which recorded calls can be executed again."""

from failonce.testing import ScriptedWorld, ToolFailed
from failonce.testing.world import Facts

Given = dict[str, object]

# ------------------------------------------------------------------------- a tank


def _fill(facts: Facts, args: Given) -> str:
    if facts["level"] + args["litres"] > 50:
        raise ToolFailed("Error: that does not fit; the tank holds 50")
    facts["level"] += args["litres"]
    return f"{args['litres']} litres filled"


def _level(facts: Facts, _: Given) -> str:
    return str(facts["level"])


TANK = ScriptedWorld({"fill_tank": _fill, "tank_level": _level}, {"level": 0})

# ------------------------------------------------------------------------- folders


def _here(facts: Facts) -> dict[str, object]:
    return dict(facts["folders"][facts["at"]])


def _enter(facts: Facts, args: Given) -> str:
    name = args["folder"]
    if name == "..":
        facts["at"] = facts["at"].rpartition("/")[0]
        return "entered"
    below = f"{facts['at']}/{name}"
    if below not in facts["folders"]:
        raise ToolFailed(f"Error: no folder {name} here")
    facts["at"] = below
    return "entered"


def _list(facts: Facts, _: Given) -> str:
    below = f"{facts['at']}/"
    names = [f.removeprefix(below) for f in facts["folders"] if f.startswith(below)]
    inside = [n for n in names if "/" not in n] + list(_here(facts))
    return str(sorted(inside)).replace("'", '"')


def _show(facts: Facts, args: Given) -> str:
    if "/" in str(args["file"]):
        raise ToolFailed("Error: a name may not hold a slash")
    if args["file"] not in _here(facts):
        raise ToolFailed(f"Error: no file {args['file']} here")
    return str(_here(facts)[str(args["file"])])


def _remove(facts: Facts, args: Given) -> str:
    if args["name"] not in _here(facts):
        raise ToolFailed(f"Error: {args['name']} is not here")
    del facts["folders"][facts["at"]][args["name"]]
    return "removed"


def _make(facts: Facts, args: Given) -> str:
    if args["name"] in _here(facts):
        raise ToolFailed(f"Error: {args['name']} is there already")
    facts["folders"][facts["at"]][args["name"]] = ""
    return "made"


def _search(facts: Facts, args: Given) -> str:
    found = [
        f"{folder}/{args['name']}".lstrip("/")
        for folder, files in facts["folders"].items()
        if args["name"] in files
    ]
    return str(found).replace("'", '"')


def _print(facts: Facts, args: Given) -> str:
    folder, _, name = f"/{args['path']}".rpartition("/")
    if name not in facts["folders"].get(folder, {}):
        raise ToolFailed(f"Error: {args['path']} does not exist")
    return str(facts["folders"][folder][name])


FOLDERS = ScriptedWorld(
    {
        "enter_folder": _enter,
        "list_here": _list,
        "show_text": _show,
        "remove_file": _remove,
        "make_file": _make,
        "search_files": _search,
        "print_file": _print,
    },
    {"at": "", "folders": {"": {}}},
)

# -------------------------------------------------------------------------- a shop


def _ship(facts: Facts, args: Given) -> str:
    if args["order"] not in facts["paid"]:
        raise ToolFailed(f"Error: {args['order']} is not paid for")
    facts["shipped"].append(args["order"])
    return "shipped"


def _pay(facts: Facts, args: Given) -> str:
    facts["money"] -= args["amount"]
    facts["paid"].append(args["order"])
    return "paid"


def _transfer(facts: Facts, args: Given) -> str:
    one, other, amount = args["from_account"], args["to_account"], args["amount"]
    if facts["accounts"][one] < amount:
        raise ToolFailed("Error: the account does not hold enough")
    facts["accounts"][one] -= amount
    facts["accounts"][other] += amount
    return "transferred"


def _balance(facts: Facts, args: Given) -> str:
    return str(facts["accounts"][args["account"]])


def _log_in(facts: Facts, args: Given) -> str:
    if facts["users"].get(args["user"]) != args["phrase"]:
        raise ToolFailed("Error: wrong phrase")
    facts["user"] = args["user"]
    return "welcome"


def _ledger(facts: Facts, args: Given) -> str:
    if not facts["user"]:
        raise ToolFailed("Error: nobody is logged in")
    return f"the ledger of {args['year']} for {facts['user']}"


def _read_and_reset(facts: Facts, _: Given) -> str:
    count, facts["count"], facts["fresh"] = facts["count"], 0, True
    return str(count)


def _bill(facts: Facts, _: Given) -> str:
    if not facts["fresh"]:
        raise ToolFailed("Error: the counter is stale")
    facts["fresh"] = False
    return "billed"


SHOP = ScriptedWorld(
    {
        "ship_order": _ship,
        "pay_invoice": _pay,
        "transfer": _transfer,
        "balance": _balance,
        "log_in": _log_in,
        "open_ledger": _ledger,
        "get_and_reset_counter": _read_and_reset,
        "get_counter": lambda facts, _: str(facts["count"]),
        "refresh_counter": lambda facts, _: str(facts.update(fresh=True) or "fresh"),
        "bill_meter": _bill,
    },
    {
        "paid": [], "shipped": [], "money": 1000, "accounts": {}, "users": {}, "user": "",
        "count": 0, "fresh": False,
    },
)  # fmt: skip

# --------------------------------------------------------------------- a workshop


def _start_pump(facts: Facts, args: Given) -> str:
    if args["pump"] not in facts["open"]:
        raise ToolFailed("Error: the valve is closed")
    return "running"


def _open_valve(facts: Facts, args: Given) -> str:
    facts["open"].append(args["pump"])
    return "open"


def _wash(facts: Facts, args: Given) -> str:
    for step, error in (("closed", "Error: the lid is open"), ("locked", "Error: not locked")):
        if not facts[step]:
            raise ToolFailed(error)
    return f"programme {args['programme']}"


def _lock(facts: Facts, _: Given) -> str:
    if not facts["closed"]:
        raise ToolFailed("Error: an open lid cannot be locked")
    facts["locked"] = True
    return "locked"


WORKSHOP = ScriptedWorld(
    {
        "start_pump": _start_pump,
        "open_valve": _open_valve,
        "read_gauge": lambda _facts, _args: "3.2",
        "start_washer": _wash,
        "close_lid": lambda facts, _: str(facts.update(closed=True) or "closed"),
        "lock_lid": _lock,
    },
    {"open": [], "closed": False, "locked": False},
)
