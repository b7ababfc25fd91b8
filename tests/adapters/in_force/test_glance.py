"""At a glance never too little is seen: whoever would speak is among those that are."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from failonce.adapters.in_force.entry import seen
from failonce.adapters.in_force.frames import Damaged
from failonce.adapters.in_force.glance import Glance, _may
from failonce.kinds.concerned import Concerned
from failonce.kinds.decision import Armed
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.rule import Rule
from failonce.language.predicate import Predicate
from failonce.model import Action, Change, Event, Json, KindName, Mode
from failonce.testing.samples import moved
from tests.adapters.in_force.made import guardrail, world
from tests.language.test_matching import arguments, predicates
from tests.made import START, blocking, turning
from tests.surfaces.watching.made import taught


def ids(glance: Glance | None, tool: str, args: Mapping[str, Json], **fields: bool) -> list[str]:
    assert glance is not None
    return [str(s["id"]) for s in glance.before("shop", tool, args, **{"failed": True, **fields})]


@given(predicates, arguments)
def test_what_is_seen_of_a_predicate_is_what_it_says(
    when: Predicate, args: Mapping[str, Json]
) -> None:
    body = replace(blocking("read", "x"), when=when)
    told = json.loads(seen(body))
    holds = Concerned([_armed(body)]).holding(args) != 0
    assert _may(told, "before", args) == holds == when.holds(args)
    assert not _may(told, "after", args)
    after = turning("read", when=when)
    assert _may(json.loads(seen(after)), "before", args) == when.holds(args)


def _armed(body: Guardrail) -> Armed:
    return Armed(lesson="x", version=1, kind=KindName.GUARDRAIL, behaviour=body, witnesses=1)


def test_those_of_the_tool_and_of_its_server_are_seen(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        assert Glance.at(str(made.file)) is None
        x, y = guardrail(1), guardrail(2, tool="write")
        rule = taught(3, Rule(component="git", sentence="Be careful."))
        family = taught(4, Rule(component="mcp__git__log", sentence="Be quick."))
        made.add(x, y, rule, family)
        made.publisher.publish()
        glance = Glance.at(str(made.file))
        assert ids(glance, "read", {"path": "a"}) == [x.id]
        assert ids(glance, "read", {"file": "a"}) == []
        assert set(ids(glance, "mcp__git__log", {})) == {rule.id, family.id}


def test_rules_are_known_where_they_are_in_force(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        rule = taught(1, Rule(component="git", sentence="Be careful."))
        made.add(rule, guardrail(2))
        made.publisher.publish()
        glance = Glance.at(str(made.file))
        assert glance is not None
        assert not glance.ruled("shop"), "it waits"
        made.store.commit(moved(rule, Action.APPROVE))
        made.publisher.publish()
        glance = Glance.at(str(made.file))
        assert glance is not None
        assert glance.ruled("shop")
        assert not glance.ruled("other")
        assert list(made.read().ruled("shop")) == ["git"]


def test_what_did_not_change_is_carried_over(tmp_path: Path) -> None:
    """A decision on one tool leaves what is seen of the others, and says the new."""
    with world(tmp_path) as made:
        x, y = guardrail(1), guardrail(2, tool="write")
        rule = taught(3, Rule(component="git", sentence="Be careful."))
        made.add(x, y, rule)
        made.store.commit(moved(rule, Action.APPROVE))
        made.publisher.publish()
        before = Glance.at(str(made.file))
        made.store.commit(moved(x, Action.REJECT))
        made.publisher.publish()
        glance = Glance.at(str(made.file))
        assert before is not None
        assert glance is not None
        assert ids(glance, "read", {"path": "a"}) == []
        assert ids(glance, "write", {"path": "a"}) == [y.id]
        assert glance.ruled("shop")
        assert glance.id != before.id
        made.publisher.publish(anew=True)
        assert ids(Glance.at(str(made.file)), "write", {"path": "a"}) == [y.id]


def test_what_asks_for_a_failure_is_seen_once_there_was_one(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        x = taught(1, replace(blocking("read", "path"), repeated=1))
        made.add(x)
        made.publisher.publish()
        glance = Glance.at(str(made.file))
        assert ids(glance, "read", {"path": "a"}, failed=False) == []
        assert ids(glance, "read", {"path": "a"}, failed=True) == [x.id]


def test_the_mode_is_that_of_the_store_then_of_the_settings(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        made.add(guardrail(1))
        made.publisher.publish()

        def off(project: str, *, usually: bool) -> bool:
            glance = Glance.at(str(made.file))
            assert glance is not None
            return glance.off(project, usually=usually)

        assert off("shop", usually=True)
        assert not off("shop", usually=False)
        for project, mode in (("*", Mode.OFF), ("shop", Mode.MANUAL)):
            event = Event(
                at=START, actor="a", action=Action.SET_MODE, subject=project, mode=mode, version=0
            )
            made.store.commit(Change(events=(event,)))
        made.publisher.publish()
        assert off("other", usually=False)
        assert not off("shop", usually=True)


@pytest.mark.parametrize("spoil", ["header", "record", "key", "magic"])
def test_nothing_is_taken_from_what_does_not_hold(tmp_path: Path, spoil: str) -> None:
    with world(tmp_path) as made:
        made.add(guardrail(1))
        made.publisher.publish()
        content = bytearray(made.file.read_bytes())
        places = {"header": 60, "record": content.rindex(b'"before"'), "key": 60, "magic": 2}
        content[places[spoil]] ^= 1
        if spoil == "key":
            Path(f"{made.file}.key").chmod(0o644)
        else:
            made.file.write_bytes(content)
        with pytest.raises(Damaged):
            ids(Glance.at(str(made.file)), "read", {"path": "a"})


def test_a_lesson_of_a_kind_that_shows_nothing_may_always_speak() -> None:
    assert _may({"unknown": True}, "before", {})
    assert not _may({}, "before", {})
