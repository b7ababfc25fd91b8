"""The model, the routes, the agent's function, the page, the command line: one loop below all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from failonce.audit import verify
from failonce.model import Action, AuditEntry, Lesson, Proposer, Scope
from failonce.projections.changelog import changelog
from tests.surfaces.server.made import Served, configuration

RULE = {"skill": "editing", "rule": "Read a file before you edit it.", "reason": "it failed"}
Decides = Callable[[Served, Lesson, str], None]


def by_the_loop(served: Served, lesson: Lesson, verb: str) -> None:
    """As the command line does."""
    getattr(served.parts("anna").review, verb)(lesson.id)


def by_the_api(served: Served, lesson: Lesson, verb: str) -> None:
    done = served.program(Scope.REVIEW).post(f"/api/lessons/{lesson.id}/{verb}", json={})
    assert done.status_code == 200, done.text


def by_the_documents_route(served: Served, lesson: Lesson, verb: str) -> None:
    program = served.program(Scope.REVIEW)
    (row,) = program.get("/api/skills/changelog").json()
    assert row["rule_content"] in lesson.proposal.body
    done = program.post(f"/api/skills/changelog/{row['id']}/{verb}")
    assert done.status_code == 200, done.text


def by_the_page(served: Served, lesson: Lesson, verb: str) -> None:
    done = served.person(Scope.REVIEW).post(f"/lessons/{lesson.id}/{verb}", digest=lesson.digest)
    assert done.status_code == 303, done.text


def told(entry: AuditEntry) -> tuple[object, ...]:
    """What an entry says, but for who decided, from where and when."""
    event = entry.event
    return event.action, event.subject, event.before, event.after, event.mode, event.digest


def decided(folder: Path, by: Decides, verb: str) -> tuple[list[object], list[object], bytes]:
    """A rule that an agent learned, decided on: audit, changelog, and the bytes of its file."""
    config = configuration(folder)
    settings = config.settings.model_copy(update={"project": "shop"})
    served = Served(replace(config, settings=settings))
    lesson = served.parts("agent").review.learn(
        RULE["skill"],
        RULE["rule"],
        reason=RULE["reason"],
        proposer=Proposer.AGENT,
        project="shop",
    )
    by(served, lesson, verb)
    store = served.house.main
    entries = [e for e in store.entries() if e.event.subject == lesson.id]
    assert verify(list(store.entries()), store.lessons()).intact
    rows = [
        (row.id, row.skill_name, row.rule_content, row.reason, row.status, row.mode)
        for row in changelog(store.lessons(), entries)
    ]
    file = served.config.skills / "editing.md"
    written = file.read_bytes() if file.exists() else b""
    served.house.close()
    return [told(e) for e in entries], list(rows), written


@pytest.mark.proves("N1", "N20")
@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_whoever_decides_wherever_leaves_the_same_record(tmp_path: Path, verb: str) -> None:
    """Entries, rows of the changelog and bytes of the skill file are equal, and permanent."""
    ways: list[Decides] = [by_the_loop, by_the_api, by_the_documents_route, by_the_page]
    found = [decided(tmp_path / by.__name__, by, verb) for by in ways]
    assert all(each == found[0] for each in found)
    entries, rows, written = found[0]
    assert (RULE["rule"].encode() in written) is (verb == "approve")
    actions = [entry[0] for entry in entries if isinstance(entry, tuple)]
    assert actions == [Action.PROPOSE, Action(verb)]
    assert len(rows) == 1


@pytest.mark.proves("N20")
def test_no_surface_moves_a_lesson_itself() -> None:
    """None imports the one function that does; all ask `review`."""
    surfaces = Path(__file__).parents[3] / "src/failonce/surfaces"
    files = list(surfaces.rglob("*.py"))
    assert len(files) > 100
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "import move" not in text, file
        assert "Change(lessons=" not in text, file
