"""Foresight: what a read-only look tells of a call beforehand, and what is only a coincidence."""

from collections.abc import Sequence
from dataclasses import replace

from failonce.model import Json
from failonce.proposal.foresight import MIN_TASKS, Contrast, Foresight, foresee
from failonce.testing import ScriptedWorld
from tests.proposal.worlds import ARCHIVE, KILN, Recorded, Story, call, given, many


def foreseen(world: ScriptedWorld, stories: Sequence[Story], tool: str) -> list[Foresight]:
    """What tells the first class of failures of a tool."""
    recorded = Recorded(world, stories)
    whole = recorded.study()
    signature = next(c.failure.signature for c in whole.cases if c.evidence.call.tool == tool)
    contrast = Contrast(
        good=whole.good.get(tool, ()),
        otherwise=[
            c
            for c in whole.cases
            if c.evidence.call.tool == tool and c.failure.signature != signature
        ],
    )
    return foresee(whole.classes[signature], contrast, recorded.lab, whole.habits)


def words(world: ScriptedWorld, stories: Sequence[Story], tool: str) -> list[list[str]]:
    return [list(map(str, f.look.when)) for f in foreseen(world, stories, tool)]


def making(n: int) -> Story:
    """A file that is there already; one that is not."""
    calls = [call("make", name=f"old-{n}"), call("make", name=f"new-{n}")]
    return given(folders={"": {f"old-{n}": "x", f"other-{n}": "y"}}), calls


def test_what_is_there_already_is_seen_in_the_list_of_what_is_there() -> None:
    assert words(ARCHIVE, many(6, making), "make") == [["`name` is in get_place.names"]]


def pouring(n: int) -> Story:
    """Too much by the level, and just what fits, with levels and amounts of all sizes."""
    calls = [call("pour", amount=51 - 5 * n), call("pour", amount=50 - 5 * n)]
    return given(litres=5 * n), calls


def test_a_limit_is_one_that_several_went_to_and_none_beyond() -> None:
    assert words(KILN, many(8, pouring), "pour") == [
        ["`amount` + get_gauge_litres.litres is above 50"]
    ]


def test_where_calls_only_happened_to_end_is_no_limit() -> None:
    """Each task that worked ended somewhere else: nobody went to the same most."""

    def ended(n: int) -> Story:
        calls = [call("pour", amount=90 + n), call("pour", amount=3 + n)]
        return given(litres=5 * n), calls

    assert words(KILN, many(6, ended), "pour") == []


def test_two_tasks_teach_no_foresight() -> None:
    assert words(ARCHIVE, many(MIN_TASKS - 1, making), "make") == []
    assert len(words(ARCHIVE, many(MIN_TASKS, making), "make")) == 1


def test_what_no_working_call_contradicts_is_not_foreseen() -> None:
    def always(n: int) -> Story:
        given_, calls = making(n)
        return given_, calls[:1]

    assert words(ARCHIVE, many(6, always), "make") == []
    assert words(ARCHIVE, [*many(6, always), making(6), making(7)], "make") == []
    assert len(words(ARCHIVE, [*many(6, always), *many(3, making)], "make")) == 1


def test_a_call_that_worked_where_the_look_said_the_same_speaks_against_it() -> None:
    """The archive's `view` of what is not there fails, whatever else there is."""

    def viewing(n: int, *, wrong: bool) -> Story:
        folders: dict[str, Json] = {"": {f"a-{n}": "x"}, "/else": {f"b-{n}": "y"}}
        names = [f"b-{n}"] if wrong else [f"a-{n}"]
        return given(folders=folders), [call("view", file=name) for name in names]

    stories = [viewing(n, wrong=n % 2 == 0) for n in range(12)]
    assert words(ARCHIVE, stories, "view") == [["`file` is not in get_place.names"]]


def test_the_name_of_one_task_tells_nothing_of_a_state() -> None:
    """In each folder of its own a call fails: `place is box-3` is true of one task alone."""

    def apart(n: int) -> Story:
        folders: dict[str, Json] = {"": {}, f"/box-{n}": {f"x-{n}": ""}}
        return given(folders=folders, at=f"/box-{n}"), [
            call("make", name=f"x-{n}"),
            call("make", name=f"y-{n}"),
        ]

    assert words(ARCHIVE, many(8, apart), "make") == [["`name` is in get_place.names"]]


def test_a_state_that_is_told_in_a_few_words_is_one() -> None:
    """The pedal is no gauge: only what a look brings can tell, here the tank and the heat."""

    def firing(n: int) -> Story:
        return given(held=n % 2 == 0, litres=0 if n % 2 else 20), [call("fire", heat=700 + n)]

    (told,) = foreseen(KILN, many(12, firing), "fire")
    assert list(map(str, told.look.when)) == ["get_gauge_litres.litres is below 20"]
    assert len(told.tasks) == 6
    assert told.good == 6


def test_a_look_that_nearly_never_brings_anything_tells_nothing() -> None:
    """`get_gauge(what="dust")` always fails, so what it would say is never asked."""
    (told,) = foreseen(KILN, many(8, pouring), "pour")
    assert [str(look) for look in told.look.looks] == [
        'get_gauge(what="litres") as get_gauge_litres'
    ]


def test_a_guard_says_which_failures_it_would_have_met() -> None:
    (told,) = foreseen(ARCHIVE, many(6, making), "make")
    assert told.told == {f"s{n}-0" for n in range(6)}
    assert told.tasks == {f"s{n}" for n in range(6)}
    assert told.good == 6


def test_without_a_tool_that_reads_nothing_is_foreseen() -> None:
    recorded = Recorded(ARCHIVE, many(6, making))
    whole = recorded.study()
    contrast = Contrast(good=whole.good["make"], otherwise=())
    assert foresee(whole.cases, contrast, recorded.lab, whole.habits)
    blind = [replace(c, situation=replace(c.situation, tools={})) for c in whole.cases]
    assert foresee(blind, contrast, recorded.lab, whole.habits) == []
