"""The page on pydantic-ai does what it says."""

import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import failonce
from tests.place import Place

PAGE = (Path(__file__).parents[3] / "docs/pydantic-ai.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHELL = [shlex.split(line) for line in re.findall(r"^failonce .*$", PAGE, re.MULTILINE)]

DESK = """
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

def said(messages, info):
    parts = [p for m in messages if isinstance(m, ModelRequest) for p in m.parts]
    answers = [p for p in parts if p.part_kind == "tool-return"]
    done = sum(a.outcome == "success" for a in answers)
    if done == 3:
        print(*(a.outcome for a in answers))
        return ModelResponse(parts=[TextPart("chairs")])
    wrong = {} if answers and answers[-1].outcome != "success" else {"verbose": True}
    return ModelResponse(parts=[ToolCallPart("get_order", {"order_id": f"o-{done}", **wrong})])

model = FunctionModel(said)
"""


def test_the_pages_agent_learns(place: Place) -> None:
    """Its own code and its own commands: what failed before is stopped after."""
    (place.folder / "desk.py").write_text(DESK)
    (place.folder / "agent.py").write_text(PYTHON[0])
    for _ in range(2):
        assert place.run("agent.py") == f"{' '.join(['retried success'] * 3)}\nchairs\n"
    assert [command[1] for command in SHELL] == ["failures", "mine", "lessons", "approve"]
    for command in SHELL[:3]:
        place.run("-m", *command)
    (found,) = place.lessons()
    place.run("-m", *(found["id"] if word == "ID" else word for word in SHELL[3]))
    assert place.run("agent.py") == f"{' '.join(['failed success'] * 3)}\nchairs\n"


def test_the_settings_of_the_page_are_those_there_are(capsys: Any) -> None:
    """Its second piece of code runs, and names each; so does its table, in order."""
    exec(PYTHON[1], {"failonce": failonce})  # noqa: S102 - our own page
    given = list(inspect.signature(failonce.capability).parameters)
    assert re.findall(r"^    (\w+)=", PYTHON[1], re.MULTILINE) == given
    assert re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE) == given
    assert capsys.readouterr().out == ""
