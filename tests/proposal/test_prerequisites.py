"""Prerequisites: the call fails, another tool runs, and then the same call works."""

from collections.abc import Callable

import pytest

from failonce.model import Category, Evidence
from failonce.proposal import preconditions, prerequisites, recoveries
from failonce.proposal.material import Miner
from tests.made import evidence
from tests.proposal.made import Plain, read, thrice


def unlocked(tool: Callable[[int], str]) -> Callable[[int], list[Evidence]]:
    """Sessions in which `read` works once another tool was called."""

    def make(n: int) -> list[Evidence]:
        failed = read({"q": f"x{n}"}, "no", Category.CONFLICT)
        return [failed, evidence(tool(n), {}), read({"q": f"x{n}"})]

    return make


def test_the_tool_after_which_the_same_call_works_is_named_in_a_rule() -> None:
    rule = prerequisites.mine(thrice(unlocked(lambda _: "unlock")), Plain())
    assert rule is not None
    assert rule.body == "rule_text: unlock"
    assert rule.target == "read"
    assert rule.support_clusters == ("s0", "s1", "s2")


def test_a_tool_that_came_in_between_once_is_no_prerequisite() -> None:
    assert prerequisites.mine(thrice(unlocked(lambda n: f"tool{n}")), Plain()) is None


def test_another_call_that_worked_after_the_tool_is_no_intervention() -> None:
    def changed(n: int) -> list[Evidence]:
        failed = read({"q": f"x{n}"}, "no", Category.CONFLICT)
        return [failed, evidence("unlock", {}), read({"q": f"x{n}", "force": True})]

    assert prerequisites.mine(thrice(changed), Plain()) is None


@pytest.mark.parametrize("mine", [recoveries.mine, preconditions.mine, prerequisites.mine])
def test_a_miner_says_the_same_twice(mine: Miner) -> None:
    def make(n: int) -> list[Evidence]:
        return [read({"path": f"f{n}"}, "no"), read({"file": f"f{n}"})]

    assert mine(thrice(make), Plain()) == mine(thrice(make), Plain())
