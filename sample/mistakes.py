"""The mistakes that the scripted agent makes, as changes of a call that was meant well.

A slip only spoils the call. Whether it then fails, and with which words, is up to the real tool.
The rates are chances per call; a session's habit scales them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

Args = Mapping[str, object]
Spoiled = tuple[str, dict[str, object]]
Spoil = Callable[[str, Args, Random], Spoiled | None]

FILES = "mcp__filesystem__"
MEMORY = "mcp__memory__"
GIT = "mcp__git__"
TIME = "mcp__time__"
SQLITE = "mcp__sqlite__"
SAMPLES = "mcp__everything__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One way to get a call of one tool wrong; `looks` if the agent must look to mend it."""

    name: str
    tool: str
    rate: float
    spoil: Spoil
    looks: bool = False

    def applied(self, tool: str, args: Args, rng: Random) -> Spoiled:
        """Return the spoiled call; ValueError if this slip makes no difference to it."""
        spoiled = self.spoil(tool, args, rng)
        if spoiled is None:
            raise ValueError(f"{self.name} does not apply to {tool}")
        return spoiled


def renamed(**names: tuple[str, ...]) -> Spoil:
    """Use another name for each of these arguments (one of the alternatives, by rank)."""

    def spoil(tool: str, args: Args, rng: Random) -> Spoiled | None:
        if not set(names) <= set(args):
            return None
        rank = rng.choices((0, 1), weights=(4, 1))[0]
        new = {old: other[min(rank, len(other) - 1)] for old, other in names.items()}
        return tool, {new.get(name, name): value for name, value in args.items()}

    return spoil


def dropped(name: str) -> Spoil:
    """Forget an argument."""

    def spoil(tool: str, args: Args, _rng: Random) -> Spoiled | None:
        if name not in args:
            return None
        return tool, {key: value for key, value in args.items() if key != name}

    return spoil


def called(*names: str) -> Spoil:
    """Call the tool by nearly its name, keeping a server's prefix."""

    def spoil(tool: str, args: Args, rng: Random) -> Spoiled | None:
        prefix, _, _ = tool.rpartition("__")
        return (f"{prefix}__" if prefix else "") + rng.choice(names), dict(args)

    return spoil


def changed(name: str, change: Callable[[object], object]) -> Spoil:
    """Write an argument's value another way; no slip where that makes no difference."""

    def spoil(tool: str, args: Args, _rng: Random) -> Spoiled | None:
        if name not in args:
            return None
        value = change(args[name])
        return None if value == args[name] else (tool, {**args, name: value})

    return spoil


def joined(separator: str) -> Callable[[object], object]:
    """A list written as one text."""
    return lambda value: separator.join(map(str, value)) if isinstance(value, list) else value


def with_slash(value: object) -> object:
    """`app/x.py` as `/app/x.py`."""
    return value if str(value).startswith("/") else f"/{value}"


def without_root(value: object) -> object:
    """`/workspace/notes/x.md` as `/notes/x.md`."""
    return str(value).removeprefix("/workspace")


def without_src(value: object) -> object:
    """`app/src/x.py` as `app/x.py`."""
    return str(value).replace("/src/", "/")


def first_of(value: object) -> object:
    """`["Ada"]` as `"Ada"`."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def worded(**words: str) -> Callable[[object], object]:
    """A text in which some words are guessed wrong."""

    def change(value: object) -> object:
        text = str(value)
        for right, wrong in words.items():
            text = text.replace(right, wrong)
        return text

    return change


def keyed(**keys: str) -> Callable[[object], object]:
    """A list of objects with other key names."""

    def change(value: object) -> object:
        if not isinstance(value, list):
            return value
        return [{keys.get(key, key): part for key, part in entry.items()} for entry in value]

    return change


def misremembered(value: object) -> object:
    """A passage of a file as remembered: other quotes, another indent."""
    text = str(value)
    if '"' in text:
        return text.replace('"', "'")
    if text.startswith("    "):
        return text.replace("    ", "  ")
    return text.replace(" ", "  ", 1)


def edits_misremembered(value: object) -> object:
    """Edits of a file whose old passages are misremembered."""
    if not isinstance(value, list):
        return value
    return [{**edit, "oldText": misremembered(edit["oldText"])} for edit in value]


def day_first(value: object) -> object:
    """`{"since": "2026-10-05"}` as `{"since": "05/10/2026"}`."""
    if not isinstance(value, dict) or "since" not in value:
        return value
    year, month, day = str(value["since"]).split("-")
    return {**value, "since": f"{day}/{month}/{year}"}


def twelve_hours(value: object) -> object:
    """`14:30` as `2:30 PM`."""
    hour, minute = map(int, str(value).split(":"))
    return f"{(hour - 1) % 12 + 1}:{minute:02d} {'PM' if hour >= 12 else 'AM'}"


def city_only(value: object) -> object:
    """`Europe/Berlin` as `Berlin`."""
    return str(value).rpartition("/")[2]


def _slip(rate: float, tool: str, name: str, spoil: Spoil) -> Slip:
    short = tool.removeprefix("mcp__").replace("__", ".")
    looks = name in ("passage-not-there", "no-such-column", "no-such-table", "wrong-folder")
    return Slip(name=f"{short}/{name}", tool=tool, rate=rate, spoil=spoil, looks=looks)


def _files(rate: float, tool: str, name: str, spoil: Spoil) -> Slip:
    return _slip(rate, FILES + tool, name, spoil)


LIVE_SLIPS = (
    _slip(0.075, "read_file", "argument-name", renamed(path=("file_path", "filename"))),
    _slip(0.075, "read_file", "leading-slash", changed("path", with_slash)),
    _slip(0.006, "read_file", "wrong-folder", changed("path", without_src)),
    _slip(0.11, "read_file", "number-as-text", changed("first_line", str)),
    _slip(0.035, "read_file", "tool-name", called("readFile", "read_text", "open_file")),
    _slip(0.005, "list_files", "leading-slash", changed("path", with_slash)),
    _slip(0.01, "list_files", "argument-name", renamed(path=("directory", "dir"))),
    _slip(0.13, "write_file", "argument-name", renamed(content=("text", "contents"))),
    _slip(
        0.1,
        "edit_file",
        "argument-name",
        renamed(old_text=("old_string",), new_text=("new_string",)),
    ),
    _slip(0.09, "edit_file", "passage-not-there", changed("old_text", misremembered)),
    _slip(0.012, "edit_file", "no-path", dropped("path")),
    _slip(0.02, "search_text", "argument-name", renamed(pattern=("query", "regex"))),
    _slip(0.055, "query", "argument-name", renamed(sql=("query", "statement"))),
    _slip(0.018, "query", "no-database", dropped("database")),
    _slip(0.003, "query", "tool-name", called("sql_query", "run_sql")),
    _slip(0.055, "query", "list-as-json-text", changed("parameters", json.dumps)),
    _slip(
        0.085,
        "query",
        "no-such-column",
        changed("sql", worded(customer="customer_name", placed_on="order_date", booked_on="date")),
    ),
    _slip(
        0.008,
        "query",
        "no-such-table",
        changed(
            "sql",
            worded(
                **{
                    "FROM products": "FROM product",
                    "FROM orders": "FROM order_items",
                    "FROM entries": "FROM ledger",
                }
            ),
        ),
    ),
    _slip(0.058, "git", "list-as-text", changed("arguments", joined(" "))),
    _slip(0.055, "git", "wrong-directory", dropped("directory")),
    _slip(0.003, "git", "argument-name", renamed(directory=("cwd", "path"))),
    _slip(0.02, "run_tests", "argument-name", renamed(file_path=("path",))),
    _slip(0.14, "run_tests", "wrong-directory", dropped("directory")),
    _slip(0.06, "run_command", "argument-name", renamed(directory=("cwd",))),
    _slip(0.36, "fetch", "day-first-date", changed("parameters", day_first)),
    _slip(0.03, "fetch", "argument-name", renamed(parameters=("params", "query"))),
)

SERVER_SLIPS = (
    _files(0.05, "read_text_file", "argument-name", renamed(path=("file_path", "filepath"))),
    _files(0.075, "read_text_file", "root-missing", changed("path", without_root)),
    _files(0.22, "read_text_file", "number-as-text", changed("head", str)),
    _files(0.037, "read_text_file", "tool-name", called("readfile", "read_textfile")),
    _files(0.32, "read_multiple_files", "list-as-text", changed("paths", joined(","))),
    _files(0.015, "list_directory", "root-missing", changed("path", without_root)),
    _files(0.015, "list_directory", "argument-name", renamed(path=("directory", "dir_path"))),
    _files(0.075, "write_file", "argument-name", renamed(path=("file_path",))),
    _files(0.008, "write_file", "content-name", renamed(content=("text",))),
    _files(0.008, "write_file", "root-missing", changed("path", without_root)),
    _files(0.16, "edit_file", "list-as-json-text", changed("edits", json.dumps)),
    _files(
        0.09,
        "edit_file",
        "key-names",
        changed("edits", keyed(oldText="old_string", newText="new_string")),
    ),
    _files(
        0.18,
        "edit_file",
        "passage-not-there",
        changed("edits", edits_misremembered),
    ),
    _files(0.04, "search_files", "argument-name", renamed(pattern=("query", "glob"))),
    _slip(
        0.13, MEMORY + "create_entities", "key-names", changed("entities", keyed(entityType="type"))
    ),
    _slip(0.012, MEMORY + "create_entities", "object-for-list", changed("entities", first_of)),
    _slip(0.01, MEMORY + "create_entities", "list-as-json-text", changed("entities", json.dumps)),
    _slip(
        0.06,
        MEMORY + "create_relations",
        "key-names",
        changed("relations", keyed(relationType="type")),
    ),
    _slip(0.42, MEMORY + "open_nodes", "text-for-list", changed("names", first_of)),
    _slip(0.012, MEMORY + "search_nodes", "argument-name", renamed(query=("q",))),
    _slip(0.015, GIT + "git_status", "argument-name", renamed(repo_path=("path", "repo"))),
    _slip(0.03, GIT + "git_log", "argument-name", renamed(repo_path=("path", "repo"))),
    _slip(0.26, GIT + "git_add", "list-as-text", changed("files", joined(","))),
    _slip(0.03, GIT + "git_checkout", "argument-name", renamed(branch_name=("branch",))),
    _slip(
        0.05, GIT + "git_create_branch", "argument-name", renamed(branch_name=("branch", "name"))
    ),
    _slip(
        0.03, GIT + "git_diff_unstaged", "tool-name", called("git_diff_working", "git_diff_files")
    ),
    _slip(0.23, TIME + "convert_time", "twelve-hours", changed("time", twelve_hours)),
    _slip(0.03, TIME + "convert_time", "city-for-zone", changed("source_timezone", city_only)),
    _slip(
        0.02,
        TIME + "convert_time",
        "argument-name",
        renamed(source_timezone=("from_timezone",), target_timezone=("to_timezone",)),
    ),
    _slip(0.35, TIME + "get_current_time", "no-zone", dropped("timezone")),
    _slip(0.02, SQLITE + "read_query", "argument-name", renamed(query=("sql",))),
    _slip(
        0.26,
        SQLITE + "read_query",
        "no-such-column",
        changed("query", worded(title="name", added_on="created_at")),
    ),
    _slip(0.03, SQLITE + "describe_table", "argument-name", renamed(table_name=("table",))),
    _slip(0.34, SQLITE + "write_query", "wrong-tool", called("read_query")),
    _slip(0.03, SAMPLES + "get-sum", "number-as-text", changed("a", str)),
    _slip(0.03, SAMPLES + "get-sum", "tool-name", called("get_sum", "add")),
    _slip(
        0.05,
        SAMPLES + "get-structured-content",
        "case",
        changed("location", lambda value: str(value).lower()),
    ),
)
