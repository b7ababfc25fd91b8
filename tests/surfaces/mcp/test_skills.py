"""Rules in force as documents: who sees which, and that reading is recorded."""

from pathlib import Path

import pytest

import failonce
from failonce.errors import NotFound
from failonce.kinds.rule import Rule
from failonce.model import Action, Arm
from failonce.policy import Policy
from failonce.surfaces.mcp.skills import MOST, PAGE, Skills
from failonce.testing.samples import moved
from tests.surfaces.watching.made import PROJECT, Room, guardrail, room

URI = "failonce://skills/fetch"


def rules(here: Room, *sentences: str, skill: str = "fetch") -> None:
    here.teach(*(Rule(component=skill, sentence=s) for s in sentences))


def test_a_document_for_each_skill_that_has_a_rule(tmp_path: Path) -> None:
    with room(tmp_path) as here:
        rules(here, "Fetch with care.", "Fetch once.")
        rules(here, "Read with care.", skill="read")
        here.teach(guardrail("delete", "force"))
        found, following = Skills(PROJECT).listed(here.host, "")
        assert [r.uri for r in found] == [URI, "failonce://skills/read"]
        assert following is None
        assert found[0].description == "What was learned of fetch: 2 rules in force."
        with failonce.session("s1", project=PROJECT):
            text = Skills(PROJECT).read(here.host, URI).text
        assert text.startswith("# fetch\n")
        assert "- Fetch with care. (GR-" in text
        assert "Read with care" not in text


def test_reading_is_recorded_and_a_session_that_goes_without_does_not_see_it(
    tmp_path: Path,
) -> None:
    for name, share, arm in (("all", 0.0, Arm.APPLIED), ("none", 1.0, Arm.HOLDOUT)):
        folder = tmp_path / name
        folder.mkdir()
        with room(folder, Policy(holdout_canary=share, holdout_approved=share)) as here:
            rules(here, "Fetch with care.")
            with failonce.session("s1", project=PROJECT):
                text = Skills(PROJECT).read(here.host, URI).text
            assert ("Fetch with care." in text) is (arm is Arm.APPLIED)
            (exposure,) = here.exposures(arm)
            assert (exposure.session, exposure.tool) == ("s1", "fetch")


def test_what_is_undone_is_gone_and_its_mark_with_it(tmp_path: Path) -> None:
    with room(tmp_path) as here:
        rules(here, "Fetch with care.")
        skills = Skills(PROJECT)
        assert skills.marks(here.host) == {URI: ("GR-00000001/1",)}
        (known,) = here.store.lessons()
        here.store.commit(moved(known, Action.UNDO))
        here.publish()
        assert skills.marks(here.host) == {}
        with pytest.raises(NotFound, match="no document"):
            skills.read(here.host, URI)
        assert skills.marks(None) == {}


def test_long_lists_come_in_pages_and_long_documents_end(tmp_path: Path) -> None:
    with room(tmp_path) as here:
        here.teach(
            *(Rule(component=f"skill-{n:03}", sentence="Be brief.") for n in range(PAGE + 5)),
            *(Rule(component="fetch", sentence=f"Rule {n}.") for n in range(MOST + 5)),
        )
        skills = Skills(PROJECT)
        first, following = skills.listed(here.host, "")
        assert len(first) == PAGE
        assert following is not None
        rest, end = skills.listed(here.host, following)
        assert end is None
        assert len({r.uri for r in (*first, *rest)}) == PAGE + 6
        with failonce.session("s1", project=PROJECT):
            assert skills.read(here.host, URI).text.count("\n- ") == MOST


@pytest.mark.parametrize(
    "uri", ["failonce://skills/none", "file:///etc/passwd", "failonce://skills/../x", ""]
)
def test_nothing_else_can_be_read(uri: str, tmp_path: Path) -> None:
    with room(tmp_path) as here:
        rules(here, "Fetch with care.")
        with pytest.raises(NotFound):
            Skills(PROJECT).read(here.host, uri)
