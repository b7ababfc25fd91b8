"""What people wrote into our part of a file, told line by line."""

from dataclasses import replace
from datetime import timedelta

import pytest

from failonce.errors import BadInput
from failonce.identity import body_digest
from failonce.model import KindName, Lesson, State
from failonce.projections import lesson_file
from failonce.projections.agent_skill import skill_file
from failonce.projections.human_edits import Edit, Form, Sentence, read
from failonce.projections.managed_block import find
from failonce.projections.rule_lines import Item
from failonce.testing.samples import START, lesson, proposal
from tests.adapters.workspace.made import guardrail

LATER = START + timedelta(hours=1)


def rule(n: int, sentence: str, *, skill: str = "card") -> Lesson:
    said = proposal(n, kind=KindName.RULE, target=skill, body=sentence)
    digest = body_digest(said)
    return replace(
        lesson(n),
        id=f"RU-{n:08X}",
        proposal=said,
        digest=digest,
        approved_digest=digest,
        state=State.CANARY,
        reviewed_at=START,
    )


ONE = rule(1, "Call `list` before `get`.")
TWO = rule(2, "`id`: give it as a number.")
BOTH = {x.id: x for x in (ONE, TWO)}


def item(x: Lesson, skill: str = "") -> Item:
    return Item(lesson=x.id, sentence=x.proposal.body, skill=skill)


def card(*lessons: Lesson) -> str:
    return find(b"# Mine\n").with_items([item(x) for x in lessons] or []).decode()  # type: ignore[union-attr]


def edit(text: str, form: Form = Form.CARD, *lessons: Lesson) -> Edit:
    wanted = tuple(x.id for x in lessons or (ONE, TWO))
    return Edit(place="f", form=form, text=text, at=LATER, skill="card", lessons=wanted)


def block(*lessons: Lesson) -> str:
    found = find(card(*lessons).encode())
    return found.block.decode()


def test_what_nobody_changed_is_no_edit() -> None:
    for text in (block(ONE, TWO), block(ONE, TWO).replace("\n", "\r\n"), block(TWO, ONE)):
        assert not read(edit(text), BOTH)


def test_a_changed_sentence_is_another_text_of_its_lesson() -> None:
    text = block(ONE, TWO).replace("before `get`", "before each `get`")
    found = read(edit(text), BOTH)
    assert found.changed == {ONE.id: "Call `list` before each `get`."}
    assert (found.added, found.removed, found.unread) == ([], [], [])


def test_a_rule_that_begins_like_one_of_a_skill_keeps_its_words() -> None:
    text = block(ONE, TWO).replace("as a number", "as an integer")
    for form in (Form.CARD, Form.BLOCK, Form.SKILL):
        assert read(edit(text, form), BOTH).changed == {TWO.id: "`id`: give it as an integer."}


def test_a_new_line_is_a_new_rule_of_the_files_skill_or_of_the_one_it_names() -> None:
    text = block(ONE, TWO).replace("- Call", "- Never on Fridays.\n* `other`: Ask.\n- Call")
    assert read(edit(text), BOTH).added == [
        Sentence(skill="card", sentence="Never on Fridays."),
        Sentence(skill="card", sentence="`other`: Ask."),
    ]
    assert read(edit(text, Form.BLOCK), BOTH).added == [
        Sentence(skill="card", sentence="Never on Fridays."),
        Sentence(skill="other", sentence="Ask."),
    ]


def test_a_copied_line_that_was_changed_is_a_new_rule() -> None:
    twice = block(ONE).replace("- Call", "- Ring twice. <!-- RU-00000001 -->\n- Call")
    found = read(edit(twice, Form.CARD, ONE), BOTH)
    assert found.changed == {ONE.id: "Ring twice."}
    again = block(ONE) + "- Ring twice. <!-- RU-00000001 -->\n"
    assert read(edit(again, Form.CARD, ONE), BOTH).added == [
        Sentence(skill="card", sentence="Ring twice.")
    ]


def test_a_line_that_lost_its_id_is_known_by_its_words() -> None:
    for form in (Form.CARD, Form.BLOCK):
        assert not read(edit(block(ONE, TWO).replace(f" <!-- {ONE.id} -->", ""), form), BOTH)


def test_a_line_of_a_lesson_that_nobody_knows_is_a_new_rule() -> None:
    text = block(ONE).replace(ONE.id, "RU-DEADBEEF")
    found = read(edit(text, Form.CARD), {TWO.id: TWO})
    assert found.added == [Sentence(skill="card", sentence=ONE.proposal.body)]


def test_a_line_that_is_gone_is_named_where_its_rule_stood_there() -> None:
    assert read(edit(block(TWO)), BOTH).removed == [ONE.id]
    late = BOTH | {ONE.id: replace(ONE, reviewed_at=LATER + timedelta(seconds=1))}
    assert read(edit(block(TWO)), late).removed == [], "it was approved after the edit"
    undone = BOTH | {ONE.id: replace(ONE, state=State.REVERTED, approved_digest=None)}
    assert read(edit(block(TWO)), undone).removed == []


def test_prose_and_headings_are_told_and_not_taken() -> None:
    text = block(ONE, TWO).replace("- Call", "# Mine\nsome prose\n- Call")
    assert read(edit(text), BOTH).unread == ["# Mine", "some prose"]


def test_an_agent_skill_is_read_below_its_head() -> None:
    made = skill_file("failonce-card", ["card"], [item(ONE), item(TWO)]).onto(None).content
    assert made is not None
    text = made.decode()
    assert not read(edit(text, Form.SKILL), BOTH)
    text = text.replace("before you use it", "whenever you like").replace("- Call", "- Do call")
    assert read(edit(text, Form.SKILL), BOTH).changed == {ONE.id: "Do call `list` before `get`."}


def test_yaml_gives_another_body_or_says_what_is_wrong() -> None:
    made = guardrail(3)
    text = lesson_file.kept(made).onto(None).content
    assert text is not None
    known = {made.id: made}
    whole = edit(text.decode(), Form.YAML)
    assert not read(whole, known)
    other = replace(whole, text=whole.text.replace("no item", "nothing"))
    (body,) = read(other, known).changed.values()
    assert body == made.proposal.body.replace("no item", "nothing") != made.proposal.body
    with pytest.raises(BadInput):
        read(replace(whole, text=whole.text + "more: 1\n"), known)
    assert read(replace(whole), {}).unread == [f"{made.id} is no lesson of this store"]
