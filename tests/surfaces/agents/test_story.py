"""An agent makes the same mistake in two sessions; a person approves; the third does not.

Real processes, a real store, the real command line; the model follows a script, and acts on what
lessons tell it.
"""

import pytest

from tests.place import Place

pytestmark = pytest.mark.slow

SESSION = """
import sys
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
import failonce

def get_order(order_id: str) -> str:
    "Get an order of the shop."
    return f"order {order_id}: two chairs"

def read_file(path: str) -> str:
    "Read a file of the workspace."
    if path.startswith("/"):
        raise ModelRetry(f"path '{path}' is outside the workspace")
    return f"text of {path}"

FOLDERS = ("reports", "plans", "letters")
PATHS = [f"{f}/{n}.md" for f in FOLDERS for n in ("spring", "summer", "autumn", "winter")]
RIGHT = {
    "get_order": lambda n: {"order_id": f"o-{n}"},
    "read_file": lambda n: {"path": PATHS[n]},
}
WRONG = {
    "get_order": lambda args: {**args, "verbose": True},
    "read_file": lambda args: {"path": "/" + args["path"]},
}

tool, first, lesson = sys.argv[1], int(sys.argv[2]), sys.argv[3]
mistakes = failed = 0

def model(messages, info):
    global mistakes, failed
    parts = [p for m in messages if isinstance(m, ModelRequest) for p in m.parts]
    answers = [p for p in parts if p.part_kind == "tool-return"]
    outcome = answers[-1].outcome if answers else "success"
    failed += outcome == "retried"
    done = sum(a.outcome == "success" for a in answers)
    if done == 4:
        return ModelResponse(parts=[TextPart("done")])
    args = RIGHT[tool](first + done)
    told = [info.instructions or "", *(str(p.content) for p in parts)]
    if outcome == "success" and not (lesson and any(lesson in words for words in told)):
        args = WRONG[tool](args)
        mistakes += 1
    return ModelResponse(parts=[ToolCallPart(tool, args)])

agent = Agent(
    FunctionModel(model),
    tools=[get_order, read_file],
    capabilities=[failonce.capability(project="shop")],
)
assert agent.run_sync("Go.").output == "done"
print(f"mistakes {mistakes}, failed {failed}, lost {failonce.status().lost}")
"""


@pytest.mark.proves("H32")
@pytest.mark.parametrize(
    ("tool", "kind", "words"),
    [
        ("get_order", "guardrail", "Prevented: "),
        ("read_file", "fixer", "Arguments repaired: strip prefix"),
    ],
)
def test_the_third_session_does_not_make_the_mistake(
    place: Place, tool: str, kind: str, words: str
) -> None:
    """It is stopped, or repaired, once; the model reads why, and makes it no more."""
    for n in (0, 4):
        assert place.run("-c", SESSION, tool, f"{n}", "") == "mistakes 4, failed 4, lost 0\n"
    place.mine()
    (found,) = place.lessons()
    assert (found["kind"], found["target"]) == (kind, tool)
    place.failonce("approve", found["id"], "--reason", "read in a test")
    assert place.run("-c", SESSION, tool, "8", words) == "mistakes 1, failed 0, lost 0\n"


def test_a_rule_is_read_before_the_first_mistake(place: Place) -> None:
    """A person writes it down and approves; the model has it in its instructions."""
    rule = "Leave `verbose` out: there are no details."
    for n in (0, 4):
        place.run("-c", SESSION, "get_order", f"{n}", "")
    options = ("--reason", "seen twice", "--project", "shop")
    place.failonce("learn", "get_order", rule, *options)
    (found,) = place.lessons()
    place.failonce("approve", found["id"], "--reason", "read in a test")
    assert place.run("-c", SESSION, "get_order", "8", rule) == "mistakes 0, failed 0, lost 0\n"
