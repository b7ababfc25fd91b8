"""Reading page after page becomes one tool."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.kinds.tool import LearnedTool
from failonce.model import Evidence, ToolSpec, Trust
from failonce.proposal.tools.paging import pagings
from failonce.proposal.tools.paging_code import MOST_PAGES
from failonce.proposal.tools.writing import Composite
from tests.proposal.tools.services import (
    FIRST,
    Service,
    counted,
    cursor,
    items,
    last_item,
    null_cursor,
    numbered,
    pages,
    reader,
    until_empty,
    until_short,
)

ALL = list(FIRST)


def found(*sessions: list[Evidence], **more: Any) -> list[Composite]:
    return list(pagings([e for s in sessions for e in s], **more))


def body(composite: Composite) -> LearnedTool:
    return LearnedTool.parse(composite.proposal.body, composite.proposal.target)


def read(service: Service, counts: list[int], **given: Any) -> list[list[Evidence]]:
    """A caller for each of these lists; `limit` where the service asks how many."""
    sized = {"limit": 3} if service is until_short else {}
    made: list[list[Evidence]] = []
    for n, count in enumerate(counts):
        first = {"by": f"c{n}", **sized, **given, **FIRST[service]}
        made.append(reader(f"s{n}", pages(service, items(count, f"x{n}-"), first)))
    return made


def run(tool: LearnedTool, service: Service, have: list[Any], **args: Any) -> Any:
    """Its answer for a list. The code is ours, put together from a plan."""

    def call(name: str, **given: Any) -> str:
        assert name == "list_orders"
        return json.dumps(service(have, given))

    space: dict[str, Any] = {"call": call}
    exec(tool.source, space)  # noqa: S102 - of made-up sessions, by our own generator
    return space[tool.entry](**args)


@pytest.mark.parametrize("service", ALL)
def test_callers_who_read_to_the_end_become_a_tool_that_does(service: Service) -> None:
    (one,) = found(*read(service, [5, 7, 8, 5, 10]))
    tool = body(one)
    assert tool.component == "all_pages_of_list_orders"
    assert [(p.name, p.types) for p in tool.parameters] == [("by", ("string",))]
    assert tool.calls == ("list_orders",)
    assert [cluster for cluster, _ in one.cases] == ["s1", "s2", "s4"], "the shortest are shown"
    for count in (0, 1, 2, 3, 4, 6, 11, 40):
        have = items(count, "other")
        if service is null_cursor or count:
            assert run(tool, service, have, by="z") == {"items": have, "complete": True}, count


@settings(max_examples=60, deadline=None)
@given(
    service=st.sampled_from(ALL),
    counts=st.lists(st.integers(3, 14), min_size=3, max_size=7),
    shuffled=st.randoms(use_true_random=False),
    other=st.integers(1, 60),
)
def test_what_is_made_reads_any_list_and_knows_no_order_of_sessions(
    service: Service, counts: list[int], shuffled: Any, other: int
) -> None:
    """Where there is a tool it parses, passes its cases, and reads lists that nobody read."""
    sessions = read(service, counts)
    made = found(*sessions)
    shuffled.shuffle(sessions)
    assert found(*sessions) == made
    for one in made:
        tool = body(one)
        for n, case in enumerate((*tool.cases, *(c for _, c in one.cases))):
            (which,) = [k for k in range(len(counts)) if case.args == {"by": f"c{k}"}]
            have = items(counts[which], f"x{which}-")
            assert case.result == {"items": have, "complete": True}, n
            assert run(tool, service, have, **case.args) == case.result
        have = items(other)
        assert run(tool, service, have, by="z") == {"items": have, "complete": True}


def test_it_reads_so_many_pages_and_says_where_to_go_on() -> None:
    (one,) = found(*read(until_empty, [5, 7, 8]))
    tool, have = body(one), items(2 * MOST_PAGES + 1)
    assert run(tool, until_empty, have, by="z") == {
        "items": have[: 2 * MOST_PAGES],
        "complete": False,
        "next": MOST_PAGES,
    }
    assert f"ends after {MOST_PAGES} pages" in tool.description


def test_a_size_that_callers_choose_is_a_parameter() -> None:
    sessions = [
        reader(f"s{n}", pages(until_short, items(7), {"limit": 2 + n % 3, "offset": 0}))
        for n in range(6)
    ]
    (one,) = found(*sessions)
    tool = body(one)
    assert [p.name for p in tool.parameters] == ["limit"]
    assert "given['offset'] + given['limit']" in tool.source
    assert run(tool, until_short, items(9), limit=4)["items"] == items(9)
    with pytest.raises(ValueError, match="4 is the most that is known to be answered at once"):
        run(tool, until_short, items(9), limit=1000)


def test_callers_who_stop_before_the_end_want_no_such_tool() -> None:
    whole = read(numbered, [6, 8, 10])
    early = [reader(f"e{n}", pages(numbered, items(20), {"by": f"e{n}"}), most=2) for n in range(3)]
    assert found(*whole)
    assert not found(*whole, *early)
    assert found(*whole, *early[:2])


def test_where_callers_disagree_on_the_end_there_is_none() -> None:
    """One of them read on after the page that the others took for the last one."""
    stopping = [
        reader(f"s{n}", pages(until_short, items(7), {"by": f"c{n}", "limit": 3, "offset": 0}))
        for n in range(4)
    ]
    assert found(*stopping)
    on = pages(until_short, items(7), {"by": "z", "limit": 3, "offset": 0})
    after = {"by": "z", "limit": 3, "offset": 9}
    assert not found(*stopping, reader("on", [*on, (after, {"rows": []})]))


def test_too_few_callers_or_one_of_them_many_times_are_no_habit() -> None:
    assert not found(*read(cursor, [6, 8]))
    again = [
        replace(e, call=replace(e.call, session="s", task="t"))
        for e in (e for s in read(cursor, [6, 8, 9, 7]) for e in s)
    ]
    assert not found(again)


def test_long_pages_stand_in_the_code_as_far_as_it_may_hold_them() -> None:
    def long(n: int, size: int) -> list[Evidence]:
        have = [{"id": f"x{n}-{k}", "note": "n" * size} for k in range(6)]
        return reader(f"s{n}", pages(cursor, have, {"by": n}))

    (one,) = found(*(long(n, 1_000) for n in range(5)))
    tool = body(one)
    assert len(tool.source) < 50_000
    assert tool.cases[0].result["items"][5]["note"] == "n" * 1_000  # type: ignore[index, call-overload]
    assert run(tool, cursor, items(9), by=1)["items"] == items(9)
    vast = [
        reader(f"s{n}", pages(until_short, items(1_000, f"x{n}"), {"limit": 60, "offset": 0}))
        for n in range(5)
    ]
    assert not found(*vast), "no case of it would fit"


@pytest.mark.parametrize("tool", ["delete_orders", "send_batch", "pay_next"])
def test_a_tool_that_changes_something_is_not_called_again_and_again(tool: str) -> None:
    sessions = [
        reader(f"s{n}", pages(cursor, items(6), {"by": f"c{n}"}), tool=tool) for n in range(5)
    ]
    assert not found(*sessions)


def test_what_a_tool_says_of_itself_counts() -> None:
    sessions = read(cursor, [5, 6, 7, 8])
    writes = ToolSpec(name="list_orders", read_only=False)
    assert not found(*sessions, tools={"list_orders": writes})
    reads = ToolSpec(name="list_orders", read_only=True)
    assert found(*sessions, tools={"list_orders": reads})
    taken = ToolSpec(name="all_pages_of_list_orders")
    assert not found(*sessions, tools={taken.name: taken})
    assert found(*sessions, tools={taken.name: taken}, learned={taken.name})


def test_a_list_that_nobody_can_tell_from_another_is_none() -> None:
    def two(have: list[Any], args: Mapping[str, Any]) -> Any:
        page = cursor(have, args)
        return page | {"also": page["orders"]}

    sessions = []
    for n in range(4):
        have = items(6, f"x{n}-")
        made = [(args, two(have, args)) for args, _ in pages(cursor, have, {"by": f"c{n}"})]
        sessions.append(reader(f"s{n}", made))
    assert not found(*sessions)


def test_one_value_that_stands_in_an_answer_by_chance_names_no_page() -> None:
    """With two pages each, the number of pages is the number of the next one."""
    (one,) = found(*read(numbered, [3, 4, 3, 4], page=1))
    assert "given['page'] + 1" in body(one).source
    same = {"orders": [{"id": 1}], "name": "tail"}
    end = {"orders": [], "name": "tail"}
    sessions = [
        reader(f"s{n}", [({"by": f"c{n}"}, same), ({"by": f"c{n}", "part": "tail"}, end)])
        for n in range(5)
    ]
    assert not found(*sessions)


def test_answers_that_are_cut_failed_or_no_json_teach_nothing() -> None:
    def without(n: int, calls: list[Evidence]) -> list[Evidence]:
        match n % 4:
            case 0:
                calls[1] = replace(calls[1], message=calls[1].message + " " * 4000)
            case 1:
                calls[1] = replace(calls[1], finding=reader("t", [({}, "")])[0].finding)
                calls[1] = replace(calls[1], message="no page")
            case 2:
                calls[1] = replace(calls[1], trust=Trust.UNTRUSTED)
            case _:
                calls[1] = replace(calls[1], call=replace(calls[1].call, args=None))
        return calls

    sessions = read(last_item, [3, 4, 3, 4, 3, 4, 3, 4])
    assert found(*sessions)
    assert not found(*(without(n, s) for n, s in enumerate(sessions)))


@pytest.mark.parametrize("text", ["'''\"\"\"\\", "\u202e", "__import__('os')"])
def test_hostile_names_and_values_stay_values(text: str) -> None:
    def hostile(have: list[Any], args: Mapping[str, Any]) -> Any:
        page = counted(have, args)
        return {text: page["rows"], "total": page["total"]}

    sessions = []
    for n in range(5):
        have = items(6, text)
        made = pages(counted, have, {"by": f"{text}{n}", text: text})
        sessions.append(reader(f"s{n}", [(args, hostile(have, args)) for args, _ in made]))
    (one,) = found(*sessions)
    tool = body(one)
    assert tool.description.startswith("All `items` of list_orders, page after page.")
    assert run(tool, hostile, items(7), by="z") == {"items": items(7), "complete": True}


def test_names_that_the_code_itself_uses_are_told_apart() -> None:
    sessions = [
        reader(f"s{n}", pages(cursor, items(6), {"items": f"c{n}", "call": n, "class": n}))
        for n in range(4)
    ]
    (one,) = found(*sessions)
    names = [p.name for p in body(one).parameters]
    assert names == ["list_orders_call", "class_", "list_orders_items"]
