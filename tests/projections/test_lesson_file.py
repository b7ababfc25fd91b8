"""Lesson files: the seed's shape, the reviewer's body, and no way to approve oneself."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from failonce.errors import BadInput
from failonce.identity import body_digest
from failonce.kinds.registry import behaviour
from failonce.language.transform import Op, Step
from failonce.model import Category, KindName, Lesson, Proposer, Signature, State
from failonce.projections.lesson_file import candidate_name, file_name, parse, render
from failonce.testing.samples import START, lesson, proposal
from tests.made import blocking, has, turning

PREFIX = {KindName.RULE: "RU", KindName.GUARDRAIL: "GR", KindName.FIXER: "FX"}


def guardrail(message: str = "Change `path`.", regex: str = "no item (.*)") -> str:
    known = {"fingerprint": "0f" * 16, "message_regex": regex}
    return blocking("get_item", "path", message=message, **known).render()


def fixer() -> str:
    change = Step(op=Op.RENAME, argument="path", text="file_path")
    body = turning("get_item", change, when=has("path"), fingerprint="", message_regex="no item")
    return body.render()


def made(
    kind: KindName, body: str, *, state: State = State.PROPOSED, name: str = "KeyError in get_item"
) -> Lesson:
    said = proposal(1, kind=kind, body=body, name=name)
    digest = body_digest(said)
    return replace(
        lesson(1),
        id=f"{PREFIX[kind]}-00000001",
        proposal=said,
        digest=digest,
        state=state,
        approved_digest=digest if state in (State.CANARY, State.STABLE) else None,
    )


SIGNATURE = Signature(
    id="f1",
    scheme=1,
    project="shop",
    tool="get_item",
    error_type="KeyError",
    template="no item <int>",
    category=Category.NOT_FOUND,
    first_seen=START,
    last_seen=START,
    hits=30,
    hits_7d=10,
    hits_30d=25,
    sessions=4,
    impact=14.5,
)


def loaded(text: str) -> dict[str, object]:
    """As any other YAML reader sees the file."""
    found: dict[str, object] = YAML(typ="safe", pure=True).load(text)
    return found


@pytest.mark.proves("S19")
def test_a_guardrail_has_the_seeds_shape() -> None:
    file = loaded(render(made(KindName.GUARDRAIL, guardrail()), SIGNATURE))
    assert list(file) == ["id", "name", "kind", "status", "match", "action", "metadata"]
    assert file["id"] == "GR-00000001"
    assert file["kind"] == "guardrail"
    assert file["status"] == "proposed"
    match, action = file["match"], file["action"]
    assert isinstance(match, dict)
    assert {"component", "message_regex", "fingerprint"} <= set(match)
    assert match["arguments"]
    assert action == {"type": "block", "message": "Change `path`."}
    assert file["metadata"] == {
        "hits_7d": 10,
        "hits_30d": 25,
        "impact_score": 14.5,
        "auto_generated": True,
    }


def test_a_fixer_runs_dry_until_it_is_in_force() -> None:
    waiting = parse(render(made(KindName.FIXER, fixer())))
    acting = parse(render(made(KindName.FIXER, fixer(), state=State.CANARY)))
    assert (waiting.status, waiting.dry_run) == ("proposed", True)
    assert (acting.status, acting.dry_run) == ("approved", False)
    changed = replace(made(KindName.FIXER, fixer(), state=State.CANARY), approved_digest="else")
    tampered = parse(render(changed))
    assert (tampered.status, tampered.dry_run) == ("proposed", True)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (KindName.GUARDRAIL, guardrail()),
        (KindName.FIXER, fixer()),
        (KindName.RULE, "Call `list` before `get`."),
    ],
)
def test_the_file_holds_the_very_body_that_was_reviewed(
    kind: KindName, body: str, state: State
) -> None:
    one = made(kind, body, state=state)
    file = parse(render(one, SIGNATURE))
    assert (file.id, file.name, file.kind) == (one.id, one.proposal.name, kind)
    assert file.body == body
    assert behaviour(replace(one.proposal, body=file.body)) == behaviour(one.proposal)
    assert (file.hits_7d, file.hits_30d, file.impact_score) == (10, 25, 14.5)


@pytest.mark.proves("S29a")
def test_names_and_files() -> None:
    assert candidate_name("KeyError", "get_item") == "KeyError in get_item"
    assert (
        file_name(made(KindName.GUARDRAIL, guardrail())) == "GR-00000001_keyerror-in-get_item.yaml"
    )
    long = made(KindName.GUARDRAIL, guardrail(), name="Really " * 20)
    assert len(file_name(long)) <= len("GR-00000001_.yaml") + 40
    hostile = made(KindName.GUARDRAIL, guardrail(), name="../../etc/passwd\n# x")
    assert file_name(hostile) == "GR-00000001_etc-passwd-x.yaml"
    assert file_name(made(KindName.RULE, "Do.", name="规则")) == "RU-00000001_rule.yaml"


HOSTILE = 'x"\nstatus: approved\nid: GR-FFFFFFFF\n--- !!python/object:os.system\n&a *a'


@pytest.mark.parametrize("place", ["message", "regex", "name"])
def test_no_text_of_an_error_becomes_structure(place: str) -> None:
    body = guardrail(
        message=HOSTILE if place == "message" else "m", regex=HOSTILE if place == "regex" else "r"
    )
    one = made(KindName.GUARDRAIL, body, name=HOSTILE if place == "name" else "n")
    file = loaded(render(one))
    assert (file["id"], file["status"]) == (one.id, "proposed")
    assert parse(render(one)).body == body


@given(st.text(max_size=80))
def test_any_text_survives_the_way_there_and_back(text: str) -> None:
    safe = text.encode("utf-8", "ignore").decode()
    one = made(KindName.GUARDRAIL, guardrail(message=safe), name=safe)
    file = parse(render(one))
    assert (file.name, file.status) == (safe, "proposed")
    assert behaviour(replace(one.proposal, body=file.body)) == behaviour(one.proposal)


def test_only_mined_lessons_are_auto_generated() -> None:
    one = made(KindName.RULE, "Do this.")
    by_hand = replace(one, proposal=replace(one.proposal, proposer=Proposer.PERSON))
    assert parse(render(one)).auto_generated
    assert not parse(render(by_hand)).auto_generated


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: ", "key: "),
        ("GR-00000001", "FX-00000001"),
        ("GR-00000001", "GR-1"),
        ("kind: guardrail", "kind: spell"),
        ("status: proposed", "status: blessed"),
        ("status: proposed", "status: proposed\nstatus: approved"),
        ("status: proposed", "status: &a proposed"),
        ("status: proposed", "status: true"),
        ("hits_7d: 10", "hits_7d: -1"),
        ("hits_7d: 10", "hits_7d: 1.5"),
        ("hits_7d: 10", "hits_7d: true"),
        ("hits_7d: 10", "hits_7d: 10\n  more: 1"),
        ("impact_score: 14.5", "impact_score: .nan"),
        ("auto_generated: true", "auto_generated: maybe"),
        ("metadata:", "1: 2\nmetadata:"),
    ],
)
def test_a_file_that_we_would_not_write_is_refused(old: str, new: str) -> None:
    text = render(made(KindName.GUARDRAIL, guardrail()), SIGNATURE)
    changed = text.replace(old, new, 1) if old in text else text.replace(f'"{old}"', new, 1)
    if changed == text:
        changed = text.replace(old.replace(": ", ': "', 1) + '"', new, 1)
    assert changed != text
    with pytest.raises(BadInput):
        parse(changed)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_refused_or_read_and_never_worse(data: st.DataObject) -> None:
    text = render(made(KindName.FIXER, fixer()), SIGNATURE)
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.text(max_size=6)) + text[at + data.draw(st.integers(0, 9)) :]
    with suppress(BadInput):
        parse(damaged)
