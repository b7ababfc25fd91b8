"""A tool that is gone, and the one that callers went to: the old name again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.tool import LearnedTool
from failonce.model import Category, Evidence
from failonce.proposal.tools.adapters import adapters
from failonce.proposal.tools.writing import Composite
from tests.made import evidence, session


def gone(
    tool: str, args: Mapping[str, Any], category: Category = Category.MISSING_TOOL
) -> Evidence:
    return evidence(tool, args, f"Unknown tool: {tool}", category=category)


def good(tool: str, args: Mapping[str, Any], answer: str = "done") -> Evidence:
    return replace(evidence(tool, args), message=answer)


def caller(n: int, **after: Any) -> list[Evidence]:
    """Asks for tickets by the old name, then by the new one."""
    new = {"text": f"order {n}", "limit": n, "open": True, **after}
    old = {"query": f"order {n}", "most": n}
    return session(
        f"s{n}", [gone("search_tickets", old), good("find_ticket", new, f"ticket of {n}")]
    )


def found(*sessions: list[Evidence], **more: Any) -> list[Composite]:
    return list(adapters([e for s in sessions for e in s], **more))


def body(composite: Composite) -> LearnedTool:
    return LearnedTool.parse(composite.proposal.body, composite.proposal.target)


def test_what_callers_did_instead_is_done_under_the_old_name() -> None:
    (one,) = found(*(caller(n) for n in range(5)))
    tool = body(one)
    assert (tool.component, tool.calls) == ("search_tickets", ("find_ticket",))
    assert [(p.name, p.types) for p in tool.parameters] == [
        ("most", ("integer",)),
        ("query", ("string",)),
    ]
    assert "return call('find_ticket', limit=most, open=True, text=query)" in tool.source
    assert [c.args for c in tool.cases] == [{"query": f"order {n}", "most": n} for n in range(2)]
    assert tool.cases[0].result == "ticket of 0"
    assert [cluster for cluster, _ in one.cases] == ["s2", "s3", "s4"]


@given(st.permutations(range(6)), st.sampled_from([3, 4, 6]))
def test_the_order_of_sessions_makes_no_difference(order: list[int], count: int) -> None:
    (one,) = found(*(caller(n) for n in range(count)))
    (other,) = found(*(caller(n) for n in order if n < count))
    assert one == other
    assert body(one).cases


def test_where_one_caller_did_otherwise_it_is_another_request() -> None:
    sessions = [caller(n) for n in range(5)]
    assert found(*sessions, caller(5))
    assert not found(*sessions, caller(5, text="something else"))
    assert not found(*sessions, caller(5, limit=99))
    assert not found(*sessions, caller(5, open=False))


def test_where_a_value_comes_from_nowhere_or_is_lost_there_is_none() -> None:
    assert not found(*(caller(n, since=f"x{n}") for n in range(5)))
    lost = [
        session(f"s{n}", [gone("look", {"q": f"q{n}", "in": n}), good("find", {"text": f"q{n}"})])
        for n in range(5)
    ]
    assert not found(*lost)


def test_the_same_value_everywhere_says_nothing_of_its_name() -> None:
    def swap(n: int) -> list[Evidence]:
        old, new = {"query": f"o{n}", "page": 1}, {"text": f"o{n}", "limit": 1}
        return session(f"s{n}", [gone("search", old), good("find", new)])

    assert not found(*(swap(n) for n in range(5)))


def test_only_where_there_is_no_such_tool() -> None:
    """What failed for another reason may have been done, and is there for others."""
    sessions = [caller(n) for n in range(5)]
    other = [
        [replace(s[0], finding=gone("t", {}, Category.TIMEOUT).finding), s[1]] for s in sessions
    ]
    assert found(*sessions)
    assert not found(*other)


def test_a_tool_that_works_again_needs_none_and_one_that_worked_before_does() -> None:
    sessions = [caller(n) for n in range(5)]
    works = good("search_tickets", {"query": "a", "most": 1})
    later = replace(works, at=works.at.replace(year=2027), call=replace(works.call, session="z"))
    before = replace(works, at=works.at.replace(year=2025), call=replace(works.call, session="z"))
    assert not found(*sessions, [later])
    assert found(*sessions, [before])


def test_too_few_callers_or_most_of_them_going_elsewhere_teach_nothing() -> None:
    assert not found(caller(0), caller(1))
    lost = [
        session(f"l{n}", [gone("search_tickets", {"query": f"q{n}", "most": n}), good("now", {})])
        for n in range(3)
    ]
    assert found(*(caller(n) for n in range(4)), *lost)
    assert not found(*(caller(n) for n in range(3)), *lost)


def test_the_same_names_ask_for_no_code_and_a_learned_tool_teaches_none() -> None:
    alike = [
        session(f"s{n}", [gone("look", {"q": f"a{n}"}), good("find", {"q": f"a{n}"})])
        for n in range(5)
    ]
    assert not found(*alike)
    sessions = [caller(n) for n in range(5)]
    assert not found(*sessions, learned={"search_tickets"})
    assert not found(*sessions, learned={"find_ticket"})


@pytest.mark.parametrize("tool", ["_private", "class", "a.b", "x-y"])
def test_a_name_that_no_function_has_is_left_alone(tool: str) -> None:
    sessions = [
        session(f"s{n}", [gone(tool, {"q": f"a{n}"}), good("find", {"text": f"a{n}"})])
        for n in range(5)
    ]
    assert not found(*sessions)
