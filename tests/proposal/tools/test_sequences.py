"""Calls that recur one after the other become one tool."""

import json
from dataclasses import replace

import pytest

from failonce.kinds.tool import LearnedTool
from failonce.model import Evidence, Trust
from failonce.proposal.tools.sequences import Composite, composites
from tests.made import evidence, session


def answered(tool: str, args: dict[str, object], answer: object) -> Evidence:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return replace(evidence(tool, args), message=text)  # type: ignore[arg-type]


def ticket(n: int, *, customer: int | None = None) -> list[Evidence]:
    """A session that answers a ticket, as support does."""
    own = 1000 + n if customer is None else customer
    return session(
        f"s{n}",
        [
            answered("find_ticket", {"query": f"order {n}", "open": True}, {"id": n, "by": own}),
            answered("get_customer", {"id": own}, {"name": f"N{n}", "mail": f"n{n}@shop.example"}),
            answered(
                "send_note", {"to": f"n{n}@shop.example", "about": f"order {n}"}, f"sent to N{n}"
            ),
        ],
    )


def found(*sessions: list[Evidence]) -> list[Composite]:
    return list(composites(e for s in sessions for e in s))


def body(composite: Composite) -> LearnedTool:
    return LearnedTool.parse(composite.proposal.body, composite.proposal.target)


def test_calls_that_feed_one_another_become_a_function_of_what_is_new_in_them() -> None:
    (one,) = found(*(ticket(n) for n in range(6)))
    tool = body(one)
    assert tool.component == "find_ticket_then_get_customer_then_send_note"
    assert [(p.name, p.types, p.required) for p in tool.parameters] == [
        ("query", ("string",), True)
    ]
    assert tool.calls == ("find_ticket", "get_customer", "send_note")
    assert "call('get_customer', id=json.loads(answer_1)['by'])" in tool.source
    assert "call('send_note', about=query, to=json.loads(answer_2)['mail'])" in tool.source
    assert "open=True" in tool.source, "what all callers gave alike is written down"
    assert "'id': 1" not in tool.source.partition("def ")[2], "what one caller gave is not"


def test_its_code_does_what_the_sessions_did() -> None:
    """Run here with the recorded answers: the code is ours, put together from a plan."""
    (one,) = found(*(ticket(n) for n in range(6)))
    tool, made = body(one), []

    def call(name: str, **args: object) -> str:
        made.append((name, args))
        (mine,) = [e for e in ticket(9) if e.call.tool == name]
        return mine.message

    space: dict[str, object] = {"call": call}
    exec(tool.source, space)  # noqa: S102 - of made-up sessions, by our own generator
    assert space[tool.entry](query="order 9") == "sent to N9"  # type: ignore[operator]
    assert made == [(e.call.tool, e.call.args) for e in ticket(9)]


def test_two_sessions_stand_in_the_code_as_cases_and_the_others_judge() -> None:
    (one,) = found(*(ticket(n) for n in range(6)))
    declared = body(one).cases
    assert [c.args for c in declared] == [{"query": "order 0"}, {"query": "order 1"}]
    assert [a.tool for a in declared[0].answers] == ["find_ticket", "get_customer", "send_note"]
    assert declared[0].result == "sent to N0"
    assert [cluster for cluster, _ in one.cases] == ["s2", "s3", "s4", "s5"]


def test_a_session_judges_only_where_the_others_teach_the_same_without_it() -> None:
    """Without the one other value all seem to ask for the same."""
    sessions = [ticket(n, customer=7) for n in range(5)] + [ticket(5)]
    (one,) = found(*sessions)
    assert "json.loads(answer_1)['by']" in body(one).source
    assert "s5" not in [cluster for cluster, _ in one.cases]


def test_what_too_few_callers_did_is_no_tool() -> None:
    assert not found(ticket(0), ticket(1))
    twice = [e for n in range(9) for e in ticket(0)]
    assert not found(session("one", twice))


def test_calls_that_have_nothing_to_do_with_one_another_are_no_tool() -> None:
    sessions = [
        session(f"s{n}", [answered("now", {"zone": "x" * n}, "t"), answered("roll", {"n": n}, "5")])
        for n in range(8)
    ]
    assert not found(*sessions)


def test_a_call_that_failed_in_between_a_stranger_and_unknown_arguments_teach_nothing() -> None:
    def without(n: int) -> list[Evidence]:
        calls = ticket(n)
        match n % 3:
            case 0:
                calls[1] = replace(calls[1], finding=evidence("t", {}, "boom").finding)
            case 1:
                calls[1] = replace(calls[1], trust=Trust.UNTRUSTED)
            case _:
                calls[1] = replace(calls[1], call=replace(calls[1].call, args=None))
        return calls

    assert not found(*(without(n) for n in range(9)))


def test_what_was_redacted_is_given_anew_each_time() -> None:
    sessions = []
    for n in range(5):
        calls = ticket(n)
        args = {**(calls[0].call.args or {}), "token": "<redacted:token>"}
        calls[0] = replace(calls[0], call=replace(calls[0].call, args=args))
        sessions.append(calls)
    (one,) = found(*sessions)
    assert [p.name for p in body(one).parameters] == ["query", "token"]


def test_a_short_value_that_happens_to_be_a_whole_answer_is_no_link() -> None:
    """`5` answered and `5` given says nothing; in a field of an answer it does."""
    plain = [
        session(
            f"s{n}", [answered("roll", {"of": 6}, str(n)), answered("move", {"by": str(n)}, "")]
        )
        for n in range(6)
    ]
    assert not found(*plain)
    field = [
        session(
            f"s{n}",
            [answered("roll", {"of": 6}, {"eyes": n}), answered("move", {"by": n}, "moved")],
        )
        for n in range(6)
    ]
    (one,) = found(*field)
    assert "json.loads(answer_1)['eyes']" in body(one).source


@pytest.mark.parametrize("text", ["'''\"\"\"\\", "\u202e", "__import__('os')", "x" * 3000])
def test_hostile_values_stay_values(text: str) -> None:
    sessions = [
        session(
            f"s{n}",
            [
                answered("look", {"at": f"{text}{n}"}, {"id": f"{text}-{n}"}),
                answered("take", {"id": f"{text}-{n}"}, text),
            ],
        )
        for n in range(5)
    ]
    for one in found(*sessions):
        tool = body(one)
        assert [c.args for c in tool.cases] == [{"at": f"{text}0"}, {"at": f"{text}1"}][
            : len(tool.cases)
        ]
        assert text not in tool.source.partition("def ")[2]


def test_names_that_python_has_no_room_for_are_given_all_the_same() -> None:
    sessions = [
        session(
            f"s{n}",
            [
                answered("look-up", {"class": f"c{n}", "at.time": n}, {"id": f"id-{n}"}),
                answered("take", {"from": f"id-{n}"}, "taken"),
            ],
        )
        for n in range(5)
    ]
    (one,) = found(*sessions)
    tool = body(one)
    assert tool.component == "look_up_then_take"
    assert "call('take', **{'from': json.loads(answer_1)['id']})" in tool.source
    assert [p.name for p in tool.parameters] == ["at_time", "class_"]


def test_what_a_learned_tool_does_is_nobodys_habit() -> None:
    """Neither its own calls nor those that it makes while it runs."""

    def used(n: int) -> list[Evidence]:
        inner = ticket(n)
        own = replace(inner[0], call=replace(inner[0].call, tool="answer_ticket"))
        return [replace(own, id=f"own {n}", duration_ms=5_000.0), *inner]

    calls = [e for n in range(6) for e in used(n)]
    assert not list(composites(calls, {"answer_ticket"}))
    assert list(composites(calls)), "where nobody says that it was learned they are"
