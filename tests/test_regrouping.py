"""Classes of failures merged and split by hand."""

import pytest

from failonce.errors import NotFound, Refused
from failonce.model import Action
from failonce.ports import SignatureQuery
from failonce.regrouping import Regrouping
from tests.looped import World, call, renamed


class Groups:
    """A world with three classes, and a lesson for the one of `read`."""

    def __init__(self) -> None:
        self.world = World()
        self.world.take(renamed(12))
        self.world.take([call("read", {"n": n}, "Error: no luck", session=f"n{n}") for n in "abc"])
        self.world.take([call("put", {"n": 1}, "Error: it is full", session="x")])
        (self.lesson,) = self.world.loop.mine("p").new
        (self.known,) = self.lesson.proposal.signatures
        found = self.world.store.signatures(SignatureQuery())
        self.other = next(s.id for s in found if s.tool == "read" and s.id != self.known)
        self.put = next(s.id for s in found if s.tool == "put")
        self.regrouping = Regrouping(self.world.review)

    @property
    def hits(self) -> dict[str, int]:
        return {s.id: s.hits for s in self.world.store.signatures(SignatureQuery())}

    @property
    def entries(self) -> int:
        return len(list(self.world.store.entries()))


def test_a_merge_is_one_class_and_can_be_taken_back() -> None:
    groups = Groups()
    before = groups.hits
    done = groups.regrouping.merge([groups.known], groups.other, reason="the same")
    assert (done.changed, done.now, done.warnings) == ((groups.known,), groups.other, ())
    assert groups.hits[groups.other] == before[groups.known] + before[groups.other]
    last = groups.world.store.recent(limit=1)[0].event
    assert (last.action, last.subject) == (Action.MERGE, groups.known)
    assert last.reason == f"into {groups.other}: the same"
    groups.regrouping.split(groups.known)
    assert groups.hits == before
    assert groups.world.store.recent(limit=1)[0].event.action is Action.SPLIT


def test_the_same_again_writes_nothing() -> None:
    groups = Groups()
    groups.regrouping.merge([groups.known], groups.other)
    written = groups.entries
    assert groups.regrouping.merge([groups.known, groups.other], groups.known).changed == ()
    assert groups.entries == written
    groups.regrouping.split(groups.known)
    assert groups.regrouping.split(groups.known).changed == ()
    assert groups.entries == written + 1


def test_a_lesson_for_a_merged_class_still_answers_it() -> None:
    """It stays in force: that its failures have another name does not speak against it."""
    groups = Groups()
    groups.world.review.approve(groups.lesson.id)
    groups.regrouping.merge([groups.known], groups.other)
    run = groups.world.loop.mine("p")
    assert run.refuted == ()
    assert groups.world.desk.held == [groups.lesson.id]


def test_what_is_of_other_tools_is_merged_with_a_warning() -> None:
    groups = Groups()
    done = groups.regrouping.merge([groups.put], groups.known)
    assert done.changed == (groups.put,)
    assert "different tools" in done.warnings[0]


def test_one_fingerprint_cannot_be_split() -> None:
    groups = Groups()
    with pytest.raises(Refused, match="one and the same text"):
        groups.regrouping.split(groups.known)
    groups.regrouping.merge([groups.known], groups.other)
    with pytest.raises(Refused, match=groups.known):
        groups.regrouping.split(groups.other)
    groups.world.store.add_aliases({groups.put: groups.other})
    with pytest.raises(Refused, match="masks"):
        groups.regrouping.split(groups.put)


def test_ids_may_be_short_and_unknown_ones_are_named() -> None:
    groups = Groups()
    assert groups.regrouping.find(groups.put[:10]) == groups.put
    for nothing in ("ffffffffffffffff", "", "nothing"):
        with pytest.raises(NotFound):
            groups.regrouping.find(nothing)
    written = groups.entries
    with pytest.raises(NotFound):
        groups.regrouping.merge([groups.put, "no"], groups.known)
    with pytest.raises(NotFound):
        groups.regrouping.split("no")
    assert groups.entries == written
