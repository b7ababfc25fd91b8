"""From what callers did to programs: what several tasks agree on, and no value of one task."""

from collections.abc import Sequence

from failonce.language.expression import Combined, Read, Source
from failonce.language.program import Program
from failonce.model import Call, Json
from failonce.proposal.families import families
from failonce.proposal.synthesis import EXAMPLES, programs, sampled
from failonce.testing import ScriptedWorld
from tests.proposal.worlds import ARCHIVE, KILN, Recorded, Story, call, given, many, shelf


def found(world: ScriptedWorld, stories: Sequence[Story], tool: str) -> list[Program]:
    """The candidates for the widest family of one tool's failures."""
    recorded = Recorded(world, stories)
    whole = recorded.study()
    family = next(f for f in families(whole.cases) if f.component == tool)
    return programs(family.cases, recorded.lab, whole.habits, family=False)


def words(world: ScriptedWorld, stories: Sequence[Story], tool: str) -> list[str]:
    return [str(p) for p in found(world, stories, tool)]


def literals(made: Sequence[Program]) -> set[str]:
    """The literals that steps and the call's own arguments would have."""
    expressions = [e for p in made for e in p.expressions()]
    reads = [r for e in expressions if not isinstance(e, Combined) for r in [e]]
    return {repr(r.value) for r in reads if isinstance(r, Read) and r.source is Source.VALUE}


# ----------------------------------------------------------------- where values come from


def entering(n: int) -> Story:
    """A path where a name is wanted: go there, and ask by the name."""
    calls = [
        call("view", file=f"box-{n}/note-{n}"),
        call("go", folder=f"box-{n}"),
        call("view", file=f"note-{n}"),
    ]
    return shelf(n), calls


def test_the_values_of_a_step_are_explained_by_the_call_that_failed() -> None:
    assert words(ARCHIVE, many(4, entering), "view")[0] == (
        "call go(folder=the folder of `file`); then the call with file = the basename of `file`"
    )


def locating(n: int) -> Story:
    """A name where a path is wanted: a search brings it."""
    calls = [
        call("open_at", path=f"note-{n}"),
        call("find_files", name=f"note-{n}"),
        call("open_at", path=f"box-{n}/note-{n}"),
    ]
    return shelf(n), calls


def test_a_value_that_no_argument_explains_is_looked_up() -> None:
    assert words(ARCHIVE, many(4, locating), "open_at")[0] == (
        "look at find_files(name=`path`) as find_files_path; "
        "then the call with path = the only of find_files_path.matches"
    )


def filling(n: int) -> Story:
    """More than fits: the level is read, and the rest is filled in."""
    calls = [
        call("pour", amount=60 + n),
        call("get_gauge", what="litres"),
        call("pour", amount=40 - n),
    ]
    return given(litres=10 + n), calls


def test_a_number_is_a_limit_less_the_level_that_a_look_brought() -> None:
    (made,) = words(KILN, many(4, filling), "pour")
    assert made == (
        'look at get_gauge(what="litres") as get_gauge_litres; '
        "then the call with amount = 50 - get_gauge_litres.litres"
    )


def test_a_level_that_is_always_the_same_is_a_literal_in_disguise() -> None:
    """50 - 20 is 30: who always gave 30 did not reckon."""
    same = many(
        5,
        lambda n: (
            given(litres=20),
            [
                call("pour", amount=60 + n),
                call("get_gauge", what="litres"),
                call("pour", amount=30),
            ],
        ),
    )
    assert words(KILN, same, "pour") == []


def shutting(n: int) -> Story:
    """Doors that the error lists, one or several."""
    doors = ["left", "right", "top"][: 1 + n % 3]
    fire = call("fire", heat=700 + n)
    return given(open=doors, held=True), [fire, *(call("shut", door=d) for d in doors), fire]


def test_one_call_for_each_item_of_the_list_that_the_error_ends_in() -> None:
    assert (
        "call shut(door=each) for each of the list that the error ends in; then the same call"
        in words(KILN, many(6, shutting), "fire")
    )


# ------------------------------------------------------------------------------- literals


def holding(n: int, *, value: Json = True) -> Story:
    fire = call("fire", heat=700 + n)
    return {}, [fire, call("hold", down=value), fire]


def test_a_literal_that_nearly_all_tasks_gave_may_stand_in_a_step() -> None:
    assert words(KILN, many(4, holding), "fire") == ["call hold(down=true); then the same call"]


def test_a_literal_of_fewer_than_three_tasks_stands_nowhere() -> None:
    assert words(KILN, many(2, holding), "fire") == []


def test_a_literal_that_tasks_do_not_agree_on_stands_nowhere() -> None:
    """`true`, 1, 2, 3: each does, and none is what nearly all of them gave."""
    values: list[Json] = [True, 1, 2, 3]
    assert words(KILN, [holding(n, value=values[n % 4]) for n in range(12)], "fire") == []


def test_a_text_may_stand_in_a_step_that_callers_of_the_tool_commonly_give() -> None:
    """Of a choice of words several are right; of a name that two tasks gave nobody knows."""
    values: list[Json] = ["firmly", "softly", "on"]
    stories = [holding(n, value=values[n % 3]) for n in range(9)]
    assert 'call hold(down="softly"); then the same call' in words(KILN, stories, "fire")
    assert words(KILN, stories[:6], "fire") == []


def test_no_literal_ever_becomes_an_argument_of_the_call_itself() -> None:
    """All tasks went on with the same number: to ask for it would ask for something else."""
    clamped = many(
        6, lambda n: (given(litres=n), [call("pour", amount=60 + n), call("pour", amount=10)])
    )
    assert found(KILN, clamped, "pour") == []
    renamed = many(
        6,
        lambda n: (
            shelf(n),
            [call("open_at", path=f"note-{n}x"), call("open_at", path=f"top-{n}")],
        ),
    )
    assert found(ARCHIVE, renamed, "open_at") == []


def test_the_name_of_one_task_is_no_literal_of_a_step() -> None:
    made = found(ARCHIVE, many(4, entering), "view")
    assert made
    assert literals(made) == set()


# ---------------------------------------------------------------------------------- chains


def chained(n: int) -> Story:
    """Doors, then the pedal: two errors, one after the other."""
    fire, doors = call("fire", heat=700 + n), ["left", "right"][: 1 + n % 2]
    shut = [call("shut", door=d) for d in doors]
    return given(open=doors), [fire, *shut, fire, call("hold", down=True), fire]


def test_the_beginning_that_leads_to_another_failure_is_a_program_of_its_own() -> None:
    assert (
        "call shut(door=each) for each of the list that the error ends in; then the same call"
        in words(KILN, many(6, chained), "fire")
    )


def test_a_looping_task_gives_no_more_examples_than_others() -> None:
    fire = call("fire", heat=1)
    calls: list[Call] = []
    for _ in range(EXAMPLES + 3):
        calls += [fire, call("hold", down=True), fire, call("hold", down=False)]
    recorded = Recorded(KILN, [({}, calls), holding(1)])
    assert len(recorded.cases("fire")) == EXAMPLES + 4
    assert [c.cluster for c in sampled(recorded.cases("fire"))] == ["s0"] * EXAMPLES + ["s1"]


def test_one_task_that_repeats_itself_is_one_vote() -> None:
    calls: list[Call] = []
    for n in range(5):
        calls += holding(n)[1]
        calls.append(call("hold", down=False))
    recorded = Recorded(KILN, [({}, calls), holding(9)])
    whole = recorded.study()
    made = programs(whole.cases, recorded.lab, whole.habits, family=False)
    assert made == [], "two tasks are no support for a literal, however often one did it"
