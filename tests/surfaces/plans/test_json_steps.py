"""JSON plans: where steps stand, where hints go, and what stays as it was."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.surfaces.plans import (
    AugmentationResult,
    PlanModification,
    augment_plan,
    tools_of,
)

KEY = "runtime.learning.retry"
VALUE = {"max_retries": 3, "delay_ms": 100, "multiplier": 2.0}


def retried(plan: str, name: str = "fetch") -> AugmentationResult:
    return augment_plan(plan, [PlanModification(capability_id=name, hint="retry")], format="json")


@pytest.mark.proves("C13")
def test_a_step_carries_its_hint_and_the_plan_its_marks() -> None:
    done = retried('{"steps": [{"tool": "fetch", "args": {"url": "x"}}, {"tool": "fetch2"}]}')
    assert json.loads(done.plan) == {
        "steps": [
            {"tool": "fetch", "args": {"url": "x"}, "metadata": {KEY: VALUE}},
            {"tool": "fetch2"},
        ],
        "metadata": {"learning.augmented": True, "learning.modifications_applied": 1},
    }
    assert json.loads(done.plan)["metadata"] == done.marks


@pytest.mark.parametrize(
    "plan",
    [
        '[{"tool": "fetch"}]',
        '[{"call": "fetch", "args": {}}]',
        '{"tool": "fetch", "args": null}',
        '{"steps": [{"steps": [{"tool": "fetch"}]}]}',
        '[[{"tool": "fetch"}]]',
        '[{"tool": "\\u0066etch"}]',
        '[{"tool": "fetch", "metadata": {}}]',
        '[{"tool": "fetch", "metadata": {"runtime.learning.timeout": {"timeout_ms": 1}}}]',
    ],
)
def test_a_step_is_found_wherever_it_stands(plan: str) -> None:
    done = retried(plan)
    assert done.applied[0].calls == 1
    assert done.plan.count(KEY) == 1
    assert done.plan.count('"metadata"') <= 2
    json.loads(done.plan)
    assert retried(done.plan).plan == done.plan


@pytest.mark.parametrize(
    "plan",
    [
        '[{"tool": "fetch "}]',
        '[{"tool": "fetch\\u200b"}]',
        '[{"tool": "Fetch"}]',
        '[{"tool": {"name": "fetch"}}]',
        '[{"args": {"tool": "fetch"}}]',
        '[{"tool": "x", "args": {"steps": [{"tool": "fetch"}]}}]',
        '[{"name": "fetch"}]',
        "[]",
        "{}",
        "[null, 1, [], {}]",
    ],
)
def test_what_only_looks_like_a_step_is_left_alone(plan: str) -> None:
    done = retried(plan)
    assert (done.plan, done.unreadable) == (plan, "")
    assert [s.reason for s in done.skipped] == ["the plan has no such call"]


def test_numbers_spaces_and_order_stay_as_they_were_written() -> None:
    plan = '[ {"args":{"n":1.50,"big":1e400,"long":' + "9" * 5000 + '},\n\t"tool" : "fetch"} ]\n'
    done = retried(plan)
    inserted = ', "metadata": ' + json.dumps({KEY: VALUE})
    assert done.plan == plan.replace('"fetch"', '"fetch"' + inserted)


def test_a_step_that_holds_steps_keeps_its_metadata_for_itself() -> None:
    """Marks have no place there: two entries `metadata` would hide each other."""
    done = retried('{"tool": "fetch", "steps": [{"tool": "fetch"}]}')
    assert done.applied[0].calls == 2
    assert json.loads(done.plan) == {
        "tool": "fetch",
        "steps": [{"tool": "fetch", "metadata": {KEY: VALUE}}],
        "metadata": {KEY: VALUE},
    }
    assert retried(done.plan).unreadable == ""


def test_the_tools_of_a_plan_are_told_once_and_in_order() -> None:
    assert tools_of('[{"tool": "b"}, {"steps": [{"call": "a"}]}, {"tool": "b"}]') == ("b", "a")


def test_marks_that_stand_there_count_on() -> None:
    first = retried('{"metadata": {"by": "me"}, "steps": [{"tool": "fetch"}]}')
    second = augment_plan(
        first.plan,
        [PlanModification(capability_id="fetch", hint="timeout", values={"timeout_ms": 9})],
    )
    assert json.loads(second.plan)["metadata"] == {
        "by": "me",
        "learning.augmented": True,
        "learning.modifications_applied": 2,
    }
    assert retried(second.plan).plan == second.plan
    assert retried(second.plan).marks["learning.modifications_applied"] == 2


def test_metadata_that_is_no_object_is_not_written_to() -> None:
    for plan in ('[{"tool": "fetch", "metadata": null}]', '[{"tool": "fetch", "metadata": "x"}]'):
        done = retried(plan)
        assert done.plan == plan
        assert done.skipped[0].reason == "its `metadata` is no object"
    odd = retried('{"metadata": 1, "steps": [{"tool": "fetch"}]}')
    assert odd.applied
    assert json.loads(odd.plan)["metadata"] == 1


@pytest.mark.parametrize(
    "plan",
    [
        '[{"tool": "fetch"}',
        '[{"tool": "fetch",}]',
        '{"tool": "a", "tool": "fetch"}',
        '{"steps": [] "x": 1}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 600 + "]" * 600,
        "nothing",
        "",
    ],
    ids=range(9),
)
def test_a_plan_that_cannot_be_read_is_left_alone_and_says_why(plan: str) -> None:
    done = retried(plan)
    assert done.plan == plan
    assert "plan is" in done.unreadable
    assert [s.reason for s in done.skipped] == [done.unreadable]


def test_the_format_is_found_out() -> None:
    """A JSON plan with a fault is told to have one, and is not taken for something else."""
    hint = [PlanModification(capability_id="fetch", hint="retry")]
    assert augment_plan('[{"tool": "fetch"}]', hint).format == "json"
    assert "no JSON" in augment_plan('[\n {"tool": "fetch",}]', hint).unreadable
    assert augment_plan('{"a" (call :fetch)}', hint).format == "rtfs"
    assert augment_plan("[(call :fetch)]", hint).format == "rtfs"


NAMES = st.sampled_from(["fetch", "fetch2", "feтch", "", '"', "a\\b", "\u200b"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
STEP = st.fixed_dictionaries(
    {"tool": NAMES}, optional={"args": VALUES, "metadata": st.dictionaries(NAMES, VALUES)}
)
STEPS = st.lists(STEP | VALUES, max_size=4)
PLANS = st.tuples(
    STEPS | st.fixed_dictionaries({"steps": STEPS}, optional={"metadata": VALUES}) | VALUES,
    st.sampled_from([None, 2]),
    st.booleans(),
).map(lambda drawn: json.dumps(drawn[0], indent=drawn[1], ensure_ascii=drawn[2]))


def bare(value: Any) -> Any:
    """A plan without what was inserted, and without metadata that then hold nothing."""
    if isinstance(value, list):
        return [bare(v) for v in value]
    if not isinstance(value, dict):
        return value
    ours = ("learning.augmented", "learning.modifications_applied", KEY)
    kept = {k: bare(v) for k, v in value.items() if k not in ours}
    return {k: v for k, v in kept.items() if not (k == "metadata" and v == {})}


@given(PLANS)
def test_without_what_was_inserted_the_plan_says_what_it_said(plan: str) -> None:
    done = retried(plan)
    assert bare(json.loads(done.plan)) == bare(json.loads(plan))
    assert tools_of(done.plan, format="json") == tools_of(plan, format="json")
    rest = iter(done.plan)
    assert all(c in rest for c in plan)  # every byte is there, in its order


@given(PLANS)
def test_twice_is_once(plan: str) -> None:
    once = retried(plan)
    assert retried(once.plan).plan == once.plan


@given(st.text(alphabet='{}[]",: \\tol"fech', max_size=50) | st.text(max_size=50))
def test_any_text_is_answered(plan: str) -> None:
    done = retried(plan)
    assert done.unreadable or json.loads(done.plan) is not ...
    assert retried(done.plan).plan == done.plan
