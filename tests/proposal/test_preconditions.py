"""Preconditions: the simplest condition on arguments that is true of failing calls only."""

from failonce.kinds.guardrail import Guardrail
from failonce.model import Category, Evidence
from failonce.proposal import preconditions
from tests.made import session
from tests.proposal.made import Plain, material, parsed, read, thrice


def test_a_condition_that_only_failing_calls_meet_becomes_a_guardrail() -> None:
    made = preconditions.mine(
        thrice(lambda n: [read({"file": f"/f{n}"}, "no"), read({"file": f"g{n}"})]), Plain()
    )
    assert str(parsed(made, Guardrail).when) == "`file` looks like absolute path"


def test_what_passes_by_itself_is_no_reason_to_stop_a_call() -> None:
    def slow(n: int) -> list[Evidence]:
        return [read({"file": f"/f{n}"}, "no", Category.TIMEOUT), read({"file": f"g{n}"})]

    assert preconditions.mine(thrice(slow), Plain()) is None


def test_one_session_is_not_enough_for_a_guardrail() -> None:
    calls = session("s", [read({"file": "/f"}, "no")] * 9 + [read({"file": "g"})])
    assert preconditions.mine(material(calls, "read"), Plain()) is None


def test_a_condition_that_a_working_call_meets_too_separates_nothing() -> None:
    made = preconditions.mine(
        thrice(lambda n: [read({"file": f"/f{n}"}, "no"), read({"file": f"/g{n}"})]), Plain()
    )
    assert made is None
