"""The card as a value: what of recorded history it holds, and what it says of it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from failonce.kinds.fixer import CallsFixer
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Fallback, Handler, Hint, Retry, Timeout
from failonce.kinds.recent import Unless
from failonce.language.expression import Read, Source
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.program import Program
from failonce.model import (
    Action,
    AuditEntry,
    Event,
    KindName,
    Parameter,
    Proposer,
    Ruling,
    State,
    ToolSpec,
)
from failonce.outcome.measured import Measured
from failonce.statistics import Row
from failonce.surfaces.card import Card, build
from failonce.surfaces.card.values import Called, Does, Doing, Judged, SideEffect
from failonce.surfaces.jsonable import jsonable
from tests.made import START
from tests.surfaces.card.made import (
    BLOCK,
    ERROR,
    RENAME,
    call,
    material,
    pressing,
    renamed,
    started,
    version,
    waiting,
)


def fixer(sessions: int = 5) -> Card:
    calls = renamed(sessions)
    one = waiting(KindName.FIXER, RENAME, calls, taught=("r0", "r1"))
    return build(material(one, calls))


def texts(card: Card, *, good: bool) -> str:
    points = [p for p in card.safety if p.good is good]
    return "\n".join(text for p in points for text in (p.text, *p.because))


# ------------------------------------------------------------- recorded calls


def test_hits_are_counted_by_what_they_would_have_been() -> None:
    hits = fixer().hits
    assert (hits.calls, hits.good, hits.failures, hits.own) == (15, 10, 5, 5)
    assert (hits.counts[Judged.RIGHT], hits.on_own[Judged.RIGHT]) == (5, 5)
    assert hits.clusters[Judged.RIGHT] == 5
    assert sum(hits.counts.values()) == 5


def test_a_hit_says_what_was_called_what_it_answered_and_what_would_have_run() -> None:
    hit = fixer().hits.examples[Judged.RIGHT][0]
    assert hit.call == Called(tool="read", args={"path": "notes-4.txt"})
    assert (hit.answer, hit.failed, hit.own) == (ERROR, True, True)
    assert hit.does is Does.CHANGED
    assert hit.after == Called(tool="read", args={"file": "notes-4.txt"})
    assert hit.later is not None
    assert hit.later.call == hit.after
    assert (hit.later.steps, hit.later.seconds) == (2, 20.0)


def test_another_session_is_shown_before_more_of_one() -> None:
    calls = [
        call("read", {"path": f"{n}"}, ERROR, session=session, n=n)
        for session, ns in (("a", range(3)), ("b", range(3, 4)))
        for n in ns
    ]
    one = waiting(KindName.GUARDRAIL, BLOCK, calls)
    found = build(material(one, calls)).hits.examples[Judged.RIGHT]
    assert [h.session for h in found] == ["b", "a", "a", "a"]


def test_good_calls_that_it_stops_are_wrong_and_said() -> None:
    calls = [*renamed(5), call("read", {"path": "fine"}, session="z", n=9)]
    card = build(material(waiting(KindName.GUARDRAIL, BLOCK, calls), calls))
    assert (card.hits.counts[Judged.WRONG], card.hits.on_good[Judged.WRONG]) == (1, 1)
    (wrong,) = card.hits.examples[Judged.WRONG]
    assert (wrong.failed, wrong.does, wrong.after) == (False, Does.STOPPED, None)
    assert "It would have stopped 1 of 11 calls that worked." in texts(card, good=False)


def test_the_newest_calls_that_it_touches_are_listed_newest_first() -> None:
    calls = [call("read", {"path": f"{n}"}, ERROR, session=f"s{n}", n=n) for n in range(30)]
    card = build(material(waiting(KindName.GUARDRAIL, BLOCK, calls), calls))
    assert [h.session for h in card.hits.recent] == [f"s{n}" for n in range(29, 9, -1)]


def test_a_rule_is_shown_and_judged_by_nobody() -> None:
    calls = renamed(5)
    card = build(material(waiting(KindName.RULE, "Give `file`.", calls), calls))
    assert card.hits.counts[Judged.SHOWN] == 15
    assert (card.hits.on_own[Judged.SHOWN], card.hits.on_good[Judged.SHOWN]) == (5, 10)
    assert card.hits.examples[Judged.SHOWN][0].own
    assert "only shows words" in texts(card, good=True)
    assert card.tools == ()


# -------------------------------------------------------------------- savings


def test_savings_are_what_callers_spent_until_they_had_mended_it() -> None:
    saved = fixer().savings
    assert (saved.failures, saved.calls, saved.seconds) == (5, 10, 100.0)
    assert (saved.inserted, saved.never, saved.at_most) == (0, 0, False)


def test_failures_that_nobody_mended_are_counted_apart() -> None:
    calls = [call("read", {"path": "x"}, ERROR, session="lost"), *renamed(2)]
    saved = build(material(waiting(KindName.GUARDRAIL, BLOCK, calls), calls)).savings
    assert (saved.failures, saved.never, saved.calls) == (3, 1, 4)
    assert saved.at_most


def test_recordings_without_times_save_no_seconds() -> None:
    calls = [replace(e, at=START) for e in renamed(2)]
    saved = build(material(waiting(KindName.FIXER, RENAME, calls), calls)).savings
    assert (saved.calls, saved.seconds) == (4, None)


# ------------------------------------------------------------- inserted calls


def inserting(body: str | None = None, sessions: int = 4) -> Card:
    calls = started(sessions)
    one = waiting(KindName.FIXER, body or pressing(), calls, target="start", taught=("e0", "e1"))
    return build(material(one, calls))


def test_inserted_calls_are_steps_with_their_effect_and_cost() -> None:
    card = inserting()
    assert card.does == Doing(
        when="a call of `start` has failed with an error that its pattern finds, such as: "
        "“brake not pressed”",
        then=("Calls press(force=1.0).", "Makes the same call a second time, unchanged."),
        sees="the answer of the second try instead of the error, and what was called before it",
        fails="the error of the second try; if a call of its own fails, the first error",
        often="once for each failed call",
    )
    hit = card.hits.examples[Judged.RIGHT][0]
    assert hit.does is Does.MENDED
    assert hit.inserted == (Called(tool="press", args={"force": 1.0}),)
    assert (card.savings.calls, card.savings.inserted) == (4 * 3 - 4, 4)
    assert [(t.tool, t.inserted, t.effect) for t in card.tools] == [
        ("start", False, SideEffect.WRITES),
        ("press", True, SideEffect.WRITES),
    ]
    assert "it would call `press` by itself, which changes something" in texts(card, good=False)
    assert "`start` runs again before the agent has seen what `press` answers" in texts(
        card, good=False
    )


def test_an_inserted_call_that_only_reads_speaks_for_it() -> None:
    calls = [
        replace(e, call=replace(e.call, tool="get_brake"), read_only=True)
        if e.call.tool == "press"
        else e
        for e in started(4)
    ]
    one = waiting(KindName.FIXER, pressing("get_brake"), calls, target="start")
    card = build(material(one, calls))
    assert card.tools[1].effect is SideEffect.READS
    assert card.tools[1].because == "the recording marks its calls so"
    assert "Its own call of `get_brake` only reads" in texts(card, good=True)


def test_a_call_that_nobody_made_is_not_a_hit() -> None:
    assert sum(inserting(pressing(force=0.5)).hits.counts.values()) == 0


# ----------------------------------------------------------------- provenance


def origins(card: Card) -> dict[tuple[str, str], tuple[str, int, bool]]:
    return {(x.what, x.text): (x.origin, x.sessions, x.doubtful) for x in card.literals}


def test_every_constant_says_where_it_comes_from() -> None:
    found = origins(inserting())
    assert found["tool", "start"] == ("recorded", 4, False)
    assert found["tool", "press"] == ("recorded", 4, False)
    assert found["argument", "force"] == ("recorded", 4, False)
    assert found["value", "1.0"] == ("recorded", 4, False)
    pattern = "made from the text of the failures that taught it"
    assert found["pattern", "brake not pressed"] == (pattern, 0, False)
    assert len(found) == 5


def test_a_value_of_few_sessions_is_doubted_and_named_in_what_to_look_at() -> None:
    card = inserting(sessions=2)
    assert origins(card)["value", "1.0"] == ("recorded", 2, True)
    assert "It holds values that fewer than 3 sessions or tasks ever gave: “1.0”." in texts(
        card, good=False
    )


def test_a_part_of_values_is_looked_for_at_their_ends() -> None:
    calls = [call("read", {"path": f"/n{s}"}, ERROR, session=f"r{s}") for s in range(4)]
    body = RENAME.replace("op: rename", "op: strip_prefix").replace("to: file", "text: /")
    found = origins(build(material(waiting(KindName.FIXER, body, calls), calls)))
    assert found["part of a value", "/"] == ("recorded", 4, False)


def test_a_value_that_is_nowhere_is_doubted_unless_a_person_wrote_it() -> None:
    body = pressing(force=0.25)
    assert origins(inserting(body))["value", "0.25"] == ("in no recorded call", 0, True)
    calls = started(4)
    one = waiting(KindName.FIXER, body, calls, target="start", proposer=Proposer.PERSON)
    found = origins(build(material(one, calls)))
    assert found["value", "0.25"] == ("written by a person", 0, False)


def test_names_of_a_known_tool_come_from_its_schema() -> None:
    calls = renamed(3)
    spec = ToolSpec(name="read", parameters=(Parameter(name="file"),), read_only=True)
    given = replace(material(waiting(KindName.FIXER, RENAME, calls), calls), tools={"read": spec})
    card = build(given)
    assert origins(card)["argument", "file"][0] == "from the tool's schema"
    assert origins(card)["argument", "path"][0] == "recorded"
    assert (card.tools[0].effect, card.tools[0].because) == (
        SideEffect.READS,
        "it says so of itself",
    )


def test_a_form_that_is_new_here_shows_its_constants_as_values() -> None:
    body = "match:\n  component: read\naction:\n  type: new\n  odd: [secret-word, [1, 2]]\n"
    calls = renamed(1)
    found = origins(build(material(waiting(KindName.FIXER, body, calls), calls)))
    assert {"secret-word", "[1, 2]"} <= {text for what, text in found if what == "value"}


def warning(sessions: int = 4) -> Card:
    """A warning before calls whose path names a thing, and that the session did not prepare."""
    calls = [e for e in renamed(sessions) if "path" in (e.call.args or {})]
    guard = Guardrail.parse(BLOCK, "read")
    body = replace(
        guard,
        strength=Strength.WARN,
        when=Predicate(
            conditions=(
                Condition(path=("path",), test=Test.NAMES, operand="notes-0.txt"),
                Condition(path=("path",), test=Test.SAME_AS, operand="mode"),
            )
        ),
        fingerprint="f",
        failing=2,
        unless=Unless(tools=("open_up",), same="path"),
    )
    return build(material(waiting(KindName.GUARDRAIL, body.render(), calls), calls))


def test_what_a_warning_looks_for_is_among_its_constants() -> None:
    found = origins(warning())
    assert found["thing", "notes-0.txt"] == ("recorded", 1, True)
    assert found["tool", "open_up"][0] == "in no recorded call"
    assert {("argument", "mode"), ("argument", "path")} <= set(found)
    assert found["number", "failing: 2"][0] == "measured on the failures that taught it"


def test_a_repair_that_makes_no_other_call_says_what_it_changes() -> None:
    given = (("path", Read(source=Source.ARGUMENT, name="path", then=("suggested",))),)
    body = CallsFixer.parse(pressing(force=1.0), "start")
    card = inserting(replace(body, program=Program(arguments=given)).render())
    (said,) = card.does.then
    assert said == (
        "Makes the same call a second time, with the name at the end of `path` replaced by the "
        "one that the error suggests."
    )
    assert "whoever causes the error chooses the difference" in texts(card, good=False)
    assert "It holds no value of its own" not in texts(card, good=True)


@pytest.mark.parametrize("handler", [Retry(), Timeout(), Fallback(fallback_cap="look")])
def test_of_a_hint_only_the_tools_are_looked_for_in_recorded_calls(handler: Handler) -> None:
    calls = renamed(3)
    hint = Hint(component="read", fingerprint="", message_regex="no such", handler=handler)
    card = build(material(waiting(KindName.HINT, hint.render(), calls, taught=("r0",)), calls))
    named = {w.text for w in card.literals if w.what == "tool"}
    assert named == ({"read", "look"} if isinstance(handler, Fallback) else {"read"})
    assert {w.what for w in card.literals} == {"tool", "number", "pattern"} - (
        {"number"} if isinstance(handler, Fallback) else set()
    )


def test_a_warning_is_headed_by_where_it_would_have_warned() -> None:
    card = warning()
    assert card.proof == (card.proof[0],)
    assert "what a warning changes is unknown until measured" in card.proof[0]
    assert "It only warns: it stops and changes no call." in texts(card, good=True)
    assert card.does.sees == "“Give file, not path.”"


# ------------------------------------------------------------- body, versions


def test_a_new_lesson_is_all_plus() -> None:
    card = fixer()
    assert card.compared_with == ""
    assert {line.mark for line in card.diff} == {"+"}
    assert "\n".join(line.text for line in card.diff) + "\n" == RENAME


def test_a_newer_version_is_shown_against_the_one_in_force() -> None:
    one = waiting(KindName.GUARDRAIL, BLOCK, [])
    first = version(one, 1, BLOCK, State.STABLE)
    second = version(one, 2, BLOCK.replace("file", "FILE"), State.DEPRECATED)
    third = version(one, 3, BLOCK.replace("Give file", "Use file"), State.PROPOSED)
    given = replace(material(third), versions=[first, second, third])
    card = build(given)
    assert card.compared_with == "version 1 (proven, in force)"
    changed = [(line.mark, line.text.strip()) for line in card.diff if line.mark in "+-"]
    assert changed == [
        ("-", 'message: "Give file, not path."'),
        ("+", 'message: "Use file, not path."'),
    ]
    assert "lines are the same" in next(x.text for x in card.diff if x.mark == "…")
    given = replace(material(third), versions=[second, third])
    assert build(given).compared_with == "version 2 (retired)"


def test_the_same_text_again_has_nothing_new() -> None:
    one = waiting(KindName.GUARDRAIL, BLOCK, [])
    given = replace(material(replace(one, version=2)), versions=[one, replace(one, version=2)])
    assert {line.mark for line in build(given).diff} == {" "}


# --------------------------------------------------------- sentences, choices


def test_the_proof_counts_first_and_says_what_is_missing() -> None:
    proof = fixer().proof
    assert proof[0] == (
        "Would have repaired 3 of 3 failures in 3 sessions, as the caller did later "
        "(95 %: 29–100 %)."
    )
    assert proof[1].startswith("Would have wrongly changed 0 of 6 good calls (at most ")
    assert proof[-1].startswith("Not enough history: 3 sessions speak for it, none against; ")


def test_what_is_refused_cannot_be_approved() -> None:
    one = waiting(KindName.RULE, "One.\nTwo.", [])
    assert one.judgement.ruling is Ruling.REJECT
    card = build(material(one))
    assert [c.command.split()[1] for c in card.choices] == ["reject"]
    assert card.safety[0].text.startswith("failonce refuses it")
    assert card.safety[0].because


@pytest.mark.parametrize(
    ("state", "commands"),
    [
        (State.PROPOSED, ["approve", "reject", "undo"]),
        (State.CANARY, ["undo", "wrong"]),
        (State.STABLE, ["undo", "wrong"]),
        (State.REJECTED, ["reopen"]),
        (State.REVERTED, ["reopen"]),
        (State.RETIRED, ["reopen"]),
        (State.DEPRECATED, ["reopen"]),
    ],
)
def test_what_one_can_do_depends_on_its_state(state: State, commands: list[str]) -> None:
    one = replace(waiting(KindName.GUARDRAIL, BLOCK, []), state=state)
    assert [c.command.split()[1] for c in build(material(one)).choices] == commands


def test_a_body_that_cannot_be_read_is_said() -> None:
    one = waiting(KindName.GUARDRAIL, "match: [", [])
    card = build(material(one, renamed(1)))
    assert card.does.then[0].startswith("Nothing: its text cannot be read.")
    assert card.hits.calls == 0


def test_what_it_did_in_force_is_said_in_the_words_of_the_outcome() -> None:
    one = waiting(KindName.GUARDRAIL, BLOCK, [])
    assert build(material(one)).since == ()
    seen = Measured(
        lesson=one,
        since=START,
        until=START + timedelta(days=12),
        rows=(Row(week=1, share=0.5, bad_held=38, good_held=98, bad_applied=5, good_applied=135),),
        helped=30,
        harmed=1,
    )
    card = build(replace(material(one), measured=seen))
    assert card.since[0].startswith(
        "12 days: 5 of 140 sessions failed with it, 38 of 136 without. Prevents at least "
    )
    assert card.since[1] == "In force it helped 30 calls and harmed 1 call."
    assert card.confidence == seen.sure > 0.4


def test_support_counts_distinct_witnesses() -> None:
    calls = renamed(4)
    one = waiting(KindName.FIXER, RENAME, calls, taught=("r0", "r1"))
    given = material(one, calls)
    support = [replace(e, source=f"calls.jsonl:{n}") for n, e in enumerate(given.support)]
    found = build(replace(given, support=support)).support
    assert (found.failures, found.sessions, found.tasks, found.sources) == (2, 2, 0, 1)
    assert (found.first, found.last) == (START, START + timedelta(days=1))


def test_the_whole_card_is_json() -> None:
    event = Event(at=START + timedelta(days=1), actor="me", action=Action.PROPOSE, reason="why")
    calls = started(4)
    one = waiting(KindName.FIXER, pressing(), calls, target="start")
    entry = AuditEntry(seq=1, event=event, previous="", hash="h")
    card = build(replace(material(one, calls), entries=[entry]))
    found = json.loads(json.dumps(jsonable(card)))
    assert found["hits"]["counts"]["right"] == 4
    assert found["hits"]["examples"]["right"][0]["inserted"][0] == {
        "tool": "press",
        "args": {"force": 1.0},
    }
    assert found["record"] == [
        {"at": "2026-03-02T09:00:00+00:00", "action": "propose", "actor": "me", "reason": "why"}
    ]
    assert found["diff"][0] == {"mark": "+", "text": "match:"}
