"""Repairs: chosen by the tasks that they help, and lost where they lead elsewhere."""

from collections.abc import Sequence

from failonce.kinds.behaviour import ANY_TOOL
from failonce.language.expression import literal
from failonce.language.program import Program, Step
from failonce.model import Call, Json
from failonce.proposal.families import families
from failonce.proposal.lab import Ending
from failonce.proposal.repairs import MIN_SURE, MIN_TASKS, SURE_AGAINST, Candidate, repairs
from failonce.testing import ScriptedWorld
from tests.proposal.worlds import ARCHIVE, KILN, Recorded, Story, call, given, many, shelf


def chosen(world: ScriptedWorld, stories: Sequence[Story]) -> list[Candidate]:
    """The repairs that these sessions teach."""
    recorded = Recorded(world, stories)
    whole = recorded.study()
    return repairs(families(whole.cases), recorded.lab, whole.habits)


def words(world: ScriptedWorld, stories: Sequence[Story]) -> list[tuple[str, str]]:
    """What they concern, and what they do."""
    return [(c.family.component, str(c.program)) for c in chosen(world, stories)]


def holding(n: int) -> Story:
    """The pedal, and the call works."""
    fire = call("fire", heat=700 + n)
    return {}, [fire, call("hold", down=True), fire]


HOLD = ("fire", "call hold(down=true); then the same call")


# ----------------------------------------------------------------------- whose witness counts


def test_a_repair_needs_three_tasks_that_it_helped() -> None:
    assert words(KILN, many(MIN_TASKS, holding)) == [HOLD]
    assert words(KILN, many(MIN_TASKS - 1, holding)) == []


def test_one_task_that_repeats_itself_is_no_witness_more() -> None:
    """Tasks are counted, not calls: two sessions with ten episodes each are two witnesses."""
    calls: list[Call] = []
    for n in range(10):
        calls += [*holding(n)[1], call("hold", down=False)]
    assert words(KILN, [({}, calls), ({}, calls)]) == []
    assert [c for c, _ in words(KILN, [({}, calls), ({}, calls), holding(3)])] == ["fire"]


def test_a_repair_that_nobody_confirms_is_not_kept_however_often_the_call_works() -> None:
    """Ten never got there; that the call works now proves nothing by itself."""
    alone: list[Story] = many(10, lambda n: ({}, [call("fire", heat=700 + n)]))
    assert words(KILN, [*many(MIN_TASKS, holding), *alone]) == []
    assert words(KILN, [*many(9, holding), *alone]) == []
    assert words(KILN, [*many(10, holding), *alone]) == [HOLD], "the pedal stays: a half is needed"
    assert MIN_SURE <= MIN_TASKS


def elsewhere(n: int) -> Story:
    """The caller fires at another heat in the end."""
    return {}, [call("fire", heat=700 + n), call("hold", down=True), call("fire", heat=90 + n)]


def test_a_repair_that_leads_elsewhere_than_callers_got_is_lost() -> None:
    """For each task in which everybody went elsewhere three must have got where it leads."""
    assert SURE_AGAINST == 3
    assert words(KILN, [*many(6, holding), *many(2, elsewhere)]) == [HOLD]
    assert words(KILN, [*many(5, holding), *many(2, elsewhere)]) == []


def test_a_repair_that_left_the_world_changed_and_the_call_failing_is_lost() -> None:
    """Doors that are open keep the call from working; the pedal stays held."""
    blocked = given(open=["left"])
    fire = call("fire", heat=1)
    hold = call("hold", down=True)
    stuck: Story = (blocked, [fire, hold])
    assert words(KILN, [*many(6, holding), stuck]) == [HOLD], "another error, another class"
    candidate = chosen(KILN, many(6, holding))[0]
    spoilt = Candidate(
        family=candidate.family,
        program=candidate.program,
        endings={**candidate.endings, "x": Ending.SPOILT},
    )
    assert spoilt.spoilt
    assert not candidate.spoilt


def making(n: int) -> Story:
    """The file is made here, and then there is one to trim."""
    trim = call("trim", document=f"note-{n}", length=2)
    return shelf(n), [trim, call("make", name=f"note-{n}"), trim]


def going(n: int) -> Story:
    """The caller was in the wrong folder, and trims the file that there is."""
    trim = call("trim", document=f"note-{n}", length=2)
    return shelf(n), [trim, call("go", folder=f"box-{n}"), trim]


MAKE = ("trim", "call make(name=`document`); then the same call")


def test_what_leaves_something_behind_needs_callers_in_the_very_same_world() -> None:
    """A file made where one happens to stand lets the call work, and is not what was meant."""
    assert MAKE in words(ARCHIVE, many(MIN_TASKS, making))
    assert MAKE not in words(ARCHIVE, [*many(MIN_TASKS, making), *many(4, going)])


def test_what_cannot_be_taken_back_is_learned_for_the_tools_that_it_was_tried_on() -> None:
    def either(n: int) -> Story:
        tool, name = (("view", "file"), ("trim", "document"))[n % 2]
        again = call(tool, **{name: f"note-{n}"}, **({"length": 2} if n % 2 else {}))
        return shelf(n), [again, call("make", name=f"note-{n}"), again]

    made = words(ARCHIVE, many(8, either))
    assert sorted(component for component, _ in made) == ["trim", "view"]


# -------------------------------------------------------------------------- which is chosen


def either(n: int) -> Story:
    """What lists the doors works for one door and for several."""
    doors = ["left", "right"][: 1 + n % 2]
    fire = call("fire", heat=700 + n)
    return given(open=doors, held=True), [fire, *(call("shut", door=d) for d in doors), fire]


def test_one_repair_for_a_family_is_kept_rather_than_one_for_each_class() -> None:
    """`door="left"` helps half of them; what reads the error helps all."""
    made = chosen(KILN, many(8, either))
    assert [str(c.program) for c in made] == [
        "call shut(door=each) for each of the list that the error ends in; then the same call"
    ]
    assert made[0].family.fingerprint == ""


def test_of_programs_that_help_the_same_tasks_the_simplest_is_kept() -> None:
    def entering(n: int) -> Story:
        calls = [
            call("view", file=f"box-{n}/note-{n}"),
            call("find_files", name=f"note-{n}"),
            call("go", folder=f"box-{n}"),
            call("view", file=f"note-{n}"),
        ]
        return shelf(n), calls

    ((component, program),) = words(ARCHIVE, many(6, entering))
    assert component == "view"
    assert program == (
        "call go(folder=the folder of `file`); then the call with file = the basename of `file`"
    )


def test_one_reason_of_two_tools_gives_one_repair_for_any_tool() -> None:
    def entering(n: int) -> Story:
        tool, name = (("view", "file"), ("trim", "document"))[n % 2]
        more: dict[str, Json] = {"length": 2} if n % 2 else {}
        calls = [
            call(tool, **{name: f"box-{n}/note-{n}"}, **more),
            call("go", folder=f"box-{n}"),
            call(tool, **{name: f"note-{n}"}, **more),
            call("go", folder=".."),
        ]
        return shelf(n), calls

    made = chosen(ARCHIVE, many(8, entering))
    assert [c.family.component for c in made] == [ANY_TOOL]
    assert str(made[0].program) == (
        "call go(folder=the folder of the argument that the error names); then the call with "
        "<blamed> = the basename of the argument that the error names; then back with go"
    )


def test_what_a_chosen_repair_mends_counts_for_no_other() -> None:
    made = chosen(KILN, many(8, either))
    helped = [c.helped(c.family.cases) for c in made]
    assert sum(map(len, helped)) == len(frozenset().union(*helped))


def test_a_chain_is_two_repairs_each_for_its_own_error() -> None:
    def chained(n: int) -> Story:
        fire, doors = call("fire", heat=700 + n), ["left", "right"][: 1 + n % 2]
        shut = [call("shut", door=d) for d in doors]
        return given(open=doors), [fire, *shut, fire, call("hold", down=True), fire]

    assert {program for _, program in words(KILN, many(8, chained))} == {
        "call hold(down=true); then the same call",
        "call shut(door=each) for each of the list that the error ends in; then the same call",
    }


# ------------------------------------------------------------------------ by its own words


def test_callers_of_one_task_who_disagree_do_not_speak_against_a_repair() -> None:
    """One of them is enough: no other value would be met by chance."""
    recorded = Recorded(KILN, many(3, holding))
    whole = recorded.study()
    (family,) = families(whole.cases)
    one, other, third = family.cases
    program = Program(steps=(Step(tool="hold", arguments=(("down", literal(True)),)),))
    endings = {
        one.evidence.id: Ending.CONTRADICTED,
        other.evidence.id: Ending.CONFIRMED,
        third.evidence.id: Ending.UNCONFIRMED,
    }
    candidate = Candidate(family=family, program=program, endings=endings)
    assert candidate.sure == {"s1"}
    assert candidate.at_odds(family.cases) == {"s0"}
    assert candidate.helped(family.cases) == {"s1", "s2"}
