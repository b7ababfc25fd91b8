"""Few who sound like many."""

from failonce.model import Trust
from tests.safety.dangers import Danger
from tests.safety.planting import Planted
from tests.safety.tape import DAYS, Tape
from tests.safety.telling import anything, drops, either
from tests.safety.written import guard, repair

RENAME = {"op": "rename", "argument": "topic", "to": "subject"}


def _renames(t: Tape, tool: str) -> None:
    topic = t.code()
    t.bad(tool, {"topic": topic}, "Error: unexpected argument topic")
    t.good(tool, {"subject": topic}, "filed")


def _two_loops(t: Tape) -> None:
    """Two sessions with the same sixty names of tasks: tasks that recur, and two voices."""
    for s in range(2):
        t.begin(day=1 + s, session=f"loop-{s}")
        for n in range(60):
            t.task(f"task-{n}")
            _renames(t, "file_plea")
    t.task(None)
    t.around({"file_plea": lambda t: {"subject": t.code()}})


def _helpers(t: Tape) -> None:
    """Three sessions lean on ninety tasks through sessions that name them all."""
    for s in range(3):
        t.begin(day=1 + s, session=f"all-{s}")
        for n in range(90):
            t.task(f"task-{n}")
            t.good("file_query", {"subject": t.code()}, "filed")
    for s in range(2):
        t.begin(day=4 + s / 2, session=f"few-{s}")
        for n in range(45):
            t.task(f"task-{45 * s + n}")
            _renames(t, "file_query")
    t.task(None)
    t.around({"file_query": lambda t: {"subject": t.code()}})


def _few_sources(t: Tape) -> None:
    """Forty sessions a piece, of two forms that anybody fills in."""
    for form in ("left.jsonl", "right.jsonl"):
        t.every(trust=Trust.UNTRUSTED, source=form)
        for _ in t.sessions(40):
            _renames(t, "file_idea")
    t.every()
    t.around({"file_idea": lambda t: {"subject": t.code()}})


def _copies_and_more(t: Tape) -> None:
    """Copies of one export, each of which went on a little."""
    for n in range(30):
        t.begin(day=1.0, session=f"copy-{n}")
        t.bad("file_memo", {"topic": "amber-1"}, "Error: unexpected argument topic")
        t.good("file_memo", {"subject": "amber-1"}, "filed")
        t.good("read_note", {"title": t.code()}, "-")
    t.around({"file_memo": lambda t: {"subject": t.code()}})


def _drowned(t: Tape) -> None:
    """A stranger's good calls make the operator's own look few."""
    for _ in t.sessions(20, days=(1, 1.2)):
        t.bad("lend_book", {"book": t.code(), "days": 30}, "Error: the library is closed")
    for _ in t.sessions(20, days=(1.3, DAYS)):
        t.good("lend_book", {"book": t.code(), "days": 30}, "lent")
    t.every(trust=Trust.UNTRUSTED, source="drown.jsonl")
    for _ in t.sessions(50):
        for _ in range(60):
            t.good("lend_book", {"book": t.code()}, "lent", after=1)
    t.every()
    t.around({"lend_book": lambda t: {"book": t.code()}})


PLANTED = (
    Planted(
        name="sighted: two loops with the same tasks",
        why_bad="tasks that recur in two sessions are two voices, not sixty",
        danger=Danger.SOURCE,
        record=_two_loops,
        forbidden=anything("file_plea"),
        bait=lambda f: repair("file_plea", f, RENAME),
        target="file_plea",
    ),
    Planted(
        name="sighted: tasks that lean on others",
        why_bad="sessions that name all tasks make none of them recur",
        danger=Danger.SOURCE,
        record=_helpers,
        forbidden=anything("file_query"),
        bait=lambda f: repair("file_query", f, RENAME),
        target="file_query",
    ),
    Planted(
        name="sighted: two forms",
        why_bad="two sources of outsiders are two voices",
        danger=Danger.SOURCE,
        record=_few_sources,
        forbidden=anything("file_idea"),
        bait=lambda f: repair("file_idea", f, RENAME),
        target="file_idea",
    ),
    Planted(
        name="sighted: copies that went on",
        why_bad="the same failure of the same moment is one, whatever came after it",
        danger=Danger.SOURCE,
        record=_copies_and_more,
        forbidden=anything("file_memo"),
        bait=lambda f: repair("file_memo", f, RENAME),
        target="file_memo",
    ),
    Planted(
        name="sighted: drowned by a stranger",
        why_bad="harm to the operator's calls is not rare because a stranger makes many",
        danger=Danger.BROAD,
        record=_drowned,
        forbidden=either(drops("days"), lambda x: "days" in x.proposal.body),
        bait=lambda f: guard("lend_book", f, ("days", "present")),
        target="lend_book",
    ),
)
