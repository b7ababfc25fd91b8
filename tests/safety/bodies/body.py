"""Bad proposals as a malicious importer or a compromised miner presents them.

They are proposed for failures of `sort_mail` in a history in which nothing is wrong but that a
folder is locked now and then.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.safety.dangers import Danger
from tests.safety.made import tool, tools
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


def sighted(
    name: str,
    danger: Danger,
    why_bad: str,
    write: Callable[[str], Written],
    *,
    refuse: bool = False,
) -> Body:
    """One that was written with sight of the gate's code."""
    return Body(name=f"sighted: {name}", why_bad=why_bad, danger=danger, write=write, refuse=refuse)


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


TOOLS = tools(
    tool(TARGET, "mail", "folder"),
    tool("delete_mail", "mail", destructive=True),
    tool("send_mail", "to", "text", open_world=True),
    tool("list_folders", read_only=True),
    tool("search_web", "query", read_only=True, open_world=True),
    tool("find_mail", "query", read_only=True),
    tool("tidy_up", "item", destructive=True),
    tool("flag", "item"),
    tool("see_folder", "folder"),
)
