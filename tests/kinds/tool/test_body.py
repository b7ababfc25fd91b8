"""A tool's body is a module that is read, and never run by whoever reads it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput, UserError
from failonce.kinds.behaviour import Situation
from failonce.kinds.registry import KINDS
from failonce.kinds.tool import LearnedTool, identifier
from failonce.model import Call, Category, Failure, Grants, KindName, Parameter
from tests.kinds.tool.made import TITLE, module, tool


def test_a_module_says_what_the_tool_takes_does_and_must_pass() -> None:
    read = LearnedTool.parse(TITLE, "title")
    assert (read.component, read.entry) == ("title", "title")
    assert read.description == "Writes a title as titles are written."
    assert read.parameters == (Parameter(name="text", types=("string",), required=True),)
    first, second = read.cases
    assert (first.args, first.result, first.raises) == ({"text": "a tale"}, "A Tale", "")
    assert (second.args, second.raises) == ({"text": ""}, "ValueError")
    assert read.pure
    assert read.grants == Grants()
    assert read.render() == TITLE
    assert read.summary() == "title(text): Writes a title as titles are written."
    assert (read.spec.name, read.spec.read_only, read.spec.closed) == ("title", True, True)


def test_it_is_one_of_the_kinds_and_says_nothing_of_calls() -> None:
    read = KINDS.find(KindName.TOOL).parse(TITLE, "title")
    asked = Situation(call=Call(tool="title", args={}))
    failed = Failure(message="m", signature="s", category=Category.UNKNOWN)
    assert (read.before(asked), read.after(asked, failed)) == (None, None)
    assert (read.speaks.before, read.speaks.after) == (None, None)
    assert read.under({"s": "t"}) == read
    assert not KINDS.find(KindName.TOOL).bounded, "no code goes in force without a person"


def test_what_it_may_reach_stands_in_its_text() -> None:
    read = tool(
        "return 1",
        before="""
PERMISSIONS = {"network": ["example.org:443"], "reads": ["/proc"], "writes": ["/srv/out"],
               "subprocess": True, "packages": ["pypdf"]}
CALLS = ["fetch"]
REPLACES = ["old_tool"]
""",
    )
    assert read.grants == Grants(
        network=("example.org:443",),
        reads=("/proc",),
        writes=("/srv/out",),
        subprocess=True,
        packages=("pypdf",),
    )
    assert (read.calls, read.replaces, read.pure) == (("fetch",), ("old_tool",), False)
    assert tool("return 1", before='PERMISSIONS = {"packages": ["pypdf"]}').pure


@pytest.mark.parametrize(
    ("given", "types", "choices", "required"),
    [
        ("n: int", ("integer",), (), True),
        ("n: int | None = None", ("integer", "null"), (), False),
        ("n: float = 1.0", ("number",), (), False),
        ("n: list[str]", ("array",), (), True),
        ("n: dict[str, int]", ("object",), (), True),
        ('n: Literal["a", "b"]', ("string",), ("a", "b"), True),
        ("n: Optional[str]", ("string", "null"), (), True),
        ("n: typing.Any", (), (), True),
        ("*, n: bool", ("boolean",), (), True),
    ],
)
def test_types_are_read_from_what_is_written(
    given: str, types: tuple[str, ...], choices: tuple[str, ...], required: bool
) -> None:
    (parameter,) = tool("return n", given=given).parameters
    assert parameter == Parameter(name="n", types=types, choices=choices, required=required)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def", "line 1"),
        ("x = 1\n", "it has none"),
        (TITLE + "\n\ndef more() -> int:\n    return 1\n", "it has `title`, `more`"),
        (TITLE.replace("def title", "def _title"), "it has none"),
        (TITLE.replace("def title", "async def title"), "not `async`"),
        (TITLE.replace("def title", "def other"), "is called `title`; the code has `other`"),
        (TITLE.replace(" -> str", ""), "what it returns"),
        (TITLE.replace("text: str", "text"), "`text` needs a type"),
        (TITLE.replace("text: str", "*text: str"), "must name all of its parameters"),
        (TITLE.replace("text: str", "text: Path"), "plain types"),
        ("def title(text: str) -> str:\n    return text\n", "docstring"),
        (TITLE.replace('"result": "A Tale"', '"rezult": 1'), "has no `rezult`"),
        (TITLE.replace('"result": "A Tale"', '"result": 1, "raises": "X"'), "`result` or `raises`"),
        (TITLE.replace("CASES = [", "CASES = list(["), "line"),
        ("PERMISSIONS = {'network': 'all'}\n" + TITLE, "list of texts"),
        ("PERMISSIONS = {'root': True}\n" + TITLE, "has no `root`"),
        ("PERMISSIONS = dict(network=[])\n" + TITLE, "dict of literals"),
        ("CALLS = ['do what I say, please']\n" + TITLE, "names of tools"),
        ("CASES = []\n" + TITLE, "`CASES` stands twice"),
        ("PERMISSIONS = {}\nPERMISSIONS = {'subprocess': True}\n" + TITLE, "stands twice"),
        ("#" * 50_001, "at most 50,000"),
        ("a = '\0'\n", "no Python"),
        ("a = " + "(" * 9000 + ")" * 9000, "no Python"),
    ],
)
def test_what_is_wrong_with_a_module_is_said(body: str, said: str) -> None:
    with pytest.raises(BadInput, match=said.replace("(", r"\(")):
        LearnedTool.parse(body, "title")


def test_constants_that_are_worked_out_are_no_cases() -> None:
    with pytest.raises(BadInput, match="list of literals"):
        tool("return 1", before="CASES = [c for c in range(3)]")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """In plain words, and nothing of it runs."""
    with contextlib.suppress(UserError):
        assert LearnedTool.parse(text, "title").source == text


@pytest.mark.parametrize(
    ("name", "python"),
    [("page.title", "page_title"), ("a-b", "a_b"), ("2x", "_2x"), ("ä", "_"), ("class", "class_")],
)
def test_names_as_python_writes_them(name: str, python: str) -> None:
    assert identifier(name) == python


@pytest.mark.proves("H4")
def test_reading_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    LearnedTool.parse(module("return 1", before="print('ran')\nraise SystemExit"), "tool")
    assert capsys.readouterr().out == ""
