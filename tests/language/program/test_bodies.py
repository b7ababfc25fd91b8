"""Programs as data, and in a reader's words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.language import document
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, argument
from failonce.language.program import MAX_CALLS, Program, Step, dump_program, load_program
from failonce.model import Json
from tests.drawn import programs, values
from tests.language.program.made import ITEM, look, step


@settings(deadline=None)
@given(programs())
def test_a_program_survives_the_trip_through_a_body(program: Program) -> None:
    body = dump_program(program)
    assert load_program(body) == program
    written = document.dump(body)
    if len(written.encode()) <= document.MAX_BYTES:
        again = load_program(document.load(written))
        assert again == program
        assert document.dump(dump_program(again)) == written


@given(st.dictionaries(st.sampled_from(["looks", "when", "steps", "arguments"]), values))
def test_any_data_is_a_program_or_an_error_of_ours(parts: dict[str, Json]) -> None:
    try:
        load_program(parts)
    except BadInput as refused:
        assert str(refused)  # noqa: PT017 - any error but ours fails the test


TOUCH: dict[str, Json] = {"call": "touch"}


HERE: dict[str, Json] = {"call": "ls", "as": "here"}


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"looks": "ls"}, "`looks` must be a list"),
        ({"steps": {"call": "ls"}}, "`steps` must be a list"),
        ({"when": None}, "`when` must be a list"),
        ({"leave_out": "path"}, "`leave_out` must be a list"),
        ({"leave_out": [1]}, "`leave_out` must be a list of names"),
        ({"arguments": ["path"]}, "`arguments` must be names"),
        ({"arguments": {"path": "a"}}, "An expression is a mapping"),
        ({"steps": ["touch"]}, "A step needs `call`"),
        ({"steps": [{}]}, "A step needs `call`"),
        ({"steps": [{"call": ""}]}, "A step needs `call`"),
        ({"steps": [{"call": 1}]}, "A step needs `call`"),
        ({"steps": [{**TOUCH, "shell": "rm"}]}, "A step has no `shell`; it takes: arguments, as"),
        ({"steps": [{**TOUCH, "as": "x"}]}, "Only a look has a name"),
        ({"steps": [{**TOUCH, "undo": TOUCH, "back": TOUCH}]}, "`undo` or `back`, not both"),
        ({"steps": [{**TOUCH, "undo": None}]}, "A step needs `call`"),
        ({"steps": [{**TOUCH, "back": None}]}, "A step needs `call`"),
        ({"steps": [{**TOUCH, "undo": "rm"}]}, "A step needs `call`"),
        ({"steps": [{**TOUCH, "undo": {**TOUCH, "undo": TOUCH}}]}, "A step has no `undo`"),
        ({"steps": [{**TOUCH, "undo": {**TOUCH, "each": {"value": []}}}]}, "A step has no `each`"),
        ({"steps": [{**TOUCH, "each": None}]}, "An expression is a mapping"),
        ({"steps": [{**TOUCH, "each": {"item": True}}]}, "`item` stands only in a step with"),
        ({"steps": [{**TOUCH, "arguments": {"f": {"item": True}}}]}, "`item` stands only"),
        ({"arguments": {"f": {"item": True}}}, "`item` stands only in a step with"),
        ({"when": [{"of": {"item": True}, "is": "empty"}]}, "`item` stands only in a step with"),
        ({"looks": [TOUCH]}, "A look has a name"),
        ({"looks": [{**TOUCH, "as": ""}]}, "`as` must be a name"),
        ({"looks": [{**TOUCH, "as": 1}]}, "`as` must be a name"),
        ({"looks": [{**HERE, "each": {"value": [1]}}]}, "neither `each` nor `undo`"),
        ({"looks": [{**HERE, "undo": TOUCH}]}, "neither `each` nor `undo`"),
        ({"looks": [HERE, HERE]}, "Two looks have the same name"),
        ({"arguments": {"f": {"result": "here"}}}, "No look before it is called `here`"),
        (
            {"looks": [{**HERE, "arguments": {"f": {"result": "here"}}}]},
            "No look before it is called `here`",
        ),
        (
            {"looks": [{**HERE, "arguments": {"f": {"result": "b"}}}, {"call": "ls", "as": "b"}]},
            "No look before it is called `b`",
        ),
        ({"steps": [TOUCH] * (MAX_CALLS + 1)}, "at most 12 calls"),
        ({"looks": [HERE], "steps": [TOUCH] * MAX_CALLS}, "at most 12 calls"),
    ],
)
def test_what_is_no_program_is_refused_in_words(parts: dict[str, Json], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        load_program(parts)


def test_in_a_readers_words() -> None:
    program = Program(
        looks=(look("ls", "here"),),
        when=(Comparison(left=Read(source=Source.RESULT, name="here"), relation=Relation.EMPTY),),
        steps=(
            Step(
                tool="cd",
                arguments=(("folder", ITEM),),
                each=argument("path", "folders"),
                undo=Step(tool="up"),
                back=True,
            ),
            step("touch", "x", undo="rm"),
        ),
        arguments=(("path", argument("path", "basename")),),
        leave_out=("mode",),
    )
    assert str(program) == (
        "look at ls() as here; only if here is empty; "
        "call cd(folder=each) for each of the folders of `path`; "
        'call touch(a0="x"); '
        "then the call with path = the basename of `path`, no `mode`; "
        "then back with up"
    )
    assert program.tools == ("ls", "cd", "up", "touch", "rm")
    assert program.acts
    assert not program.needs_error
