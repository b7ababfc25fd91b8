"""Patterns: recalled by tool, young and sure enough, and never a second truth."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from failonce.errors import BadInput, NotFound, UserError
from failonce.kinds.hint import WANTED
from failonce.model import Category, Change, State, ToolSpec, Trust
from failonce.surfaces.learning import Intent, LearnedPattern, pattern_to_modification
from failonce.surfaces.plans import augment_plan
from tests.surfaces.learning.made import ERRORS, Planner, names, on_disk


def wanted(category: Category) -> tuple[str, ...]:
    return tuple(h.key for h in WANTED.get(category, ()))


def made(category: Category, **fields: object) -> LearnedPattern:
    pattern = LearnedPattern(
        capability_id="cap.id",
        error_category=category,
        frequency=5,
        suggested_hints=wanted(category),
        confidence=0.75,
    )
    return replace(pattern, **fields)  # type: ignore[arg-type]


@pytest.mark.proves("C2", "C3", "C6")
@pytest.mark.parametrize("cause", list(ERRORS))
def test_failures_of_one_tool_and_cause_are_a_pattern(planner: Planner, cause: str) -> None:
    planner.fails("web.get", ERRORS[cause], sessions=3, each=2)
    (found,) = planner.learned.extract_patterns()
    assert (found.capability_id, found.error_category, found.frequency) == ("web.get", cause, 6)
    assert found.suggested_hints == wanted(Category(cause))
    assert found.confidence == pytest.approx(4 / 6)
    assert found.id == f"pattern:web.get:{cause}"


@pytest.mark.proves("C7", "C8", "C9", "C10", "C11", "C12")
@pytest.mark.parametrize(
    ("category", "hints"),
    [
        (Category.NETWORK, {"retry": {"delay_ms": 1_000}, "circuit-breaker": {}}),
        (Category.TIMEOUT, {"timeout": {"timeout_ms": 10_000}, "retry": {"max_retries": 2}}),
        (Category.MISSING_TOOL, {"fallback": {"fallback_cap": "other"}}),
        (Category.INVALID_ARGS, {"metrics": {"emit_to_chain": True}}),
        (Category.RATE_LIMIT, {"rate-limit": {}, "retry": {"delay_ms": 2_000}}),
        (Category.LLM, {"fallback": {"fallback_cap": "other"}, "circuit-breaker": {}}),
        (Category.RUNTIME, {}),
    ],
)
def test_every_hint_of_the_table_is_suggested(
    category: Category, hints: dict[str, dict[str, object]]
) -> None:
    found = pattern_to_modification(made(category), fallback_cap="other")
    assert [m.hint for m in found] == list(hints)
    assert all(m.values.items() >= hints[m.hint].items() for m in found)
    assert all(not m.refusal() for m in found)


def test_what_was_learned_stands_above_the_prior_and_below_the_limit() -> None:
    (_, retry) = pattern_to_modification(made(Category.RATE_LIMIT, retry_after_s=30.0))
    assert retry.values["delay_ms"] == 30_000
    (_, retry) = pattern_to_modification(made(Category.RATE_LIMIT, retry_after_s=9e9))
    assert retry.values["delay_ms"] == 300_000
    (timeout, _) = pattern_to_modification(made(Category.TIMEOUT, longest_ms=20_000.0))
    assert timeout.values == {"timeout_ms": 40_000}
    (timeout, _) = pattern_to_modification(made(Category.TIMEOUT, longest_ms=9e9))
    assert timeout.values == {"timeout_ms": 300_000}


def test_a_pattern_is_of_exactly_one_tool_and_project(planner: Planner) -> None:
    planner.fails("cap.id", ERRORS["network"])
    planner.fails("cap.id2", ERRORS["network"], sessions=3)
    planner.fails("cap.id", ERRORS["network"], sessions=9, project="other")
    (found,) = planner.learned.recall_patterns("cap.id")
    assert (found.frequency, found.confidence) == (2, 0.6)
    assert planner.learned.recall_patterns("cap") == ()
    assert planner.learned.recall_patterns("cap.id\u200b") == ()


@pytest.mark.proves("C16")
def test_one_session_is_not_sure_enough_however_often_it_fails(planner: Planner) -> None:
    planner.fails("web.get", ERRORS["network"], sessions=1, each=50)
    assert names(planner.learned.extract_patterns()) == ["pattern:web.get:network"]
    assert planner.learned.recall_patterns("web.get") == ()
    planner.fails("web.get", ERRORS["network"], sessions=2)
    assert names(planner.learned.recall_patterns("web.get")) == ["pattern:web.get:network"]


@pytest.mark.proves("C16")
def test_a_pattern_lives_168_hours(planner: Planner) -> None:
    planner.fails("web.get", ERRORS["network"])
    planner.clock.advance(hours=166)
    assert planner.learned.recall_patterns("web.get")
    before = planner.clock.now()
    planner.clock.advance(hours=2)
    assert planner.learned.recall_patterns("web.get") == ()
    assert planner.learned.extract_patterns() == ()
    assert planner.learned.recall_patterns("web.get", as_of=before)


def test_old_failures_do_not_count_beside_new_ones(planner: Planner) -> None:
    planner.fails("web.get", ERRORS["network"], sessions=9, age=timedelta(days=8))
    planner.fails("web.get", ERRORS["network"], sessions=1, each=3)
    (found,) = planner.learned.extract_patterns()
    assert (found.frequency, found.confidence) == (3, 0.5)


def test_a_source_that_nobody_vouches_for_is_one_witness(planner: Planner) -> None:
    """Whoever can cause an error can do it in any number of sessions."""
    planner.fails("web.get", ERRORS["network"], sessions=50, trust=Trust.UNTRUSTED)
    (found,) = planner.learned.extract_patterns()
    assert (found.frequency, found.confidence) == (50, 0.5)
    assert planner.learned.recall_patterns("web.get") == ()


@pytest.mark.proves("C16")
def test_the_four_settings_have_a_reader(tmp_path: Path) -> None:
    for setting, value, count in (
        ("HINTS__TTL", "30m", 0),
        ("HINTS__MIN_CONFIDENCE", "0.61", 0),
        ("HINTS__MIN_OCCURRENCES", "3", 0),
        ("HINTS__MAX_SUGGESTIONS", "1", 1),
        ("LEARNING__ENABLED", "false", 0),
        ("PROJECT", "p", 2),
    ):
        planner = Planner(tmp_path, **{f"FAILONCE_{setting}": value})
        planner.fails("web.get", ERRORS["network"])
        assert len(planner.learned.recall_patterns_for_intent("use web.get")) == count, setting


async def together(planner: Planner) -> list[object]:
    """Eight that ask at once, each from a thread of its own, as an agent's loop would."""
    ask = planner.learned.recall_patterns
    return list(await asyncio.gather(*(asyncio.to_thread(ask, "web.get") for _ in range(8))))


@pytest.mark.proves("C4")
def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    store = on_disk(tmp_path)
    first = Planner(tmp_path, store)
    first.fails("web.get", ERRORS["timeout"], duration_ms=20_000.0)
    before = first.learned.recall_patterns("web.get")
    stored = first.learned.store_pattern("web.get", before[0])
    store.close()
    again = Planner(tmp_path, on_disk(tmp_path))
    assert again.learned.recall_patterns("web.get") == before
    assert again.learned.store_pattern("web.get", before[0]) == stored
    assert asyncio.run(together(again)) == [before] * 8
    again.store.close()


@pytest.mark.proves("C4")
def test_a_stored_pattern_is_hints_that_wait_for_a_person(planner: Planner) -> None:
    planner.fails("read.page", ERRORS["network"])
    (pattern,) = planner.learned.recall_patterns("read.page")
    stored = planner.learned.store_pattern("read.page", pattern)
    waiting = [x for x in planner.store.lessons() if x.id in stored.lessons]
    assert len(stored.lessons) + len(stored.skipped) == 2
    assert waiting
    assert {x.state for x in waiting} == {State.PROPOSED}
    assert all(x.proposal.target == "read.page" for x in waiting)
    assert {x.proposal.signatures for x in waiting} == {pattern.signatures}
    assert planner.learned.augment_plan('[{"tool": "read.page"}]').applied == ()
    for x in waiting:
        planner.parts.review.approve(x.id)
    done = planner.learned.augment_plan('[{"tool": "read.page"}]')
    assert {a.modification.lesson for a in done.applied} == set(stored.lessons)


def test_a_pattern_that_nothing_recorded_shows_is_refused(planner: Planner) -> None:
    with pytest.raises(NotFound, match=r"No failure of `cap\.id`"):
        planner.learned.store_pattern("cap.id", made(Category.NETWORK))
    with pytest.raises(BadInput, match=r"pattern of `cap\.id`"):
        planner.learned.store_pattern("cap.id2", made(Category.NETWORK))
    assert list(planner.store.lessons()) == []


@pytest.mark.proves("C5")
def test_an_intent_is_the_tools_that_it_names(planner: Planner) -> None:
    for tool in ("web.get", "db.read", "fs.list", "mail.read"):
        planner.fails(tool, ERRORS["invalid_args"])

    def tools(intent: Intent | str) -> set[str]:
        found = planner.learned.recall_patterns_for_intent(intent)
        return {m.capability_id for m in found}

    assert tools("Look it up with `web.get`, then db.read.") == {"web.get", "db.read"}
    assert tools("Look up web.getter and web") == set()
    assert tools(Intent(capabilities=("fs.list",))) == {"fs.list"}
    assert tools(Intent(plan="(call :mail.read)")) == {"mail.read"}
    assert tools(Intent(goal="web.get", plan="(call :mail.read", capabilities=("",))) == {"web.get"}
    assert tools("x" * 10_000_000) == set()


@pytest.mark.proves("C5", "C16")
def test_at_most_three_are_suggested_the_surest_first(planner: Planner) -> None:
    planner.fails("web.get", ERRORS["network"], sessions=2)
    planner.fails("db.read", ERRORS["network"], sessions=4)
    found = planner.learned.recall_patterns_for_intent("web.get db.read")
    assert [(m.capability_id, m.hint) for m in found] == [
        ("db.read", "retry"),
        ("db.read", "circuit-breaker"),
        ("web.get", "retry"),
    ]
    left = planner.learned.memory.suggest(["web.get", "db.read"]).skipped
    assert [s.reason for s in left] == ["`hints.max_suggestions` is 3"]


@pytest.mark.parametrize(
    ("spec", "read_only", "retried"),
    [
        (None, True, True),
        (None, None, False),
        (None, False, False),
        (ToolSpec(name="svc.step", idempotent=True), None, True),
        (ToolSpec(name="svc.step", read_only=True), None, True),
        (ToolSpec(name="svc.step", read_only=False), True, False),
        (ToolSpec(name="svc.step", destructive=True), True, False),
    ],
)
def test_only_a_call_that_may_run_twice_is_retried(
    planner: Planner, spec: ToolSpec | None, read_only: bool | None, retried: bool
) -> None:
    """Requirement D.3.8: a tool that is not known to read is not retried; its breaker stays."""
    planner.fails("svc.step", ERRORS["network"], read_only=read_only)
    if spec is not None:
        planner.offers(spec)
    hints = {m.hint for m in planner.learned.memory.suggest(["svc.step"]).modifications}
    assert hints == {"circuit-breaker"} | ({"retry"} if retried else set())


def test_a_missing_tool_falls_back_to_the_one_that_it_means(planner: Planner) -> None:
    planner.offers(ToolSpec(name="read_file"))
    planner.fails("readFile", ERRORS["missing_tool"])
    planner.fails("nothing_like_it", ERRORS["missing_tool"])
    found = planner.learned.memory.suggest(["readFile", "nothing_like_it"])
    assert [m.values for m in found.modifications] == [
        {"fallback_cap": "read_file", "scope": "call"}
    ]
    assert [s.reason for s in found.skipped] == [
        "`fallback_cap` names the tool that is called instead."
    ]


@pytest.mark.proves("C17")
@pytest.mark.parametrize("switch", ["retry", "circuit_breaker"])
def test_a_switch_takes_its_hint_out(tmp_path: Path, switch: str) -> None:
    planner = Planner(tmp_path, **{f"FAILONCE_AUTO_INJECT__{switch.upper()}": "false"})
    planner.fails("web.get", ERRORS["network"])
    found = planner.learned.memory.suggest(["web.get"])
    assert {m.switch for m in found.modifications} == {"retry", "circuit_breaker"} - {switch}
    assert [s.reason for s in found.skipped] == [f"`auto_inject.{switch}` switches it off"]


# ---------------------------------------------------------------------- plans

PLAN = '[{"tool": "web.get"}]'


@pytest.mark.parametrize("mode", ["manual", "auto"])
def test_what_nothing_has_proven_stays_out_of_a_plan(tmp_path: Path, mode: str) -> None:
    planner = Planner(tmp_path, FAILONCE_LEARNING__MODE=mode)
    planner.fails("web.get", ERRORS["rate_limit"])
    done = planner.learned.augment_plan(PLAN)
    assert done.plan == PLAN
    assert [s.reason for s in done.skipped] == [
        "it is a suggestion that nothing has proven (`--suggested` writes it)"
    ] * 2
    assert len(planner.learned.augment_plan(PLAN, suggested=True).applied) == 2


def test_a_hint_in_force_goes_into_the_plan_with_its_values(planner: Planner) -> None:
    hint = planner.hint("web.get")
    done = planner.learned.augment_plan("(call :web.get) (call :web.get2)")
    assert done.plan == (
        "^{:runtime.learning.retry {:max-retries 4 :delay-ms 250.0 :multiplier 2.0}} "
        "(call :web.get) (call :web.get2)"
    )
    assert done.applied[0].modification.lesson == hint.id
    planner.parts.review.undo(hint.id)
    assert planner.learned.augment_plan("(call :web.get)").applied == ()


def test_a_session_that_goes_without_a_hint_plans_without_it(tmp_path: Path) -> None:
    planner = Planner(
        tmp_path, FAILONCE_OUTCOME__HOLDOUT="true", FAILONCE_OUTCOME__HOLDOUT_APPROVED="0.5"
    )
    planner.hint("web.get")
    with_it = [bool(planner.learned.augment_plan(PLAN, session=str(n)).applied) for n in range(40)]
    assert 0 < sum(with_it) < 40
    assert planner.learned.augment_plan(PLAN).applied


def test_a_hint_whose_trial_is_over_or_whose_bytes_are_others_stays_out(
    planner: Planner, tmp_path: Path
) -> None:
    hint = planner.hint("web.get")
    plan = '[{"tool": "web.get"}, {"tool": "web.get2"}]'
    other = replace(hint.proposal, body=hint.proposal.body.replace("web.get", "web.get2"))
    for changed, applied in (
        (hint, 1),
        (replace(hint, valid_until=planner.clock.now()), 0),
        (replace(hint, proposal=other), 0),
    ):
        again = Planner(tmp_path)
        again.store.commit(Change(lessons=(changed,)))
        assert len(again.learned.augment_plan(plan).applied) == applied


def test_lessons_can_be_given_themselves(planner: Planner) -> None:
    waiting = planner.hint("web.get", state=State.PROPOSED)
    forged = replace(planner.hint("web.get"), digest="0", approved_digest="0")
    rule = planner.store.lesson(planner.rule("web-get", "Read the page once."))
    assert rule is not None
    done = augment_plan(PLAN, [waiting, forged, rule])
    assert done.plan == PLAN
    assert [s.reason for s in done.skipped] == [
        "the lesson is not in force",
        "the lesson is not in force",
        "a rule acts on the call, not in the plan",
    ]
    assert [s.lesson for s in done.skipped] == [waiting.id, forged.id, rule.id]
    assert augment_plan(PLAN, [planner.hint("web.get")]).applied


def test_off_recalls_nothing_and_writes_nothing(tmp_path: Path) -> None:
    planner = Planner(tmp_path, FAILONCE="off")
    planner.fails("web.get", ERRORS["network"])
    planner.hint("web.get")
    assert planner.learned.recall_patterns("web.get") == ()
    assert planner.learned.augment_plan(PLAN, suggested=True).plan == PLAN
    with pytest.raises(UserError, match="failonce is off"):
        planner.learned.store_pattern("cap.id", made(Category.NETWORK))
