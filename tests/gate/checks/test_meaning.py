"""Whether the call still asks for what its caller asked for."""

import pytest

from failonce.gate.checks import identities, intent
from failonce.model import CheckResult, Json, KindName, Proposal
from tests.made import proposal
from tests.safety.written import Written, argument, calls, repair, result, step


def _proposed(written: Written) -> Proposal:
    return proposal(KindName.FIXER, target=written.target, body=written.body)


def _renamed(*pairs: tuple[str, str]) -> CheckResult:
    steps = [{"op": "rename", "argument": old, "to": new} for old, new in pairs]
    return intent(_proposed(repair("move", "f", *steps)))


@pytest.mark.parametrize(
    ("pairs", "passes"),
    [
        ([("path", "file")], True),
        ([("src", "source")], True),
        ([("path", "file_path")], True),
        ([("user", "removed_user")], False),
        ([("source", "target")], False),
        ([("date", "start_date")], False),
        ([("a", "x"), ("b", "a"), ("x", "b")], False),
        ([("a", "x"), ("b", "y"), ("c", "a"), ("x", "b"), ("y", "c")], False),
        ([("a", "b"), ("c", "d")], True),
    ],
)
def test_a_rename_keeps_what_is_meant(pairs: list[tuple[str, str]], passes: bool) -> None:
    assert _renamed(*pairs).passed is passes


def test_values_that_go_round_are_refused_for_everybody() -> None:
    assert _renamed(("a", "x"), ("b", "a"), ("x", "b")).fatal


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        ({"path": result("found", then=["only"])}, False),
        ({"path": argument("path", "basename")}, True),
        ({"path": argument("other")}, False),
    ],
)
def test_an_argument_keeps_what_it_asked_for(given: dict[str, Json], passes: bool) -> None:
    looks = [step("list_files", name="found")]
    made = _proposed(calls("read", "f", looks=looks, arguments=given))
    assert intent(made).passed is passes


def test_what_a_look_found_for_the_argument_is_what_it_asked_for() -> None:
    looks = [step("find_files", {"name": argument("path")}, "found")]
    given = {"path": result("found", then=["only"])}
    assert intent(_proposed(calls("read", "f", looks=looks, arguments=given))).passed


@pytest.mark.parametrize(
    "steps",
    [
        [step("find", {"query": argument("token")})],
        [{"call": "find", "arguments": {"query": {"item": True}},
          "each": argument("token", "parts")}],
        [step("find", {"query": {"path": [argument("path"), argument("token")]}})],
    ],
)  # fmt: skip
def test_a_secret_is_told_to_nobody(steps: list[Json]) -> None:
    verdict = identities(_proposed(calls("read", "f", steps=steps)))
    assert not verdict.passed
    assert verdict.fatal
