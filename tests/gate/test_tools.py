"""Tools are tried in the sandbox, against cases that stay outside."""

from pathlib import Path
from typing import Any

import pytest

from failonce.gate.judge import Case, judge
from failonce.gate.sandboxed import level
from failonce.gate.tools import MADE_UP, Example, Trying, made_up, same, tried
from failonce.kinds.tool import DeclaredCase, Inner, LearnedTool
from failonce.model import (
    Barrier,
    CheckResult,
    Ending,
    Enforced,
    Grants,
    Job,
    Judgement,
    KindName,
    Limits,
    Parameter,
    Power,
    Ran,
    Ruling,
    Safety,
    Strength,
)
from failonce.ports import Sandbox
from failonce.skill import decide
from tests.kinds.tool.made import TITLE, module
from tests.made import proposal
from tests.sandboxed import the_sandbox

QUICK = Limits(seconds=1.0)


def read(code: str, *, before: str = "", given: str = "") -> LearnedTool:
    return LearnedTool.parse(module(code, before=before, given=given), "tool")


def answers(
    tool: LearnedTool, *examples: Example, allowed: Grants | None = None
) -> dict[str, CheckResult]:
    trying = Trying(
        sandbox=the_sandbox(), examples=examples, allowed=allowed or Grants(), limits=QUICK
    )
    return {c.name: c for c in tried(tool, trying)[0]}


def judged(source: str, name: str = "title", *examples: Example) -> Judgement:
    case = Case(
        calls=(),
        recoveries={},
        trying=Trying(sandbox=the_sandbox(), examples=examples, limits=QUICK),
    )
    return judge(proposal(KindName.TOOL, target=name, body=source), case, decide)


def example(cluster: str, text: str, result: str, *, new: bool = True) -> Example:
    return Example(case=DeclaredCase(args={"text": text}, result=result), cluster=cluster, new=new)


def test_a_tool_that_does_what_it_says_waits_for_a_person() -> None:
    found = judged(TITLE)
    assert found.ruling is Ruling.HOLD
    assert {c.name for c in found.checks if not c.passed} == {"recorded", "read"}
    assert "all 2 declared cases pass" in found.proof.line
    assert found.proof.power is Power.UNDERPOWERED


def test_recorded_calls_that_its_author_never_saw_prove_it() -> None:
    seen = [example(f"s{n}", f"tale {n}", f"Tale {n}") for n in range(8)]
    found = judged(TITLE, "title", *seen)
    assert found.proof.power is Power.PASS
    assert (found.proof.wins, found.proof.losses) == (8, 0)
    assert found.ruling is Ruling.HOLD, "somebody must have read the code"
    assert "8 of 8 recorded calls came to the same" in found.proof.line


def test_one_recorded_call_that_comes_to_something_else_refuses_it() -> None:
    seen = [example(f"s{n}", f"tale {n}", f"Tale {n}") for n in range(8)]
    found = judged(TITLE, "title", *seen, example("s9", "the end", "The end"))
    assert found.ruling is Ruling.REJECT
    assert '"The End" instead of "The end"' in "; ".join(found.reasons)


@pytest.mark.parametrize(
    ("code", "before", "said"),
    [
        ("return 2", 'CASES = [{"result": 1}]', "it answered 2 instead of 1"),
        ("return True", 'CASES = [{"result": 1}]', "it answered true instead of 1"),
        ("raise KeyError('x')", 'CASES = [{"result": 1}]', "it raised KeyError"),
        ("return 1", 'CASES = [{"raises": "ValueError"}]', "instead of ValueError"),
        ("raise KeyError", 'CASES = [{"raises": "ValueError"}]', "it raised KeyError instead of"),
        ("while True: pass", 'CASES = [{"result": 1}]', "it took longer than it may"),
        ("import os\nos._exit(0)", 'CASES = [{"result": 1}]', "it ended without an answer"),
        ("return 1", "", "it declares no case"),
        ("return 1", "CASES = []", "it declares no case"),
    ],
)
def test_what_does_not_pass_its_own_cases_is_refused(code: str, before: str, said: str) -> None:
    check = answers(read(code, before=before))["cases"]
    assert not check.passed
    assert check.fatal
    assert said in check.detail


def test_an_answer_that_changes_by_itself_is_told() -> None:
    code = "import random\nreturn random.random() < 2 and random.random()"
    check = answers(read(code, before='CASES = [{"result": 1}]'))["steady"]
    assert not check.passed
    assert "and then to" in check.detail


@pytest.mark.parametrize(
    ("code", "passed", "fatal"),
    [
        ("return text.title()", True, False),
        ("if not text: raise ValueError('empty')\nreturn text", True, False),
        ("return text[0]", False, False),
        ("if '..' in text:\n    while True: pass\nreturn text", False, True),
    ],
)
def test_it_is_tried_on_what_its_types_allow(code: str, passed: bool, fatal: bool) -> None:
    tool = read(
        code, before='CASES = [{"arguments": {"text": "a"}, "result": "a"}]', given="text: str"
    )
    check = answers(tool)["total"]
    assert (check.passed, check.fatal) == (passed, fatal), check.detail


def test_before_anybody_read_it_it_has_no_more_than_the_operator_allows(tmp_path: Path) -> None:
    file = tmp_path / "word"
    file.write_text("lent")
    before = f"""
PERMISSIONS = {{"reads": [{str(file)!r}], "network": ["example.org"]}}
CASES = [{{"result": "lent"}}]
"""
    tool = read(f"return open({str(file)!r}).read()", before=before)
    without, with_ = answers(tool), answers(tool, allowed=Grants(reads=(str(file),)))
    assert not without["cases"].passed
    assert with_["cases"].passed, with_["cases"].detail
    assert not with_["reach"].passed
    assert "network example.org" in with_["reach"].detail


def test_calls_of_other_tools_are_answered_from_the_case() -> None:
    before = """CALLS = ["fetch"]
CASES = [
    {
        "arguments": {"url": "u"},
        "answers": [{"tool": "fetch", "arguments": {"url": "u"}, "answer": "page"}],
        "result": "PAGE",
    }
]
"""
    tool = read('return call("fetch", url=url).upper()', before=before, given="url: str")
    found = answers(tool)
    assert found["cases"].passed, found["cases"].detail
    assert "not tried on made-up values" in found["total"].detail
    other = read('return call("fetch", url=url + "x").upper()', before=before, given="url: str")
    assert "it called fetch" in answers(other)["cases"].detail
    failing = LearnedTool.parse(
        module(
            'try:\n    return call("fetch", url=url)\n'
            "except CallFailed as error:\n    return str(error)",
            before='CALLS = ["fetch"]\nCASES = [{"result": ""}]',
            given="url: str",
        ),
        "tool",
    )
    lost = DeclaredCase(
        args={"url": "u"},
        answers=(Inner(tool="fetch", args={"url": "u"}, error="no such host"),),
        result="no such host",
    )
    assert answers(failing, Example(case=lost, cluster="s"))["recorded"].passed


class Absent:
    """A sandbox that does not hold; it runs nothing."""

    def run(self, job: Job, answer: object = None) -> Ran:  # noqa: ARG002
        raise AssertionError("it was run")

    def barriers(self) -> list[Enforced]:
        return [Enforced(what=Barrier.NETWORK, how=Strength.ABSENT, why="bubblewrap is missing")]


@pytest.mark.parametrize("sandbox", [Absent(), None])
def test_without_a_sandbox_it_is_refused_and_not_run(sandbox: Sandbox | None) -> None:
    trying = None if sandbox is None else Trying(sandbox=sandbox)
    case = Case(calls=(), recoveries={}, trying=trying)
    found = judge(proposal(KindName.TOOL, target="title", body=TITLE), case, decide)
    assert found.ruling is Ruling.REJECT
    assert "failonce doctor" in "; ".join(found.reasons)
    assert "Not tried" in found.proof.line


def test_made_up_arguments_are_of_the_declared_types_and_the_same_each_time() -> None:
    parameters = (
        Parameter(name="a", types=("string",), required=True),
        Parameter(name="b", types=("integer", "null")),
        Parameter(name="c", choices=("x", "y"), required=True),
    )
    once, again = list(made_up(parameters)), list(made_up(parameters))
    assert once == again
    assert len(once) == MADE_UP
    assert all(isinstance(a["a"], str) and a["c"] in ("x", "y") for a in once)
    assert {type(a["b"]) for a in once if "b" in a} == {int, type(None)}
    assert any("b" not in a for a in once)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([1, {"a": None}], [1.0, {"a": None}], True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ("1", 1, False),
        ([1], [1, 2], False),
        (None, False, False),
    ],
)
def test_values_are_compared_as_json(one: object, other: object, is_same: bool) -> None:
    assert same(one, other) is is_same  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", [e for e in Ending if e not in (Ending.RETURNED, Ending.RAISED)])
def test_how_a_run_ended_is_said_for_what_it_is(ending: Ending) -> None:
    """A limit is no exception of the code."""

    class Ends:
        def run(self, job: Job, answer: object = None) -> Ran:  # noqa: ARG002
            return Ran(ending=ending, error="why")

        def barriers(self) -> list[Enforced]:
            return [Enforced(what=Barrier.TIME, how=Strength.ENFORCED)]

    tool = read("return 1", before='CASES = [{"result": 1}]')
    found = {c.name: c.detail for c in tried(tool, Trying(sandbox=Ends()))[0]}
    assert "raised" not in found["cases"]
    assert found["cases"].endswith("(why)")


@pytest.mark.proves("H22")
@pytest.mark.parametrize(
    ("grants", "needs"),
    [
        ({}, Safety.NOTHING),
        ({"packages": ("pdf",)}, Safety.NOTHING),
        ({"reads": ("/srv",)}, Safety.READING),
        ({"reads": ("/srv",), "network": ("a.b",)}, Safety.NETWORK),
        ({"writes": ("/srv",)}, Safety.CHANGING),
        ({"subprocess": True}, Safety.CHANGING),
    ],
)
def test_code_is_granted_no_more_than_the_operator_lets_anybody_grant(
    grants: dict[str, Any], needs: Safety
) -> None:
    """Each level allows those before it and refuses those after it."""
    asked = Grants(**grants)
    assert Safety.of(asked) is needs
    order = list(Safety)
    for safety in Safety:
        found = level(asked, safety)
        assert found.passed is (order.index(safety) >= order.index(needs))
        assert found.fatal
    assert "tools.safety_mode" in level(Grants(subprocess=True), Safety.NETWORK).detail


def test_a_tool_that_asks_for_too_much_is_not_even_run() -> None:
    class Never:
        """It fails where anything is run in it."""

        def run(self, job: Job, answer: object = None) -> Ran:  # noqa: ARG002
            raise AssertionError(job)

        def barriers(self) -> tuple[Enforced, ...]:
            return (Enforced(what=Barrier.TIME, how=Strength.ENFORCED),)

    tool = read("return text", before='PERMISSIONS = {"network": ["a.b"]}')
    trying = Trying(sandbox=Never(), safety=Safety.READING)
    checks = tried(tool, trying)[0]
    assert [c.name for c in checks if c.fatal and not c.passed] == ["level"]
