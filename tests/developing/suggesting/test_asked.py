"""What is asked for and not there: told with its counts, and apart from what only looks so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from failonce.developing import Came
from failonce.developing.suggesting import Advised
from failonce.model import Change, GapStatus, KindName, State, ToolSpec
from failonce.ports import SignatureQuery
from tests.developing.suggesting.made import Desk, call, unknown
from tests.made import START, lesson, proposal


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.proves("H2", "H21")
def test_a_tool_that_nobody_offers_is_suggested_with_its_counts(desk: Desk) -> None:
    desk.clock.advance(days=3)
    desk.take([call("read", session="s0"), *unknown("get_weather", range(3))])
    desk.take([call("get_weather", "Error: unknown tool: get_weather", session="s0", day=2)])
    found = desk.told()["get_weather"]
    assert (found.kind, found.times, found.sessions) == (Advised.NEW, 4, 3)
    assert "4 calls in 3 sessions asked for it in vain, 2026-03-01 to 2026-03-03" in found.why
    assert found.command == "failonce tools want 'get weather'"
    assert found.confidence == pytest.approx(0.05 ** (1 / 3)), "three of three, 95 %"


def test_one_session_suggests_nothing_however_often_it_asks(desk: Desk) -> None:
    desk.take([call("get_weather", "Error: unknown tool", session="s0", n=n) for n in range(50)])
    found = desk.suggested()
    assert (found.told, found.once) == ((), 1)


def test_a_misspelled_name_is_no_missing_tool(desk: Desk) -> None:
    desk.take([call("get_weather", session="s0"), *unknown("get_wether", range(3), n=1)])
    desk.take(unknown("getWeather", range(2), n=2))
    found = desk.suggested()
    assert found.told == ()
    assert (found.misspelled, found.misspelled_calls) == (2, 5)


def test_spellings_and_wordings_of_one_need_are_one_suggestion(desk: Desk) -> None:
    desk.take([*unknown("convert_units", range(2)), *unknown("unitConverter", range(2, 4))])
    desk.take(unknown("convert_unuts", range(4, 5)))
    (found,) = desk.suggested().told
    assert (found.times, found.sessions) == (5, 5)
    assert "`unitConverter`" in found.why


def test_what_another_tool_does_under_its_name_is_not_made_again(desk: Desk) -> None:
    desk.store.add_tools(
        "p", [ToolSpec(name="pdf_joiner", description="Merges PDF files into one.")], START
    )
    desk.take(unknown("merge_pdf_files", range(2)))
    found = desk.told()["merge_pdf_files"]
    assert found.kind is Advised.USE
    assert found.command == (
        "failonce learn pdf_joiner 'There is no merge_pdf_files; pdf_joiner does that.'"
    )
    asked = desk.developing().want("merge pdf files", project="p")
    assert (asked.came, asked.tool) == (Came.TOOL, "pdf_joiner"), "want says the same"


def test_what_callers_then_called_with_the_same_arguments_was_meant(desk: Desk) -> None:
    for s in range(3):
        args = {"path": f"notes-{s}.txt"}
        error = "Error: unknown tool: open_document"
        desk.take([call("open_document", error, session=f"s{s}", args=args)])
        desk.take([call("read_file" if s else "search", session=f"s{s}", n=1, args=args)])
    found = desk.told()["open_document"]
    assert found.kind is Advised.USE
    assert found.what == "Say that `read_file` does what `open_document` is called for"


def test_a_tool_that_some_sessions_do_not_have_is_to_be_offered(desk: Desk) -> None:
    desk.take([call("crm__search", session="a"), *unknown("crm__search", range(2))])
    found = desk.told()["crm__search"]
    assert found.kind is Advised.PROVIDE
    assert "in some it is unknown" in found.what


def test_whoever_got_it_after_all_speaks_against_it(desk: Desk) -> None:
    desk.take([*unknown("get_weather", range(4)), call("get_weather", session="s0", n=9)])
    assert desk.told()["get_weather"].confidence < 0.4, "three of four"


def test_programs_and_modules_that_tools_fail_for_want_of_are_named(desk: Desk) -> None:
    for s in range(2):
        args = {"command": f"jq . {s}.json"}
        desk.take([call("shell", "bash: jq: command not found", session=f"s{s}", args=args)])
        desk.take([call("shell", session=f"s{s}", n=1, args={"command": "ls"})])
        error = "ModuleNotFoundError: No module named 'yaml'"
        desk.take([call("python", error, session=f"s{s}", n=2)])
    found = desk.told()
    assert found["jq"].what == "Provide the program `jq`: `shell` failed for want of it"
    assert found["yaml"].what == "Provide the module `yaml`: `python` failed for want of it"
    assert {s.kind for s in found.values()} == {Advised.PROVIDE}, "the tools are not to blame"


def test_what_a_tool_was_asked_for_counts_as_asked_for(desk: Desk) -> None:
    """A gateway, or a list of skills, is a tool; what it was asked for is not there."""
    for s in range(2):
        args = {"skill": "release"}
        desk.take([call("Skill", "Unknown skill: release", session=f"s{s}", args=args)])
    desk.take([call("Skill", session="a", args={"skill": "review"})])
    found = desk.told()["release"]
    assert found.what == "Make a tool `release`, which `Skill` was asked for"
    assert found.command == "failonce tools want release"


def test_a_request_counts_at_once_and_by_days(desk: Desk) -> None:
    asking = desk.developing()
    for _ in range(3):
        asking.want("create a pdf merger", project="p")
    (one,) = desk.suggested().told
    assert one.what == "Write a tool `pdf_merger`"
    assert (one.times, one.sessions, one.kind) == (3, 1, Advised.NEW)
    desk.clock.advance(days=1)
    asking.want("a tool for merging PDFs", project="p")
    (two,) = desk.suggested().told
    assert (two.times, two.sessions) == (4, 2)
    assert "4 requests on 2 days" in two.why
    assert two.confidence == pytest.approx(0.05**0.5)
    assert two.last == START + timedelta(days=1)
    assert two.command.startswith("failonce tools template ")


def test_a_suggestion_that_was_followed_becomes_one_need_with_its_request(desk: Desk) -> None:
    desk.take(unknown("get_weather", range(2)))
    (first,) = desk.suggested().told
    assert first.command == "failonce tools want 'get weather'"
    asked = desk.developing().want("get weather", project="p")
    assert (asked.came, asked.tool) == (Came.GAP, "get_weather")
    (second,) = desk.suggested().told
    assert (second.times, second.sessions) == (3, 3)
    assert "no language model is configured" in second.why
    assert second.command == "failonce tools template get_weather"


def test_a_request_that_a_tool_answers_since_or_that_is_closed_is_over(desk: Desk) -> None:
    desk.developing().want("create a word counter", project="p")
    assert desk.suggested().told
    desk.store.add_tools("p", [ToolSpec(name="count_words", description="Counts.")], START)
    assert desk.suggested().told == ()
    assert [g.status for g in desk.store.gaps()] == [GapStatus.OPEN], "nothing was written"


def test_where_a_lesson_leads_the_calls_elsewhere_it_is_to_be_decided_on(desk: Desk) -> None:
    desk.take(unknown("get_weather", range(3)))
    (missed,) = desk.store.signatures(SignatureQuery(project="p"))
    fixer = proposal(KindName.FIXER, target="*", signatures=(missed.id,))
    made = lesson(fixer)
    desk.store.commit(Change(lessons=(made,)))
    (found,) = desk.suggested().told
    assert (found.kind, found.lesson) == (Advised.DECIDE, made.id)
    assert found.command == f"failonce show {made.id}"
    desk.store.commit(Change(lessons=(replace(lesson(fixer, state=State.STABLE), version=2),)))
    assert desk.suggested().told == (), "in force it mends them"
