"""The miners: what they learn from contrasts, and when they keep silent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from failonce import history
from failonce.history import Split
from failonce.kinds.fixer import ArgumentsFixer, Moment
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.hint import Hint
from failonce.model import Args, Category, Evidence, Finding, Proposal, Signature
from failonce.ports import Phrase, Slots
from failonce.proposal import preconditions, prerequisites, recoveries, transients
from failonce.proposal.material import Material, divide
from tests.made import START, evidence, session

B = TypeVar("B", ArgumentsFixer, Guardrail, Hint)


class Plain:
    """A wording that says which phrase it was asked for, and its main slots."""

    def say(self, phrase: Phrase, slots: Slots) -> str:
        return f"{phrase}: {slots.replacement or slots.condition or slots.steps}"


def material(calls: list[Evidence], tool: str, category: Category) -> Material:
    """All of `calls` as study material for the failures of `tool`."""
    grouped = history.by_tool(calls)
    (name,) = {e.signature for e in calls if e.failed and e.call.tool == tool}
    assert name is not None
    signature = Signature(
        id=name,
        scheme=1,
        project="p",
        tool=tool,
        error_type="",
        template="no <arg:path>",
        category=category,
        first_seen=START,
        last_seen=START,
        hits=sum(e.signature == name for e in calls),
        hits_7d=1,
        hits_30d=1,
        sessions=3,
    )
    every = Split(study=frozenset(e.call.cluster for e in calls))
    return divide(signature, grouped.episodes[name], grouped.calls[tool], every)


def twice(
    tool: str, make: Callable[[int], list[Evidence]], category: Category = Category.INVALID_ARGS
) -> Material:
    calls = [e for n in range(3) for e in session(f"s{n}", make(n))]
    return material(calls, tool, category)


def read(args: Args, error: str = "") -> Evidence:
    return evidence("read", args, error)


def test_a_renamed_argument_becomes_a_repair_before_the_call() -> None:
    made = recoveries.mine(
        twice("read", lambda n: [read({"path": f"f{n}"}, "no"), read({"file": f"f{n}"})]), Plain()
    )
    body = _parsed(made, ArgumentsFixer)
    assert body.moment is Moment.BEFORE
    assert str(body.when) == "`path` is given"
    assert str(body.repair) == "rename `path` to `file`"
    assert made is not None
    assert made.support_clusters == ("s0", "s1", "s2")


def test_a_repair_that_arguments_do_not_announce_waits_for_the_failure() -> None:
    made = recoveries.mine(
        twice(
            "read",
            lambda n: [
                read({"file": f"dir/first{n}"}, "no"),
                read({"file": f"first{n}"}),
                read({"file": f"dir/other{n}"}),
            ],
        ),
        Plain(),
    )
    assert _parsed(made, ArgumentsFixer).moment is Moment.AFTER_FAILURE


def test_no_repair_is_learned_where_callers_did_different_things() -> None:
    fixes = [{"a": "x1"}, {"b": "x2"}, {"c": "x3"}]
    made = recoveries.mine(
        twice("read", lambda n: [read({"q": f"x{n + 1}"}, "no"), read(fixes[n])]), Plain()
    )
    assert made is None


def test_a_condition_that_only_failing_calls_meet_becomes_a_guardrail() -> None:
    made = preconditions.mine(
        twice("read", lambda n: [read({"file": f"/f{n}"}, "no"), read({"file": f"g{n}"})]), Plain()
    )
    assert str(_parsed(made, Guardrail).when) == "`file` looks like absolute path"


def test_what_passes_by_itself_is_no_reason_to_stop_a_call() -> None:
    found = preconditions.mine(
        twice(
            "read",
            lambda n: [read({"file": f"/f{n}"}, "no"), read({"file": f"g{n}"})],
            Category.TIMEOUT,
        ),
        Plain(),
    )
    assert found is None


def test_one_session_is_not_enough_for_a_guardrail() -> None:
    calls = session("s", [read({"file": "/f"}, "no")] * 9 + [read({"file": "g"})])
    assert preconditions.mine(material(calls, "read", Category.INVALID_ARGS), Plain()) is None


def test_the_same_call_that_soon_works_becomes_a_retry_with_the_delay_seen() -> None:
    def locked(n: int) -> list[Evidence]:
        return [read({"q": f"x{n}"}, "locked"), read({"q": f"x{n}"})]

    body = _parsed(transients.mine(twice("read", locked, Category.TIMEOUT), Plain()), Hint)
    assert body.delay_ms == 1000
    assert body.max_retries == 3


def test_a_retry_after_of_the_server_is_the_delay() -> None:
    def limited(n: int) -> list[Evidence]:
        failed = read({"q": f"x{n}"}, "429")
        asked = Finding(
            verdict=failed.finding.verdict, category=Category.RATE_LIMIT, retry_after_s=7.0
        )
        return [replace(failed, finding=asked), read({"q": f"x{n}"})]

    body = _parsed(transients.mine(twice("read", limited, Category.RATE_LIMIT), Plain()), Hint)
    assert body.delay_ms == 7000


def test_a_call_that_works_after_something_was_done_is_no_transient() -> None:
    def prepared(n: int) -> list[Evidence]:
        return [read({"q": f"x{n}"}, "no"), evidence("unlock", {}), read({"q": f"x{n}"})]

    study = twice("read", prepared, Category.CONFLICT)
    assert transients.mine(study, Plain()) is None
    rule = prerequisites.mine(study, Plain())
    assert rule is not None
    assert rule.body == "rule_text: unlock"
    assert rule.target == "read"


def test_a_tool_that_came_in_between_once_is_no_prerequisite() -> None:
    def mixed(n: int) -> list[Evidence]:
        other = evidence(f"tool{n}", {})
        return [read({"q": f"x{n}"}, "no"), other, read({"q": f"x{n}"})]

    assert prerequisites.mine(twice("read", mixed, Category.CONFLICT), Plain()) is None


def test_a_slow_recovery_of_an_unknown_cause_is_no_transient() -> None:
    calls: list[Evidence] = []
    for n in range(3):
        one = session(f"s{n}", [read({"q": f"x{n}"}, "no"), read({"q": f"x{n}"})])
        calls += [one[0], replace(one[1], at=one[1].at + timedelta(hours=2))]
    assert transients.mine(material(calls, "read", Category.UNKNOWN), Plain()) is None


def test_a_miner_says_the_same_twice() -> None:
    def make(n: int) -> list[Evidence]:
        return [read({"path": f"f{n}"}, "no"), read({"file": f"f{n}"})]

    for mine in (recoveries.mine, preconditions.mine, transients.mine, prerequisites.mine):
        assert mine(twice("read", make), Plain()) == mine(twice("read", make), Plain())


def _parsed(made: Proposal | None, kind: type[B]) -> B:
    assert made is not None
    return kind.parse(made.body, made.target)
