"""RTFS plans: what is a call, what only looks like one, and what stays as it was."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.surfaces.plans import (
    AugmentationResult,
    PlanModification,
    augment_plan,
    tools_of,
)
from failonce.surfaces.plans.sites import DEEPEST, LONGEST

RETRY = "^{:runtime.learning.retry {:max-retries 3 :delay-ms 100 :multiplier 2.0}} "
TIMEOUT = ":runtime.learning.timeout {:timeout-ms 9000}"


def retried(plan: str, name: str = "cap.id") -> AugmentationResult:
    return augment_plan(plan, [PlanModification(capability_id=name, hint="retry")], format="rtfs")


@pytest.mark.proves("C13")
def test_the_call_of_the_seed_carries_its_metadata() -> None:
    """`(call :cap.id ...)` becomes `^{:runtime.learning.retry {...}} (call :cap.id ...)`."""
    done = retried('(call :cap.id {:q "x"})')
    assert done.plan == RETRY + '(call :cap.id {:q "x"})'
    assert done.marks == {"learning.augmented": True, "learning.modifications_applied": 1}
    assert (done.applied[0].calls, done.skipped) == (1, ())


@pytest.mark.proves("C13")
@pytest.mark.parametrize(
    "plan",
    [
        "(call :cap.id2)",
        "(call :cap)",
        "(call :cap.id/x)",
        "(call :my.cap.id)",
        "(call :cap.id\u200b)",
        "(call :cap\u0456d)",
        "(call :CAP.ID)",
        "(call cap.id)",
        "(calls :cap.id)",
        "(call2 :cap.id)",
        "(recall (:cap.id))",
        "[call :cap.id]",
        "{call :cap.id}",
        "(:cap.id call)",
        "; (call :cap.id)",
        ";; (call :cap.id)\n()",
        "#| (call :cap.id) |# nil",
        "#_(call :cap.id) nil",
        "#_ #_ 1 (call :cap.id) nil",
        '"(call :cap.id)"',
        r'"\" (call :cap.id) \\"',
        "'(call :cap.id)",
        "`(do (call :cap.id))",
        "'(do (call :cap.id))",
        "^{:doc (call :cap.id)} x",
        "#(call :cap.id %)",
        r"\( call :cap.id \)",
        "(call)",
        "",
        "nil",
    ],
)
def test_what_only_looks_like_a_call_is_left_alone(plan: str) -> None:
    done = retried(plan)
    assert done.plan == plan
    assert done.unreadable == ""
    assert [s.reason for s in done.skipped] == ["the plan has no such call"]
    assert done.marks == {"learning.augmented": False, "learning.modifications_applied": 0}


@pytest.mark.parametrize(
    ("plan", "wanted"),
    [
        ('(call "cap.id" 1)', RETRY + '(call "cap.id" 1)'),
        ("(call\n  :cap.id)", RETRY + "(call\n  :cap.id)"),
        ("(call ; why\n :cap.id)", RETRY + "(call ; why\n :cap.id)"),
        ("(call #_x :cap.id)", RETRY + "(call #_x :cap.id)"),
        ("[(call :cap.id)]", f"[{RETRY}(call :cap.id)]"),
        ("{:a (call :cap.id)}", f"{{:a {RETRY}(call :cap.id)}}"),
        ("(call :cap.id (call :cap.id))", f"{RETRY}(call :cap.id {RETRY}(call :cap.id))"),
        ("(call :other (call :cap.id))", f"(call :other {RETRY}(call :cap.id))"),
        ("^:slow (call :cap.id)", f"^:slow {RETRY}(call :cap.id)"),
        ("^{} (call :cap.id)", RETRY + "(call :cap.id)"),
        ("@(call :cap.id)", f"@{RETRY}(call :cap.id)"),
        ("'x (call :cap.id)", f"'x {RETRY}(call :cap.id)"),
        ("#{(call :cap.id)}", f"#{{{RETRY}(call :cap.id)}}"),
        ("#(do (call :cap.id))", f"#(do {RETRY}(call :cap.id))"),
        (
            '^{:doc "a } b" ; note }\n} (call :cap.id)',
            f'^{{:doc "a }} b" {RETRY[2:-2]} ; note }}\n}} (call :cap.id)',
        ),
        (
            "^{:a 1} ^{:b 2} (call :cap.id)",
            f"^{{:a 1}} ^{{:b 2 {RETRY[2:-2]}}} (call :cap.id)",
        ),
    ],
)
def test_a_call_is_found_wherever_it_stands(plan: str, wanted: str) -> None:
    assert retried(plan).plan == wanted


def test_a_call_that_carries_metadata_gets_one_more_entry_and_no_second_map() -> None:
    plan = f"^{{{TIMEOUT}}} (call :cap.id)"
    done = retried(plan)
    assert done.plan == f"^{{{TIMEOUT} {RETRY[2:-2]}}} (call :cap.id)"
    own = augment_plan(
        plan, [PlanModification(capability_id="cap.id", hint="timeout", values={"timeout_ms": 1})]
    )
    assert own.plan == plan  # the plan's own word stands
    assert "carries `runtime.learning.timeout` already" in own.skipped[0].reason


def test_two_hints_for_one_call_stand_in_one_map() -> None:
    both = [
        PlanModification(capability_id="cap.id", hint="retry"),
        PlanModification(capability_id="cap.id", hint="timeout", values={"timeout_ms": 9000}),
        PlanModification(capability_id="cap.id", hint="retry", values={"max_retries": 5}),
    ]
    done = augment_plan("(call :cap.id)", both)
    assert done.plan == f"{RETRY[:-2]} {TIMEOUT}}} (call :cap.id)"
    assert [a.modification for a in done.applied] == both[:2]
    assert [s.modification for s in done.skipped] == both[2:]


def test_the_tools_of_a_plan_are_told_once_and_in_order() -> None:
    assert tools_of('(do (call :b) (call "a" (call :b)) ; (call :c)\n)') == ("b", "a")


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ("(call :a", r"line 1: `\(` is never closed"),
        ("\n\n(call :a]", r"line 3: `]` closes nothing"),
        (")", r"`\)` closes nothing"),
        ('(call :a "x)', "a text is never closed"),
        ("#| a", "a comment `#|` is never closed"),
        ("(call :a ^{:b 1})", "before a form that does not follow"),
        ("^^{:a 1} {:b 2} (call :x)", "metadata stands before metadata"),
        ("^{:a} (call :cap.id)", "a key without a value"),
        ("(" * (DEEPEST + 2), "nested deeper"),
        ("(" * 1_000_000, "nested deeper"),
        ("x" * (LONGEST + 1), "longer than"),
    ],
    ids=range(11),
)
def test_a_plan_that_cannot_be_read_is_left_alone_and_says_where(plan: str, says: str) -> None:
    done = retried(plan)
    assert done.plan == plan
    assert re.search(says, done.unreadable)
    assert [s.reason for s in done.skipped] == [done.unreadable]


@pytest.mark.parametrize(
    "line",
    [
        '"' + "\\" * 999_999,
        '"' * 999_999,
        "^" + "{}" * 500_000,
        "#_" * 500_000,
        ":a" * 500_000,
        "(call :cap.id) " * 60_000,
        ";" * 1_000_000,
        "[" * 400 + "x" * 1_000_000 + "]" * 400,
        "^{:a 1} " * 120_000 + "(call :cap.id)",
    ],
    ids=range(9),
)
def test_a_line_of_a_megabyte_takes_time_in_proportion(line: str) -> None:
    """What is quadratic takes hours here; a slow machine takes a few seconds."""
    start = time.monotonic()
    retried(line)
    assert time.monotonic() - start < 30


# ------------------------------------------------------------------- the laws

ATOMS = st.sampled_from(
    [
        ":cap.id",
        ":cap.id2",
        "call",
        '"cap.id"',
        "x",
        "12.5",
        '"; (call :cap.id)"',
        "; c\n",
        "#| ) |#",
    ]
)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = st.lists(inner, max_size=4).map(" ".join)
    return st.one_of(
        forms.map(lambda s: f"({s})"),
        forms.map(lambda s: f"(call :cap.id {s})"),
        forms.map(lambda s: f"[{s}]"),
        forms.map(lambda s: f"^{{:k [{s}]}} (call :cap.id)"),
        forms.map(lambda s: f"'({s})"),
        forms.map(lambda s: f"#_({s}) nil"),
    )


PLANS = st.lists(st.recursive(ATOMS, nested, max_leaves=20), max_size=5).map("\n".join)
INSERTED = re.compile(
    r"\^\{:runtime\.learning\.retry \{[^{}]*\}\} | :runtime\.learning\.retry \{[^{}]*\}"
)


@given(PLANS)
def test_without_what_was_inserted_the_plan_is_as_it_was(plan: str) -> None:
    done = retried(plan)
    assert INSERTED.sub("", done.plan) == plan
    assert bool(done.applied) == (done.plan != plan)


@given(PLANS)
def test_twice_is_once(plan: str) -> None:
    once = retried(plan)
    again = retried(once.plan)
    assert again.plan == once.plan
    assert again.applied == ()


@given(PLANS)
def test_a_plan_that_could_be_read_can_be_read_again(plan: str) -> None:
    """Hints add no call, and hide none."""
    done = retried(plan)
    if not done.unreadable:
        assert tools_of(done.plan, format="rtfs") == tools_of(plan, format="rtfs")


@given(st.text(alphabet="()[]{}^\"'`#|_;\\ \n:call.id~@", max_size=60) | st.text(max_size=60))
def test_any_text_is_answered(plan: str) -> None:
    done = retried(plan)
    assert INSERTED.sub("", done.plan) == plan
    assert retried(done.plan).plan == done.plan
