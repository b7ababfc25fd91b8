"""Which lessons concern a call, in their order; the same however often and of whom it is asked."""

from dataclasses import replace

import pytest

from failonce.identity import server
from failonce.kinds.behaviour import ANY_TOOL
from failonce.kinds.decision import Armed
from failonce.kinds.fixer import ArgumentsFixer, Fit, FittingFixer
from failonce.kinds.guardrail import Guardrail
from failonce.kinds.rule import Rule
from failonce.language.predicate import Condition, Predicate, Test
from failonce.language.transform import Op, Step
from failonce.model import KindName
from failonce.skill import index
from failonce.skill.index import Index, arm
from tests.made import blocking, lesson, proposal, turning

PATH = Condition(path=("path", "inner"), test=Test.PRESENT)


def guardrail(tool: str = "t", *conditions: Condition) -> Guardrail:
    when = Predicate(conditions=conditions or (PATH,))
    return blocking(tool, when=when, fingerprint="")


def fixer(tool: str = "t") -> ArgumentsFixer:
    step = Step(op=Op.RENAME, argument="path", text="file")
    return turning(tool, step, when=Predicate(conditions=(PATH,)), fingerprint="")


def stands(name: str, body: Guardrail | ArgumentsFixer | FittingFixer | Rule) -> Armed:
    kinds = {Guardrail: KindName.GUARDRAIL, Rule: KindName.RULE}
    return Armed(lesson=name, version=1, kind=kinds.get(type(body), KindName.FIXER), behaviour=body)


def named(found: Index, tool: str) -> list[str]:
    return [a.lesson for a in found.concerning(tool)]


def test_lessons_about_every_tool_and_about_this_one_are_asked_in_their_order() -> None:
    found = Index(
        [
            stands("rule", Rule(component="t", sentence="A.")),
            stands("guard", guardrail()),
            stands("every guard", guardrail(ANY_TOOL)),
            stands("fix", fixer()),
            stands("schema", FittingFixer(component=ANY_TOOL, fit=Fit.SCHEMA)),
            stands("names", FittingFixer(component=ANY_TOOL, fit=Fit.NAMES)),
        ]
    )
    assert named(found, "t") == ["names", "schema", "fix", "every guard", "guard", "rule"]
    assert named(found, "another") == ["names", "schema", "every guard"]
    assert len(found) == 6


def test_of_two_lessons_of_a_kind_the_better_backed_speaks_first() -> None:
    few, many = stands("few", fixer()), stands("many", fixer())
    found = Index([few, replace(many, witnesses=5), stands("old", fixer())])
    assert named(found, "t") == ["many", "few", "old"]


@pytest.mark.parametrize("first", ["web", "mcp__web__get"])
def test_a_tool_and_a_server_of_one_name_are_two(first: str) -> None:
    """Whichever is asked first: of the server's lessons only the rules hold for its tools."""
    found = Index(
        [stands("g", guardrail("web")), stands("r", Rule(component="web", sentence="A."))]
    )
    found.concerning(first)
    assert named(found, "web") == ["g", "r"]
    assert named(found, "mcp__web__get") == ["r"]
    assert named(found, "mcp__web__put") == ["r"]


@pytest.mark.parametrize("tool", [ANY_TOOL, "mcp__*__get"])
def test_a_tool_that_is_called_like_every_tool_is_asked_about_once(tool: str) -> None:
    found = Index(
        [stands("g", guardrail(ANY_TOOL)), stands("r", Rule(component=ANY_TOOL, sentence="A."))]
    )
    assert named(found, tool) == ["g", "r"]


def test_any_number_of_names_is_answered_and_not_remembered() -> None:
    found = Index([stands("g", guardrail()), stands("r", Rule(component="web", sentence="A."))])
    for n in range(index.REMEMBERED + 10):
        assert named(found, f"mcp__web__{n}") == ["r"]
    assert named(found, "t") == ["g"]
    assert len(found._known) <= index.REMEMBERED


@pytest.mark.parametrize(
    ("tool", "name"),
    [("mcp__github__get", "github"), ("mcp__github", ""), ("get", ""), ("x__github__get", "")],
)
def test_the_server_in_a_clients_name_of_a_tool(tool: str, name: str) -> None:
    assert server(tool) == name


def test_the_index_gives_the_lessons_of_a_tool_and_the_rules_of_its_server() -> None:
    armed = [arm(lesson(proposal(target=t, key=t))) for t in ("read", "github", "edit-file")]
    found = Index(armed)
    assert named(found, "read") == [armed[0].lesson]
    assert named(found, "mcp__github__create_issue") == [armed[1].lesson]
    assert named(found, "edit file") == [armed[2].lesson]
    assert found.concerning("write") == ()
    assert len(found) == 3


def test_repairs_are_asked_before_guardrails_whatever_the_order_of_approval() -> None:
    found = Index([stands("guard", guardrail()), stands("fix", fixer())])
    assert named(found, "t") == ["fix", "guard"]
