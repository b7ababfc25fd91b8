"""An edit is a text of its own: judged anew, waiting, and the old one stays on record."""

import pytest

from failonce.editing import Editing
from failonce.errors import BadInput, Outdated, Refused, RefusedLesson
from failonce.model import KindName, Lesson, Power, Proposer, Ruling, State
from failonce.policy import Policy
from tests.looped import World, renamed
from tests.test_making import LOUD, TITLE, Bench

SAID = "Name the file by `file`."


def mined() -> tuple[World, Lesson]:
    """A world with a proven fixer that waits."""
    world = World()
    world.take(renamed(12))
    (lesson,) = world.loop.mine("p").new
    assert lesson.proposal.kind is KindName.FIXER
    return world, lesson


def edited(lesson: Lesson, words: str = "unexpected argument 'path'") -> str:
    """The text with a pattern of a person's own."""
    head, found, tail = lesson.proposal.body.partition("message_regex:")
    assert found
    return f'{head}{found} "{words}"\n{tail.partition(chr(10))[2]}'


def test_one_that_waits_gives_way_to_its_edited_form() -> None:
    world, old = mined()
    new = world.loop.editing.edit(old.id, edited(old), reason="clearer", digest=old.digest)
    assert (new.id, new.version, new.state) == (old.id, 2, State.PROPOSED)
    assert new.proposal.proposer is Proposer.PERSON
    assert [x.state for x in world.store.versions(old.id)] == [State.DEPRECATED, State.PROPOSED]
    assert world.store.recent(limit=1)[0].event.reason == "edited: clearer"
    assert new.judgement.proof.tally.repaired == old.judgement.proof.tally.repaired
    assert world.review.approve(new.id, digest=new.digest).in_force


def test_an_edit_is_proven_on_no_calls_that_its_writer_did_not_know() -> None:
    """So no rule of `auto` may put it in force, whatever the replay says."""
    world, old = mined()
    new = world.loop.editing.edit(old.id, edited(old))
    assert new.judgement.ruling is Ruling.HOLD
    assert new.judgement.proof.power is Power.UNDERPOWERED


def test_mining_again_leaves_what_a_person_wrote() -> None:
    world, old = mined()
    new = world.loop.editing.edit(old.id, edited(old))
    run = world.loop.mine("p")
    assert (run.new, run.refuted, list(run.known)) == ((), (), [old.id])
    assert world.store.lesson(old.id) == new


def test_one_in_force_stays_so_until_its_edited_form_is_approved() -> None:
    world, old = mined()
    world.review.approve(old.id)
    new = world.loop.editing.edit(old.id, edited(old))
    assert new.id != old.id
    assert world.desk.held == [old.id]
    world.review.approve(new.id)
    assert world.desk.held == [new.id]
    newer = world.loop.editing.edit(new.id, edited(old, "again.*argument"))
    world.review.approve(newer.id)
    assert world.desk.held == [newer.id]
    world.review.restore(old.id)
    assert world.desk.held == [old.id], "of one line one is in force"


def test_the_same_again_writes_nothing() -> None:
    for in_force in (False, True):
        world, old = mined()
        if in_force:
            world.review.approve(old.id)
        for same in (old.proposal.body, f"# looked at\n{old.proposal.body}"):
            assert world.loop.editing.edit(old.id, same) == world.store.lesson(old.id)
        new = world.loop.editing.edit(old.id, edited(old), digest=old.digest)
        written = len(list(world.store.entries()))
        assert world.loop.editing.edit(old.id, edited(old), digest=old.digest) == new
        assert len(list(world.store.entries())) == written


def test_what_is_no_text_of_its_kind_or_hurts_is_not_written() -> None:
    world, old = mined()
    before = len(list(world.store.entries()))
    broken = [
        ("match: [\nb: }", BadInput, r"line 2"),
        ("a: 1\n", BadInput, "action"),
        (f"{old.proposal.body}more: 1\n", BadInput, "more"),
        (old.proposal.body.replace("read", "write", 1), RefusedLesson, "acts on"),
        (edited(old, "gh" + "p_" + "a1B2" * 9), RefusedLesson, "secret"),
    ]
    for body, error, said in broken:
        with pytest.raises(error, match=said):
            world.loop.editing.edit(old.id, body)
    world.loop.editing.edit(old.id, edited(old))
    with pytest.raises(Outdated):
        world.loop.editing.edit(old.id, edited(old, "b.*argument"), digest=old.digest)
    assert len(list(world.store.entries())) == before + 2
    assert world.store.lesson(old.id) is not None


def test_a_rule_is_a_sentence() -> None:
    world = World()
    old = world.review.learn("read", SAID, reason="", proposer=Proposer.PERSON, project="p")
    new = world.loop.editing.edit(old.id, "Give the file its name by `file`.\n")
    assert (new.id, new.proposal.body) == (old.id, "Give the file its name by `file`.")
    with pytest.raises(RefusedLesson):
        world.loop.editing.edit(old.id, "two\n\nlines")


def test_a_tool_is_tried_in_the_sandbox() -> None:
    bench = Bench()
    editing = Editing(review=bench.review, making=bench.making)
    old = bench.propose(TITLE)
    new = editing.edit(old.id, LOUD)
    assert bench.states() == {old.id: State.DEPRECATED, new.id: State.PROPOSED}
    bench.review.approve(new.id)
    back = editing.edit(new.id, LOUD.replace("upper()", "upper() + ''"))
    assert bench.states()[new.id] is State.CANARY
    with pytest.raises(RefusedLesson, match="declared cases fail"):
        editing.edit(back.id, TITLE.replace('"A Tale"', '"a tale"'))
    with pytest.raises(Refused, match="no sandbox"):
        bench.world.loop.editing.edit(back.id, f"{TITLE}\n# more\n")


def test_two_edits_of_one_lesson_are_not_both_in_force() -> None:
    world, old = mined()
    world.review.approve(old.id)
    one = world.loop.editing.edit(old.id, edited(old, "one.*argument"))
    two = world.loop.editing.edit(old.id, edited(old, "two.*argument"))
    world.review.approve(one.id)
    world.review.approve(two.id)
    assert world.desk.held == [two.id]


def test_whoever_edited_may_not_approve_where_two_are_wanted() -> None:
    world = World(policy=Policy(self_approval=False))
    world.take(renamed(12))
    (old,) = world.loop.mine("p").new
    new = world.loop.editing.edit(old.id, edited(old))
    with pytest.raises(Refused, match="self_approval"):
        world.review.approve(new.id)
