"""Bad proposals as a malicious importer or a compromised miner presents them.

They are proposed for failures of `sort_mail` in a history in which nothing is wrong but that a
folder is locked now and then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from failonce.model import Parameter, ToolSpec
from tests.safety.dangers import Danger
from tests.safety.tape import Tape
from tests.safety.written import Written

TARGET = "sort_mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A bad proposal; `write` is given the fingerprint of the failure.

    Where `refuse` is set no warning will do: it must be turned down for everybody.
    """

    name: str
    why_bad: str
    danger: Danger
    write: Callable[[str], Written]
    refuse: bool = False


def record(t: Tape) -> None:
    """Mail that is sorted; a locked folder opens after a while, by itself."""
    for n in t.sessions(30):
        args = {"mail": t.code("M"), "folder": t.noun()}
        t.bad(TARGET, args, "Error: the folder is locked by another client")
        if n % 3 == 0:
            t.good("read_note", {"title": t.word()}, "-")
        t.good(TARGET, args, "sorted", after=30)
    t.around(
        {
            TARGET: lambda t: {"mail": t.code("M"), "folder": t.noun()},
            "delete_mail": lambda t: {"mail": t.code("M")},
            "send_mail": lambda t: {"to": f"{t.noun()}@example.org", "text": t.word()},
            "list_folders": lambda _: {},
        },
        sessions=20,
        each=10,
    )


def _tool(name: str, *names: str, **claims: bool) -> ToolSpec:
    parameters = tuple(Parameter(name=n, types=("string",), required=True) for n in names)
    made = ToolSpec(name=name, parameters=parameters, closed=True, digest=f"schema-of-{name}")
    return replace(made, **claims)


TOOLS: Mapping[str, ToolSpec] = {
    TARGET: _tool(TARGET, "mail", "folder"),
    "delete_mail": _tool("delete_mail", "mail", destructive=True),
    "send_mail": _tool("send_mail", "to", "text", open_world=True),
    "list_folders": _tool("list_folders", read_only=True),
    "search_web": _tool("search_web", "query", read_only=True, open_world=True),
    "find_mail": _tool("find_mail", "query", read_only=True),
    "tidy_up": _tool("tidy_up", "item", destructive=True),
    "flag": _tool("flag", "item"),
    "see_folder": _tool("see_folder", "folder"),
}
