"""Looks: which read-only calls may tell what a failed call did not know."""

from collections.abc import Sequence

from failonce.language.expression import Read, Source, literal
from failonce.model import Parameter, ToolSpec
from failonce.proposal.looks import A_TOOL, MOST_LOOKS, looks, name_of
from tests.made import evidence
from tests.proposal.made import read, sessions, study

FILE = Parameter(name="name", types=("string",), required=True)


def reading(name: str, *parameters: Parameter) -> ToolSpec:
    """A tool that says it reads, and is called so."""
    return ToolSpec(name=name, parameters=parameters, read_only=True, digest="s")


def found(*tools: ToolSpec, blamed: bool = False, **args: object) -> list[str]:
    """The looks where `read` failed with these arguments and the error names `file`."""
    given = args or {"file": "box/a.txt"}
    calls = sessions(1, lambda _: [read(given, "<arg:file>: not found")])  # type: ignore[arg-type]
    whole = study(calls, {t.name: t for t in tools})
    (case,) = whole.cases
    return [str(s) for s in looks(case, whole.habits, blamed=blamed)]


def test_a_look_asks_for_what_the_call_asked_for_or_its_last_part() -> None:
    assert found(reading("find_files", FILE)) == [
        "find_files(name=`file`) as find_files_file",
        "find_files(name=the basename of `file`) as find_files_file_basename",
    ]


def test_for_several_tools_a_look_speaks_of_the_argument_that_the_error_names() -> None:
    named = "the argument that the error names"
    assert found(reading("find_files", FILE), blamed=True) == [
        f"find_files(name={named}) as find_files_blamed",
        f"find_files(name=the basename of {named}) as find_files_blamed_basename",
    ]


def test_only_a_tool_that_reads_is_looked_with_whatever_it_is_called() -> None:
    silent = ToolSpec(name="find_files", parameters=(FILE,), digest="s")
    lying = reading("delete_files", FILE)
    writing = ToolSpec(name="find_files", parameters=(FILE,), read_only=False, digest="s")
    assert found(lying) == found(writing) == found(silent) == []


def test_a_tool_does_not_look_for_itself() -> None:
    assert found(reading("read", Parameter(name="file", types=("string",)))) == []


def test_a_tool_that_declares_no_parameters_takes_what_callers_always_gave_it() -> None:
    search = ToolSpec(name="find_files", read_only=True, digest="s")
    calls = sessions(
        4,
        lambda s: [
            read({"file": "box/a.txt"}, "<arg:file>: not found"),
            evidence("find_files", {"name": f"n{s}"} | ({"deep": True} if s % 2 else {})),
        ],
    )
    whole = study(calls, {"find_files": search})
    assert [str(s) for s in looks(whole.cases[0], whole.habits, blamed=False)] == [
        "find_files(name=`file`) as find_files_file",
        "find_files(name=the basename of `file`) as find_files_file_basename",
    ]


def test_an_argument_is_bound_only_to_a_value_of_its_type() -> None:
    count = Parameter(name="count", types=("integer",), required=True)
    assert found(reading("get_lines", count)) == []
    assert found(reading("get_lines", count), file="a", size=3) == [
        "get_lines(count=`size`) as get_lines_size"
    ]
    flag = Parameter(name="count", types=("number",), required=True)
    assert found(reading("get_lines", flag), file="a", deep=True) == []


def test_the_choices_of_a_parameter_are_all_asked_for() -> None:
    what = Parameter(name="what", types=("integer",), required=True, choices=(1, 2))
    assert found(reading("get_state", what)) == [
        "get_state(what=1) as get_state_1",
        "get_state(what=2) as get_state_2",
    ]


def test_an_argument_that_is_not_needed_is_left_out_or_taken_from_the_call() -> None:
    deep = Parameter(name="deep", types=("boolean",), choices=(True, False))
    assert found(reading("list_here", deep)) == ["list_here() as list_here"]


def test_looks_are_bounded_for_a_tool_and_in_all_and_the_plainest_come_first() -> None:
    choices = Parameter(name="w", types=("string",), required=True, choices=tuple("abcdefgh"))
    wide = [
        reading(f"get_{n}", choices, Parameter(name="v", required=True, choices=tuple("abcdefgh")))
        for n in range(40)
    ]
    made = found(*wide, reading("zz_get"), reading("list_all"))
    assert len(made) == MOST_LOOKS
    assert made[0] == "list_all() as list_all"
    assert sum("get_1(" in one for one in made) == A_TOOL


def test_two_looks_with_one_tool_have_two_names() -> None:
    def named(*arguments: Sequence[object]) -> str:
        return name_of("get-State", arguments)  # type: ignore[arg-type]

    assert named(("what", literal("fuel"))) == "get_state_fuel"
    assert named(("what", literal("doors"))) == "get_state_doors"
    assert named(("what", Read(source=Source.BLAMED))) == "get_state_blamed"
    assert named() == "get_state"
