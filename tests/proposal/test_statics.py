"""Static repairs: what names and schemas say, and the same call again in vain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.fixer import Fit, FittingFixer
from failonce.kinds.guardrail import Guardrail
from failonce.model import Category, Evidence, KindName, Parameter, Proposal, ToolSpec
from failonce.proposal import statics
from tests.made import evidence
from tests.proposal.made import Plain, read, sessions, study

READ = ToolSpec(
    name="read",
    parameters=(
        Parameter(name="file", types=("string",), required=True),
        Parameter(name="lines", types=("integer",)),
    ),
    closed=True,
    digest="schema",
    read_only=True,
)
TOOLS = {"read": READ, "search_text": ToolSpec(name="search_text", read_only=True, digest="s")}


def found(
    calls: Sequence[Evidence], tools: Mapping[str, ToolSpec] | None = TOOLS
) -> dict[str, Proposal]:
    """What is proposed, by its key."""
    return {p.key: p for p in statics.mine(study(calls, tools), Plain())}


# ------------------------------------------------------------------- names and schemas


def test_a_name_that_is_nearly_right_is_for_any_tool_and_needs_one_failure() -> None:
    calls = sessions(1, lambda _: [evidence("Search-Text", {"q": "x"}, "no such tool")])
    made = found(calls)[Fit.NAMES]
    assert FittingFixer.parse(made.body, made.target) == FittingFixer(
        component=ANY_TOOL, fit=Fit.NAMES
    )
    assert made.support == ("s0-0",)


def test_arguments_that_fit_the_schema_otherwise_are_for_any_tool() -> None:
    calls = sessions(2, lambda n: [read({"file": f"f{n}", "lines": "12"}, "must be a number")])
    made = found(calls)[Fit.SCHEMA]
    assert made.support_clusters == ("s0", "s1")
    assert Fit.NAMES not in found(calls)


def test_without_what_tools_say_of_themselves_nothing_is_fitted() -> None:
    calls = sessions(2, lambda n: [read({"file": f"f{n}", "lines": "12"}, "must be a number")])
    assert found(calls, {}) == {}


def test_a_failure_that_no_fitting_answers_proposes_none() -> None:
    assert found(sessions(3, lambda n: [read({"file": f"f{n}"}, "not found")])) == {}


# ----------------------------------------------------------------- the same call again


def again(times: int, *, works: bool = False, between: str = "") -> list[Evidence]:
    """Sessions in which the same call is made so many times, in vain but for the last."""

    def make(n: int) -> list[Evidence]:
        args = {"file": f"f{n}"}
        out: list[Evidence] = []
        for k in range(times):
            if between and k:
                out.append(evidence(between, {"q": "x"}))
            out.append(read(args, "" if works and k == times - 1 else "no such file"))
        return out

    return sessions(3, make)


def repeated(calls: Sequence[Evidence]) -> Guardrail | None:
    """The guard against the same call again, where there is one."""
    made = found(calls).get("again")
    if made is None:
        return None
    assert (made.kind, made.target) == (KindName.GUARDRAIL, ANY_TOOL)
    return Guardrail.parse(made.body, made.target)


def test_the_same_call_that_never_worked_again_is_stopped_at_the_first_repetition() -> None:
    guard = repeated(again(2))
    assert guard is not None
    assert guard.repeated == 1


def test_where_a_second_try_worked_once_patience_is_longer() -> None:
    patient = repeated([*again(4), *_renamed(again(2, works=True), "w")])
    assert patient is not None
    assert patient.repeated == 2
    assert repeated([*again(2), *_renamed(again(2, works=True), "w")]) is None


def test_calls_that_only_read_change_nothing_and_others_may_have() -> None:
    reads = repeated([*again(2, between="search_text")])
    assert reads is not None
    assert "search_text" in reads.unchanged_by
    assert repeated(again(2, between="touch_file")) is None


def test_what_passes_by_itself_and_what_one_session_did_is_no_reason() -> None:
    def slow(n: int) -> list[Evidence]:
        return [read({"file": f"f{n}"}, "timed out", Category.TIMEOUT)] * 3

    assert repeated(sessions(3, slow)) is None
    assert repeated(again(3)[:3]) is None


def _renamed(calls: Sequence[Evidence], prefix: str) -> list[Evidence]:
    """The same sessions under other names."""
    return [
        replace(e, id=f"{prefix}{e.id}", call=replace(e.call, session=f"{prefix}{e.call.session}"))
        for e in calls
    ]
