"""What lessons would have done to recorded calls, counted without flattery."""

from dataclasses import replace
from datetime import timedelta

from failonce import history
from failonce.gate.replay import replay
from failonce.gate.results import Result, tally
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.decision import Armed
from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from failonce.kinds.hint import Hint
from failonce.kinds.rule import Rule
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, argument, literal
from failonce.language.predicate import Predicate
from failonce.language.program import Program
from failonce.language.program import Step as Inserted
from failonce.language.transform import Op, Step
from failonce.model import Evidence, KindName, Verdict
from failonce.skill import decide
from tests.made import blocking, evidence, has, leading, session, turning

RENAME = Step(op=Op.RENAME, argument="path", text="file")


def fixer(moment: Moment = Moment.BEFORE, signature: str = "") -> Armed:
    when = has("path") if moment is Moment.BEFORE else Predicate()
    body = turning("read", RENAME, moment=moment, when=when, fingerprint=signature)
    return armed(KindName.FIXER, body)


def guardrail(strength: Strength = Strength.BLOCK) -> Armed:
    return armed(KindName.GUARDRAIL, blocking("read", "path", fingerprint="", strength=strength))


def armed(kind: KindName, behaviour: Behaviour) -> Armed:
    return Armed(lesson=f"L-{kind}", version=1, kind=kind, behaviour=behaviour)


def results(calls: list[Evidence], *lessons: Armed) -> list[Result]:
    recoveries = history.by_tool(calls).recoveries
    return [r.result for r in replay(calls, lambda _: lessons, decide, recoveries)]


WRONG = evidence("read", {"path": "a.txt"}, "unknown argument path")


def test_a_repair_counts_only_where_the_caller_later_did_the_same() -> None:
    same = session("s", [WRONG, evidence("read", {"file": "a.txt"})])
    assert results(same, fixer())[0] is Result.REPAIRED
    other = session("s", [WRONG, evidence("read", {"file": "b/a.txt"})])
    assert results(other, fixer())[0] is Result.CONTRADICTED
    more = session("s", [WRONG, evidence("read", {"file": "a.txt", "mode": "b"})])
    assert results(more, fixer())[0] is Result.ANOTHER
    tried = session(
        "s",
        [
            WRONG,
            evidence("read", {"file": "a.txt"}, "no mode"),
            evidence("read", {"file": "a.txt", "mode": "b"}),
        ],
    )
    assert results(tried, fixer())[0] is Result.CONTRADICTED
    never = session("s", [WRONG])
    assert results(never, fixer()) == [Result.UNCONFIRMED]


def pressing(first: Evidence, then: Evidence) -> list[Evidence]:
    return session("s", [first, evidence("press", {}), then])


def test_a_call_that_the_caller_gave_up_for_another_is_told_from_one_that_it_left() -> None:
    """A repair that makes the same call again, where the caller in the end made another."""
    held = evidence("start", {"mode": "go", "car": "c1"}, "held")
    press = Program(steps=(Inserted(tool="press"),))
    again = armed(KindName.FIXER, leading("start", press, fingerprint=held.signature))
    same = pressing(held, evidence("start", {"mode": "go", "car": "c1"}))
    assert results(same, again)[0] is Result.REPAIRED
    other = pressing(held, evidence("start", {"mode": "slow", "car": "c1"}))
    assert results(other, again)[0] is Result.ANOTHER
    counted = tally(replay(other, lambda _: (again,), decide, history.by_tool(other).recoveries))
    assert (counted.another, counted.unconfirmed, counted.failures) == (1, 0, 1)


def test_a_repair_after_the_failure_needs_this_very_failure() -> None:
    calls = session("s", [WRONG, evidence("read", {"file": "a.txt"})])
    assert results(calls, fixer(Moment.AFTER_FAILURE, WRONG.signature or ""))[0] is Result.REPAIRED
    assert results(calls, fixer(Moment.AFTER_FAILURE, "another"))[0] is Result.UNTOUCHED


def test_good_calls_that_are_stopped_or_changed_are_the_harm() -> None:
    good = session("s", [evidence("read", {"path": "a.txt"})])
    assert results(good, guardrail()) == [Result.WRONGLY_BLOCKED]
    assert results(good, fixer()) == [Result.WRONGLY_CHANGED]
    assert results(good, guardrail(Strength.WARN)) == [Result.SHOWN_GOOD]


def test_news_about_the_work_is_a_good_call_that_must_not_be_stopped() -> None:
    red = evidence("read", {"path": "a"}, "1 test failed", verdict=Verdict.INFORMATIVE)
    assert results(session("s", [red]), guardrail()) == [Result.WRONGLY_BLOCKED]


def test_a_persons_no_is_neither_failure_nor_harm() -> None:
    refused = evidence("read", {"path": "a"}, "no", verdict=Verdict.REJECTION)
    assert results(session("s", [refused]), guardrail()) == [Result.UNTOUCHED]


def test_a_hint_recovers_only_where_the_same_call_worked_later() -> None:
    locked = evidence("read", {"file": "a"}, "locked")
    hint = armed(
        KindName.HINT,
        Hint(
            component="read",
            fingerprint=locked.signature or "",
            message_regex="",
            max_retries=3,
            delay_ms=100,
            multiplier=2,
        ),
    )
    assert results(session("s", [locked, evidence("read", {"file": "a"})]), hint)[0] is (
        Result.RECOVERED
    )
    assert results(session("s", [locked]), hint) == [Result.UNRECOVERED]
    helped = session("s", [locked, evidence("start", {}), evidence("read", {"file": "a"})])
    assert results(helped, hint)[0] is Result.UNRECOVERED
    late = session("s", [locked, evidence("read", {"file": "a"})])
    late[1] = replace(late[1], at=late[1].at + timedelta(hours=22))
    assert results(late, hint)[0] is Result.UNRECOVERED


def test_a_rule_is_only_shown() -> None:
    rule = armed(KindName.RULE, Rule(component="read", sentence="Read gently."))
    calls = session("s", [WRONG, evidence("read", {"file": "a.txt"})])
    counted = tally(replay(calls, lambda _: (rule,), decide, {}))
    assert (counted.shown, counted.shown_good, counted.prevented) == (1, 1, 0)
    assert (counted.failures, counted.good) == (1, 1)


# ------------------------------------- inserted calls, answered as recorded

OFF = evidence("drive", {"speed": 5}, "the engine is off")
START, DRIVEN = evidence("start", {"mode": "eco"}), evidence("drive", {"speed": 5})
HERE = Read(source=Source.RESULT, name="here")


def inserting(
    program: Program, moment: Moment = Moment.AFTER_FAILURE, failure: Evidence = OFF
) -> Armed:
    body = leading(failure.call.tool, program, moment=moment, fingerprint=failure.signature)
    return armed(KindName.FIXER, body)


STARTING = inserting(
    Program(steps=(Inserted(tool="start", arguments=(("mode", literal("eco")),)),))
)


def test_a_step_that_the_caller_took_too_is_a_repair() -> None:
    calls = session("s", [OFF, START, DRIVEN])
    assert results(calls, STARTING) == [Result.REPAIRED, Result.UNTOUCHED, Result.UNTOUCHED]


def test_a_step_that_the_caller_did_not_take_is_not_made() -> None:
    for between in ([], [replace(START, call=replace(START.call, args={"mode": "sport"}))]):
        calls = session("s", [OFF, *between, DRIVEN])
        assert results(calls, STARTING)[0] is Result.UNTOUCHED


def test_a_step_that_failed_when_the_caller_took_it_is_not_made() -> None:
    failed = evidence("start", {"mode": "eco"}, "no fuel")
    assert results(session("s", [OFF, failed, DRIVEN]), STARTING)[0] is Result.UNTOUCHED


def test_where_the_call_never_worked_nobody_knows_what_a_step_would_have_done() -> None:
    assert results(session("s", [OFF, START]), STARTING)[0] is Result.UNTOUCHED


def test_what_another_session_did_answers_nothing() -> None:
    calls = [*session("a", [OFF]), *session("b", [START, DRIVEN])]
    assert results(calls, STARTING) == [Result.UNTOUCHED] * 3


def test_that_the_call_failed_again_before_the_step_does_not_speak_against_it() -> None:
    calls = session("s", [OFF, OFF, START, DRIVEN])
    assert results(calls, STARTING)[:2] == [Result.REPAIRED, Result.REPAIRED]


def test_that_the_call_failed_again_after_the_step_speaks_against_it() -> None:
    calls = session("s", [OFF, START, OFF, START, DRIVEN])
    assert results(calls, STARTING)[0] is Result.REPAIRED
    brake = evidence("press", {})
    calls = session("s", [OFF, START, OFF, brake, DRIVEN])
    assert results(calls, STARTING)[0] is Result.CONTRADICTED


def test_what_a_look_brought_the_caller_decides_and_is_used() -> None:
    gone = evidence("read", {"path": "a.txt"}, "no such file")
    look = Inserted(tool="find", arguments=(("name", argument("path")),), name="here")
    program = Program(
        looks=(look,),
        when=(Comparison(left=HERE, relation=Relation.NOT_EMPTY),),
        arguments=(("path", replace(HERE, then=("only",))),),
    )
    finding = inserting(program, failure=gone)

    def found(text: str, then: str) -> list[Result]:
        found = replace(evidence("find", {"name": "a.txt"}), message=text)
        return results(session("s", [gone, found, evidence("read", {"path": then})]), finding)

    assert found("['d/a.txt']", "d/a.txt")[0] is Result.REPAIRED
    assert found("['e/a.txt']", "d/a.txt")[0] is Result.CONTRADICTED
    assert found("['d/a.txt', 'e/a.txt']", "d/a.txt")[0] is Result.UNTOUCHED
    assert found("[]", "d/a.txt")[0] is Result.UNTOUCHED
    assert found("not data", "d/a.txt")[0] is Result.UNTOUCHED


def test_before_a_call_nothing_is_inserted_and_nothing_is_guessed() -> None:
    """What a look would have brought there nobody recorded: neither help nor harm is counted."""
    empty = (Comparison(left=HERE, relation=Relation.EMPTY),)
    look = Program(looks=(Inserted(tool="ls", name="here"),), when=empty)
    acting = inserting(replace(look, steps=(Inserted(tool="start"),)), Moment.BEFORE)
    stopping = armed(KindName.GUARDRAIL, blocking("drive", fingerprint="", look=look))
    calls = session("s", [OFF, START, DRIVEN])
    assert results(calls, acting, stopping) == [Result.UNTOUCHED] * 3
