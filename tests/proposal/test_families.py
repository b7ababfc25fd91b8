"""Families: failures that are the same to a lesson, of one class, one tool, or any."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.kinds.behaviour import ANY_TOOL, concerns
from failonce.model import Evidence
from failonce.proposal.families import Family, families, reason
from tests.made import evidence
from tests.proposal.made import sessions, study


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<arg:file>: No such file or directory", "No such file or directory"),
        ("mv: cannot move <arg:a>: Permission denied", "Permission denied"),
        ("Cannot fire, these doors are open: left, right", "Cannot fire, these doors are open"),
        ("It went wrong. These are open: left, right", "These are open"),
        ("Unknown city: <arg:city>", "Unknown city"),
        ("Hold the pedal first", "Hold the pedal first"),
        ('{"error": "<arg:file>: No such file here"}', "No such file here"),
        ("<arg:file>: gone", ""),
        ("failed", ""),
        ("", ""),
        ("no <arg:file> in this folder", ""),
        (f"x: {'long ' * 60}", ""),
    ],
)
def test_the_reason_is_what_an_error_says_without_its_values(template: str, expected: str) -> None:
    assert reason(template) == expected


def found(calls: Sequence[Evidence]) -> list[Family]:
    return families(study(calls).cases)


def shapes(calls: Sequence[Evidence]) -> list[tuple[str, str, int]]:
    """Component, what tells it, and how many cases."""
    return [(f.component, f.fingerprint or f.message_regex, len(f.cases)) for f in found(calls)]


def test_one_reason_of_several_tools_is_a_family_of_any_and_the_most_general_comes_first() -> None:
    def one(_: int) -> list[Evidence]:
        return [
            evidence("view", {"file": "a"}, "<arg:file>: not found here"),
            evidence("trim", {"name": "a"}, "<arg:name>: not found here"),
        ]

    assert shapes(sessions(2, one)) == [
        (ANY_TOOL, "not found here", 4),
        ("view", "sig:view:<arg:file>: not found here", 2),
        ("trim", "sig:trim:<arg:name>: not found here", 2),
    ]
    general, *narrow = found(sessions(2, one))
    assert general.general
    assert not any(f.general for f in narrow)


def test_two_classes_of_one_tool_with_one_reason_are_a_family_of_that_tool() -> None:
    def one(n: int) -> list[Evidence]:
        return [evidence("fire", {"heat": 1}, f"These doors are open: door-{n % 2}")]

    assert shapes(sessions(4, one)) == [
        ("fire", "These doors are open", 4),
        ("fire", "sig:fire:These doors are open: door-0", 2),
        ("fire", "sig:fire:These doors are open: door-1", 2),
    ]


def test_one_witness_makes_no_family_and_two_rare_classes_make_one_together() -> None:
    def one(n: int) -> list[Evidence]:
        return [evidence(f"tool_{n}", {"a": 1}, "it is not ready yet")] * 3

    assert shapes(sessions(1, one)) == []
    (family,) = found(sessions(2, one))
    assert (family.component, family.clusters) == (ANY_TOOL, {"s0", "s1"})


texts = st.text(st.sampled_from("ab :.,<>{}[]()|*+?\\$^-_'\"1é/"), max_size=30)


@given(texts, st.booleans())
def test_what_tells_a_family_is_found_in_the_messages_of_its_cases(
    text: str, wrapped: bool
) -> None:
    """Also where the error is wrapped in JSON, which writes quotes and letters otherwise."""
    said = json.dumps({"error": text}) if wrapped else text or "no"
    calls = sessions(2, lambda n: [evidence(f"tool_{n}", {"a": 1}, said)])
    for family in found(calls):
        for case in family.cases:
            assert concerns(family.fingerprint, family.message_regex, case.failure)


def test_another_reason_is_told_apart() -> None:
    calls = sessions(2, lambda n: [evidence(f"tool_{n}", {"a": 1}, "x: it is not ready yet")])
    other = sessions(1, lambda _: [evidence("tool_0", {"a": 1}, "x: it is not there yet")])
    (family,) = found(calls)
    (case,) = study(other).cases
    assert not concerns(family.fingerprint, family.message_regex, case.failure)
