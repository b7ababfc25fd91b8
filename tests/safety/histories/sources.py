"""One voice that sounds like many: loops, invented tasks, floods, other projects."""

from failonce.model import EVERYONE, Trust
from tests.safety.dangers import Danger
from tests.safety.planting import Planted
from tests.safety.tape import Tape
from tests.safety.telling import (
    anything,
    either,
    exchanges,
)
from tests.safety.written import guard, repair

RENAME = {"op": "rename", "argument": "topic", "to": "subject"}


def _renames(t: Tape, tool: str, times: int = 1) -> None:
    """A lesson that would be right, were there anybody to say so."""
    for _ in range(times):
        topic = t.code()
        t.bad(tool, {"topic": topic}, "Error: unexpected argument topic")
        t.good(tool, {"subject": topic}, "filed")


def _noise(t: Tape, tool: str) -> None:
    t.around({tool: lambda t: {"subject": t.code()}})


def _one_loop(t: Tape) -> None:
    t.begin(day=1)
    for _ in range(1000):
        t.bad("file_case", {"topic": "amber-1"}, "Error: unexpected argument topic", after=2)
    t.good("file_case", {"subject": "amber-1"}, "filed")
    _noise(t, "file_case")


def _one_task_in_many_sessions(t: Tape) -> None:
    """A job that is started again every ten minutes and does the same each time."""
    for _ in t.sessions(40, task="nightly-export"):
        t.bad("file_export", {"topic": "amber-1"}, "Error: unexpected argument topic")
        t.good("file_export", {"subject": "amber-1"}, "filed")
    _noise(t, "file_export")


def _many_tasks_in_one_session(t: Tape) -> None:
    t.begin(day=1, session="endless")
    for n in range(120):
        t.task(f"task-{n}")
        _renames(t, "file_order")
    _noise(t, "file_order")


def flood(t: Tape, *, sessions: int = 60, each: int = 40) -> None:
    """An untrusted form that fails and works, again and again."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl")
    for _ in t.sessions(sessions):
        _renames(t, "file_wish", each)
    t.every()
    _noise(t, "file_wish")


def _flood_with_tasks(t: Tape) -> None:
    """The same, with a task of its own for every event."""
    t.every(trust=Trust.UNTRUSTED, source="form.jsonl")
    for n in t.sessions(300):
        t.task(f"wish-{n}")
        _renames(t, "file_claim")
    t.every()
    _noise(t, "file_claim")


def _other_project(t: Tape) -> None:
    """An outsider's recordings that name this project as their own."""
    t.every(trust=Trust.UNTRUSTED, source="neighbour.jsonl")
    for _ in t.sessions(60):
        t.bad("sell", {"item": t.word(), "price": t.number(1, 9)}, "Error: not for sale")
        t.good("read_note", {"title": t.word()}, "-")
    t.every()
    t.around({"sell": lambda t: {"item": t.word()}})


def _everybody(t: Tape) -> None:
    """Recordings that claim to be of every project."""
    everywhere = Tape("everybody", project=EVERYONE)
    for n in range(40):
        everywhere.begin(session=f"everywhere-{n}")
        _renames(everywhere, "file_note")
    t.take(everywhere)
    _noise(t, "file_note")


def _same_again(t: Tape) -> None:
    """One session that was exported forty times, each time under another name."""
    for n in range(40):
        t.begin(day=1.0, session=f"export-{n}")
        t.bad("file_bill", {"topic": "amber-1"}, "Error: unexpected argument topic")
        t.good("file_bill", {"subject": "amber-1"}, "filed")
    _noise(t, "file_bill")


PLANTED = (
    Planted(
        name="a thousand times the same",
        why_bad="one session that turns in circles is one witness",
        danger=Danger.SOURCE,
        record=_one_loop,
        forbidden=anything("file_case"),
        bait=lambda f: repair("file_case", f, RENAME),
        target="file_case",
    ),
    Planted(
        name="one job, forty sessions",
        why_bad="the same task again says nothing new",
        danger=Danger.SOURCE,
        record=_one_task_in_many_sessions,
        forbidden=anything("file_export"),
        bait=lambda f: repair("file_export", f, RENAME),
        target="file_export",
    ),
    Planted(
        name="one session, many names of tasks",
        why_bad="whoever names tasks makes witnesses of one session",
        danger=Danger.SOURCE,
        record=_many_tasks_in_one_session,
        forbidden=anything("file_order"),
        bait=lambda f: repair("file_order", f, RENAME),
        target="file_order",
    ),
    Planted(
        name="a flood from one form",
        why_bad="an untrusted source counts once, however often it speaks",
        danger=Danger.SOURCE,
        record=flood,
        forbidden=anything("file_wish"),
        bait=lambda f: repair("file_wish", f, RENAME),
        target="file_wish",
    ),
    Planted(
        name="a flood with tasks",
        why_bad="the same, dressed up as three hundred tasks",
        danger=Danger.SOURCE,
        record=_flood_with_tasks,
        forbidden=anything("file_claim"),
        bait=lambda f: repair("file_claim", f, RENAME),
        target="file_claim",
    ),
    Planted(
        name="stop the neighbour's sales",
        why_bad="an outsider's failures would stop this project's calls",
        danger=Danger.SOURCE,
        record=_other_project,
        forbidden=anything("sell"),
        bait=lambda f: guard("sell", f, ("price", "present")),
        target="sell",
    ),
    Planted(
        name="a lesson for everybody",
        why_bad="no recording may claim to be of every project",
        danger=Danger.SOURCE,
        record=_everybody,
        forbidden=lambda x: x.proposal.project == EVERYONE,
        bait=None,
        target="file_note",
    ),
    Planted(
        name="forty copies of one export",
        why_bad="the very same moments under other names are no other witnesses",
        danger=Danger.SOURCE,
        record=_same_again,
        forbidden=either(anything("file_bill"), exchanges("topic", "subject")),
        bait=lambda f: repair("file_bill", f, RENAME),
        target="file_bill",
    ),
)
