"""Guards that would never be asked, because a repair changes those calls before they run."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from failonce.gate.needless import needless
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.fixer import Fit, FittingFixer, Moment
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.transform import Op, Step
from failonce.model import Evidence, KindName, Parameter, Proposal, ToolSpec
from tests.made import evidence, proposal, turning

FAILURES: Mapping[str, Evidence] = {
    "one": evidence("read", {"path": "a"}, "no"),
    "other": evidence("read", {"path": "b"}, "no"),
    "odd": evidence("read", {"path": "b", "file": "c"}, "no"),
}


def guard(*support: str, target: str = "read", kind: KindName = KindName.GUARDRAIL) -> Proposal:
    """A guard learned from these failures."""
    return replace(proposal(kind, target=target, signatures=("sig",)), support=support)


def renaming(moment: Moment = Moment.BEFORE, signature: str = "sig") -> Proposal:
    """A repair that renames `path` to `file` where there is none."""
    present = Condition(path=("path",), test=Test.PRESENT)
    absent = Condition(path=("file",), test=Test.ABSENT)
    when = Predicate(conditions=(present, absent))
    body = turning(
        "read",
        Step(op=Op.RENAME, argument="path", text="file"),
        moment=moment,
        when=when if moment is Moment.BEFORE else Predicate(),
        fingerprint="sig",
    )
    return proposal(KindName.FIXER, target="read", body=body.render(), signatures=(signature,))


def test_a_guard_is_needless_where_every_call_that_it_is_for_is_repaired_before() -> None:
    assert needless(guard("one", "other"), [renaming()], FAILURES, {})


def test_a_guard_is_needed_where_one_call_would_still_fail() -> None:
    assert not needless(guard("one", "odd"), [renaming()], FAILURES, {})
    assert not needless(guard("one"), [], FAILURES, {})


def test_a_repair_after_the_failure_leaves_the_guard_its_work() -> None:
    assert not needless(guard("one"), [renaming(Moment.AFTER_FAILURE)], FAILURES, {})


def test_a_repair_for_another_class_speaks_for_no_guard() -> None:
    assert not needless(guard("one"), [renaming(signature="other")], FAILURES, {})


def test_what_fits_calls_to_their_schema_repairs_before_too() -> None:
    spec = ToolSpec(
        name="read",
        parameters=(Parameter(name="Path", types=("string",), required=True),),
        closed=True,
        digest="schema",
    )
    body = FittingFixer(component=ANY_TOOL, fit=Fit.SCHEMA)
    fits = proposal(KindName.FIXER, target=ANY_TOOL, body=body.render(), signatures=("sig", "x"))
    assert needless(guard("one", "other"), [fits], FAILURES, {"read": spec})
    assert not needless(guard("one", "other"), [fits], FAILURES, {})


@pytest.mark.parametrize("kind", [KindName.FIXER, KindName.HINT, KindName.RULE])
def test_only_guards_are_needless(kind: KindName) -> None:
    assert not needless(guard("one", kind=kind), [renaming()], FAILURES, {})


def test_a_guard_for_any_tool_and_one_that_nothing_taught_are_kept() -> None:
    assert not needless(guard("one", target=ANY_TOOL), [renaming()], FAILURES, {})
    assert not needless(guard(), [renaming()], FAILURES, {})
