"""Habits: what callers usually give, make and take back, and what a tool does."""

from collections.abc import Sequence

from failonce.language.expression import Read, Source, literal
from failonce.language.program import Step
from failonce.language.reading import WATCHED as BELIEVED
from failonce.language.reading import Does
from failonce.model import Call, Evidence, Json, ToolSpec
from failonce.proposal.habits import REACH, USUAL, Habits
from failonce.testing import ScriptedEnvironment, ScriptedWorld
from tests.made import evidence, session
from tests.proposal.made import sessions
from tests.proposal.worlds import KILN, TOOLS, Recorded, call


def habits(calls: Sequence[Evidence]) -> Habits:
    """Of recorded calls alone, nothing of which can be executed again."""
    return Habits(calls, None)


def given(*values: Json, tool: str = "set", error: str = "") -> list[Evidence]:
    """One session for each value that was given."""
    return sessions(len(values), lambda n: [evidence(tool, {"to": values[n]}, error)])


def test_a_value_is_usual_that_two_clusters_gave_and_the_most_usual_comes_first() -> None:
    seen = habits(given("a", "b", "b", "b", "a", "once"))
    assert seen.usual("set", "to") == ["b", "a"]
    assert seen.usual("set", "from") == seen.usual("get", "to") == []


def test_one_session_that_repeats_itself_makes_nothing_usual() -> None:
    calls = session("s", [evidence("set", {"to": "a"})] * 9)
    assert habits(calls).usual("set", "to") == []
    assert not habits(calls).common("set", "to", "a")
    assert habits(calls).constant == []


def test_only_so_many_values_are_usual_and_calls_that_failed_show_no_habit() -> None:
    many = [v for v in ("a", "b", "c", "d") for _ in range(2)]
    assert len(habits(given(*many)).usual("set", "to")) == USUAL
    assert habits(given("a", "a", error="no")).usual("set", "to") == []


def test_true_is_another_value_than_one() -> None:
    assert habits(given(True, True, 1)).usual("set", "to") == [True]


def test_a_text_is_common_that_three_clusters_and_a_tenth_of_them_gave() -> None:
    assert habits(given("a", "a", "a")).common("set", "to", "a")
    assert not habits(given("a", "a", "b")).common("set", "to", "a")
    assert habits(given(*["a"] * 3, *map(str, range(27)))).common("set", "to", "a")
    assert not habits(given(*["a"] * 3, *map(str, range(28)))).common("set", "to", "a")


def test_a_text_is_common_in_a_list_too() -> None:
    assert habits(given(["a", "b"], ["b"], "b")).common("set", "to", "b")


def test_a_whole_call_is_constant_that_two_clusters_made_alike() -> None:
    calls = sessions(
        3, lambda n: [evidence("go", {"to": ".."}), evidence("go", {"to": f"box-{n}"})]
    )
    assert habits(calls).constant == [("go", {"to": ".."})]


# ---------------------------------------------------------------------- taking back


def back(to: Json) -> Step:
    return Step(tool="go", arguments=(("to", literal(to)),))


def went(*places: str) -> list[Evidence]:
    return [evidence("go", {"to": place}) for place in places]


def test_the_share_of_clusters_that_took_a_step_back_is_counted_by_cluster() -> None:
    calls = sessions(4, lambda n: went("box", "..") * 5 if n == 0 else went("box"))
    assert habits(calls).returns("go", back("..")) == 0.25
    assert habits(calls).returns("go", back("home")) == 0
    assert habits(calls).returns("fly", back("..")) == 0


def test_a_return_lies_behind_the_step_and_not_too_far() -> None:
    before = sessions(2, lambda _: went("..", "box"))
    assert habits(before).returns("go", back("..")) == 0
    rest = [evidence("look", {})]
    near = sessions(2, lambda _: [*went("box"), *rest * (REACH - 1), *went("..")])
    far = sessions(2, lambda _: [*went("box"), *rest * REACH, *went("..")])
    assert habits(near).returns("go", back("..")) == 1
    assert habits(far).returns("go", back("..")) == 0


def test_a_way_back_to_where_one_was_counts_as_any_that_callers_took() -> None:
    seen = Read(source=Source.RESULT, name="where", path=("place",))
    to_where_one_was = Step(tool="go", arguments=(("to", seen),))
    home = habits(sessions(4, lambda n: went("box", "home") if n < 3 else went("box")))
    assert home.returns("go", to_where_one_was) == 0.75
    assert habits(sessions(4, lambda _: went("box"))).returns("go", to_where_one_was) == 0


# ------------------------------------------------------------------ what a tool does


def watched(tool: str, calls: int) -> Does:
    """What is known of a tool of the kiln that says nothing of itself, seen so often."""
    made: Sequence[Call] = [call(tool, what="heat", amount=1)] * calls
    recorded = Recorded(KILN, [({}, made)])
    return recorded.study().habits.does(ToolSpec(name=tool))


def test_a_reading_verb_is_believed_where_the_world_was_seen_to_stay() -> None:
    assert watched("get_gauge", BELIEVED) is Does.READS
    assert watched("get_gauge", 1) is not Does.READS


def test_what_changed_the_world_once_writes_whatever_it_says() -> None:
    def count(facts: dict[str, object], _: dict[str, object]) -> str:
        facts["asked"] = int(str(facts["asked"])) + 1
        return str(facts["asked"])

    environment = ScriptedEnvironment(ScriptedWorld({"get_count": count}, {"asked": 0}), TOOLS)
    calls = environment.record("s", [call("get_count")] * 9)
    says = ToolSpec(name="get_count", read_only=True, digest="s")
    assert Habits(calls, environment).does(says) is Does.WRITES
    assert habits(calls).does(says) is Does.READS
