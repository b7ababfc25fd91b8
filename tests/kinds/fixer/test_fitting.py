"""Fixers that make names and arguments fit what the tools say of themselves."""

import pytest

from failonce.errors import BadInput
from failonce.kinds import fixer
from failonce.kinds.behaviour import ANY_TOOL, Repair, Situation
from failonce.kinds.fixer import Fit, FittingFixer
from failonce.model import Args, Call, Category, Failure, Parameter, ToolSpec

SPEC = ToolSpec(
    name="read_file",
    parameters=(
        Parameter(name="file_path", types=("string",), required=True),
        Parameter(name="limit", types=("integer",)),
    ),
    closed=True,
    digest="d",
)
TOOLS = {"read_file": SPEC, "list_files": ToolSpec(name="list_files", digest="d")}
NAMES = FittingFixer(component=ANY_TOOL, fit=Fit.NAMES)
SCHEMA = FittingFixer(component="read_file", fit=Fit.SCHEMA)
GONE = Failure(message="no such tool", signature="f", category=Category.MISSING_TOOL)


def asked(tool: str, args: Args | None = None, *, known: bool = True) -> Situation:
    return Situation(call=Call(tool=tool, args=args), tools=TOOLS if known else {})


@pytest.mark.parametrize("body", [NAMES, SCHEMA])
def test_a_body_reads_back_to_the_same_value_and_bytes(body: FittingFixer) -> None:
    again = fixer.parse(body.render(), "another target")
    assert again == body
    assert again.render() == body.render()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("match: {component: a}\naction: {type: fit}\n", "`type` is one of"),
        ("match: {component: a, when: before}\naction: {type: fit_schema}\n", "has no `when`"),
        ("match: {component: [a]}\naction: {type: fit_schema}\n", "`component` must be a text"),
        ("match: {}\naction: {type: fit_schema, steps: []}\n", "`action` has no `steps`"),
        ("match: {}\naction: {type: fit_schema}\nmore: 1\n", "`fixer` has no `more`"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(body: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        fixer.parse(body, "read_file")
    with pytest.raises(BadInput):
        FittingFixer.parse(body, "read_file")


def test_it_is_about_its_target_where_the_body_names_none() -> None:
    body = "match: {}\naction: {type: correct_names}\n"
    assert fixer.parse(body, "x") == FittingFixer(component="x", fit=Fit.NAMES)


def test_a_name_that_is_nearly_right_becomes_the_right_one() -> None:
    args = {"file_path": "a"}
    assert NAMES.before(asked("readFile", args)) == Repair(
        args=args, tool="read_file", message="There is no such tool; ran `read_file`."
    )
    assert NAMES.before(asked("read_file", args)) is None
    assert NAMES.before(asked("delete_file", args)) is None
    assert NAMES.before(asked("readFile", args, known=False)) is None


def test_arguments_are_made_to_fit_the_schema() -> None:
    effect = SCHEMA.before(asked("read_file", {"filePath": "a", "limit": "3"}))
    assert isinstance(effect, Repair)
    assert effect.args == {"file_path": "a", "limit": 3}
    assert effect.tool == ""
    assert effect.message.startswith("Arguments made to fit: ")
    assert SCHEMA.before(asked("read_file", {"file_path": "a"})) is None
    assert SCHEMA.before(asked("list_files", {"filePath": "a"})) is None
    assert SCHEMA.before(asked("unheard_of", {"filePath": "a"})) is None


def test_it_is_done_before_the_call_or_not_at_all() -> None:
    assert NAMES.after(asked("readFile"), GONE) is None
    assert SCHEMA.after(asked("read_file", {"filePath": "a"}), GONE) is None
    assert NAMES.under({"f": "g"}) is NAMES


def test_a_list_says_what_it_does() -> None:
    assert NAMES.summary() == (
        "where any tool is called by a name that is nearly right, use the right one"
    )
    assert SCHEMA.summary() == (
        "make the arguments of `read_file` fit its schema, where they can mean one thing only"
    )
