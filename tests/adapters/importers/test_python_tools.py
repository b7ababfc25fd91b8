"""Tools as Python source text has them: what counts, what is read, and what is refused."""

import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.importers.python_tools import LONG_AGO, LONGEST, LeftOut, Why, read_tools
from failonce.errors import BadInput
from failonce.model import Offer, Parameter, Reject, ToolSpec
from tests.adapters.importers.conftest import source


def everything(text: str | bytes) -> list[Offer | Reject | LeftOut]:
    return list(read_tools(source(text), "box/a.py"))


def specs(text: str | bytes) -> list[ToolSpec]:
    found = [x for x in everything(text) if not isinstance(x, LeftOut)]
    assert all(isinstance(x, Offer) for x in found), found
    return [x.spec for x in found if isinstance(x, Offer)]


def spec(text: str) -> ToolSpec:
    (found,) = specs(text)
    return found


def names(text: str) -> list[str]:
    return [s.name for s in specs(text)]


def left(text: str) -> list[tuple[str, Why]]:
    return [(x.name, x.why) for x in everything(text) if isinstance(x, LeftOut)]


def reasons(text: str) -> list[str]:
    return [x.reason for x in everything(text) if isinstance(x, Reject)]


SPEED = '''"""Networks."""
from typing import Literal, Optional

def speed_test(server: str, unit: Literal["mbit", "mb"] = "mbit", *, tries: Optional[int] = None):
    """Measure the speed
    of the wifi.

    Args:
        server: where
    """
'''


def test_a_function_says_its_name_what_it_takes_and_what_it_is_for() -> None:
    (offer,) = everything(SPEED)
    assert isinstance(offer, Offer)
    assert offer.at == LONG_AGO, "whatever a tool says of itself is newer"
    said = offer.spec
    assert (said.name, said.code) == ("speed_test", "box/a.py")
    assert said.description == "Measure the speed of the wifi."
    assert said.closed, "Python refuses an argument too many"
    assert said.parameters == (
        Parameter(name="server", types=("string",), required=True),
        Parameter(name="unit", types=("string",), choices=("mbit", "mb")),
        Parameter(name="tries", types=("integer", "null")),
    )


def test_wording_is_no_part_of_the_schema_and_a_default_is() -> None:
    digest = spec(SPEED).digest
    assert digest
    assert spec(SPEED.replace("wifi", "network")).digest == digest
    assert spec(SPEED.replace('= "mbit"', '= "mb"')).digest != digest
    assert spec(SPEED.replace("server: str", "server: int")).digest != digest


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a", Parameter(name="a", required=True)),
        ("a: Path", Parameter(name="a", required=True)),
        ("a: int = None", Parameter(name="a", types=("integer", "null"))),
        ("a: Literal[1] = None", Parameter(name="a", types=("integer", "null"), choices=(1, None))),
        ("a=compute()", Parameter(name="a")),
        ("a, /", Parameter(name="a", required=True)),
        ("a: int = Field(ge=1)", Parameter(name="a", types=("integer",), required=True)),
        ("a: int = Field(..., ge=1)", Parameter(name="a", types=("integer",), required=True)),
        ("a: int = Field(default=3)", Parameter(name="a", types=("integer",))),
        ("a: int = pydantic.Field(3)", Parameter(name="a", types=("integer",))),
        ("a: list = Field(default_factory=list)", Parameter(name="a", types=("array",))),
        ("a: Annotated[int, Field(ge=1)]", Parameter(name="a", types=("integer",), required=True)),
    ],
)  # fmt: skip
def test_a_parameter_as_it_is_written(given: str, expected: Parameter) -> None:
    assert spec(f"def f({given}): pass").parameters == (expected,)


def test_what_cannot_be_named_is_not_asked_and_opens_the_schema() -> None:
    found = spec("def f(a, *rest, **more): pass")
    assert [p.name for p in found.parameters] == ["a"]
    assert not found.closed


@pytest.mark.parametrize(
    "given",
    [
        "ctx: Context",
        "ctx: RunContext[Deps]",
        "ctx: 'agents.RunContextWrapper[str]'",
        "ctx: Context | None = None",
        "ctx: Annotated[str, InjectedToolArg]",
        "ctx: Annotated[dict, InjectedState('x')]",
        "ctx=Depends(get)",
    ],
)
def test_what_a_framework_hands_over_is_not_asked_of_a_caller(given: str) -> None:
    assert [p.name for p in spec(f"@tool\ndef f(*, {given}, a: int): pass").parameters] == ["a"]


# ------------------------------------------------------------ what counts


def test_public_functions_count_where_none_is_marked() -> None:
    text = """
def one(): pass
async def two(): pass
def _helper(): pass
def main(): pass
class Box:
    def three(self): pass
class Empty(Exception):
    '''Nothing in it.'''
if True:
    def four():
        def inner(): pass
try:
    def five(): pass
except ImportError:
    def five(): pass
lambda: 1
"""
    assert names(text) == ["one", "two", "four", "five"]
    assert left(text) == [("_helper", Why.PRIVATE), ("main", Why.MAIN), ("Box", Why.CLASS)]


def test_a_module_that_lists_its_names_means_them() -> None:
    text = "__all__ = ['one', '_two']\ndef one(): pass\ndef _two(): pass\ndef three(): pass\n"
    assert names(text) == ["one", "_two"]
    assert left(text) == [("three", Why.UNLISTED)]
    assert names("__all__ = [n for n in x]\ndef one(): pass\n") == ["one"]


@pytest.mark.parametrize(
    "mark",
    ["@tool", "@tool()", "@mcp.tool()", "@function_tool", "@agent.tool_plain(retries=2)",
     "@kernel_function", "@toolset.tool", "@make(1).tool", "@failonce.watch"],
)  # fmt: skip
def test_where_some_are_marked_these_are_the_tools(mark: str) -> None:
    text = f"def load(): pass\n{mark}\ndef one(): pass\ndef _save(): pass\n"
    assert names(text) == ["one"]
    assert left(text) == [("load", Why.UNMARKED), ("_save", Why.PRIVATE)]


@pytest.mark.parametrize("mark", ["@log_tool_call", "@tool_test('x')", "@watch", "@cached"])
def test_what_only_speaks_of_tools_marks_none(mark: str) -> None:
    assert names(f"{mark}\ndef one(): pass\ndef two(): pass\n") == ["one", "two"]


def test_our_own_mark_is_known_by_where_it_comes_from() -> None:
    text = "from failonce import watch\n@watch(tool='a.b', read_only=True)\ndef one(): pass\n"
    found = spec(text + "def two(): pass\n")
    assert (found.name, found.read_only, found.closed) == ("a.b", True, True)


def test_marked_tools_are_found_wherever_they_stand() -> None:
    text = """
def register(mcp):
    @mcp.tool()
    async def search(query: str): "Searches."
class Plugin:
    @kernel_function(name="count_words", description="Counts words.")
    def count(self, text: str): pass
    @staticmethod
    @tool
    def add(a: int): pass
    def helper(self): pass
"""
    search, count, add = specs(text)
    assert (search.name, search.description) == ("search", "Searches.")
    assert (count.name, count.description) == ("count_words", "Counts words.")
    assert [p.name for p in count.parameters] == ["text"]
    assert [p.name for p in add.parameters] == ["a"]
    assert not search.closed, "what a framework does with more is not known"


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        ('@tool("web search")', "web search"),
        ('@mcp.tool(name="find")', "find"),
        ('@function_tool(name_override="find")', "find"),
        ("@mcp.tool(name=None)", "one"),
        ("@tool(parse=True)", "one"),
        ("@register_tool(registry)", "one"),
    ],
)
def test_a_mark_may_name_the_tool(mark: str, name: str) -> None:
    assert names(f"{mark}\ndef one(): pass\n") == [name]


def test_a_name_that_is_worked_out_is_told_and_not_guessed() -> None:
    text = "@tool(name=PREFIX + 'x')\ndef one(): pass\n@tool\ndef two(): pass\n"
    assert [x.spec.name for x in everything(text) if isinstance(x, Offer)] == ["two"]
    assert reasons(text) == [
        "tool 'one': its name is not written there, it is worked out when it runs"
    ]


@pytest.mark.parametrize(
    "hints",
    ["{'readOnlyHint': True, 'x': y}", "{'readOnlyHint': True}", "Hints(readOnlyHint=True)"],
)
def test_claims_of_a_mark_are_read_where_they_are_written(hints: str) -> None:
    found = spec(f"@mcp.tool(annotations={hints})\ndef one(): pass\n")
    assert found.read_only is (None if "x" in hints else True)


def test_the_module_speaks_for_its_only_tool() -> None:
    assert spec('"""Weighs apples."""\ndef one(): pass\n').description == "Weighs apples."
    assert [s.description for s in specs('"""All."""\ndef a(): pass\ndef b(): pass\n')] == ["", ""]


def test_of_two_of_one_name_the_last_counts_and_it_is_told() -> None:
    text = "def one(a): pass\ndef two(): pass\ndef one(b): pass\n"
    assert reasons(text) == ["tool 'one' stands there twice; the last one counts"]
    (one,) = [x.spec for x in everything(text) if isinstance(x, Offer) and x.spec.name == "one"]
    assert [p.name for p in one.parameters] == ["b"]


def test_stubs_of_overloads_are_no_tools_of_their_own() -> None:
    text = "@overload\ndef f(a: int): ...\n@typing.overload\ndef f(a: str): ...\ndef f(a): pass\n"
    assert len(specs(text)) == 1


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '@tool\ndef f():\n    "Do\u200b it."',
            "description holds characters that nobody sees: U+200B",
        ),
        ("@tool\ndef f\u3164(): pass", "name holds characters that nobody sees: U+1160"),
        ("@tool\ndef f(a\u3164): pass", "parameter's name holds characters that nobody sees"),
        ("@tool('a\\u202eb')\ndef f(): pass", "name holds characters that nobody sees: U+202E"),
        (f"@tool\ndef {'f' * 201}(): pass", "name is long"),
        (
            f"@tool\ndef f({', '.join(f'a{n}' for n in range(501))}): pass",
            "more than 500 parameters",
        ),
    ],
)
def test_a_tool_that_is_not_to_be_trusted_is_refused_alone(text: str, why: str) -> None:
    found = everything(f"@tool\ndef fine(): pass\n{text}")
    (refused,) = [x for x in found if isinstance(x, Reject)]
    assert why in refused.reason
    assert refused.line >= 3
    assert [x.spec.name for x in found if isinstance(x, Offer)] == ["fine"]


@pytest.mark.parametrize(
    "text",
    [b"def f(:", b"\0", "x = '\ud800'".encode("utf-8", "surrogatepass"), b"\x80\x81",
     b"def f(): pass\n" * (LONGEST // 14 + 1), b"-" * 60_000 + b"1", b"\x7fELF\x01"],
    ids=["syntax", "zero", "surrogate", "bytes", "long", "deep", "binary"],
)  # fmt: skip
def test_what_is_no_python_is_refused_as_a_whole(text: bytes) -> None:
    with pytest.raises(BadInput):
        everything(text)


def test_an_old_coding_is_read_as_python_reads_it() -> None:
    text = "# -*- coding: latin-1 -*-\ndef f():\n    'Gr\u00fc\u00dfe.'\n".encode("latin-1")
    assert specs(text)[0].description == "Gr\u00fc\u00dfe."


def test_a_long_description_is_cut() -> None:
    assert len(spec(f'def f():\n    "{"word " * 1000}"\n').description) <= 2000


def test_nothing_is_run_or_imported(tmp_path: Path) -> None:
    """Not the module, a decorator, a default, an annotation, a base class, nor a string."""
    bait = tmp_path / "ran"
    run = f"__import__('pathlib').Path({str(bait)!r}).write_text('ran')"
    quoted = repr(run)
    text = f"""
{run}
import this_module_does_not_exist_anywhere
@mcp.tool(name=({run}) and 'x', description={run}, annotations={{'readOnlyHint': {run}}})
def one(a: {run}, b: {quoted}, c: Literal[{run}], d={run}, e: Annotated[int, {run}] = {run}): pass
@({run}, tool)[1]
def two(): pass
class Three({run}):
    {run}
    @tool
    def four(self, a=({run})): pass
__all__ = {run}
raise SystemExit(3)
"""
    before = set(sys.modules)
    everything(text)
    everything(text.replace("@mcp.tool(", "@other("))
    assert not bait.exists()
    assert set(sys.modules) - before <= {"encodings.ascii"}
    with pytest.raises(ModuleNotFoundError):
        exec(text, {"mcp": None})  # noqa: S102 - what an import would do
    assert bait.exists(), "the bait works"


def test_warnings_of_its_author_are_not_ours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert names("def f():\n    '\\d'\n    return 1 is 1\n") == ["f"]


@given(st.text(alphabet="def f(a:int=1)\n @tool'\"#,*/[]|", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = everything(text)
    except BadInput:
        return
    assert all(isinstance(x, Offer | Reject | LeftOut) for x in found)
