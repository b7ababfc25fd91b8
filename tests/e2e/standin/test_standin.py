"""What the stand-ins say is read by the makers' own clients, so the programs can read it too."""

import pytest
from anthropic import Anthropic, NotFoundError
from openai import OpenAI

from tests.e2e.standin import Say, Use, standing_in
from tests.e2e.standin.server import Server

SHELL = {"name": "Bash", "input_schema": {"type": "object"}}
ASKED = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


def claude(model: Server) -> Anthropic:
    return Anthropic(base_url=model.url, api_key="made-up", max_retries=0)


def test_claude_answers_in_the_order_of_the_script() -> None:
    with standing_in(Use(name="Bash", arguments={"command": "ls"}), Say(text="done")) as model:
        first = claude(model).messages.create(**ASKED, tools=[SHELL])
        with claude(model).messages.stream(**ASKED, tools=[SHELL]) as stream:
            second = stream.get_final_message()
        model.alone()
    assert [b.type for b in first.content] == ["tool_use"]
    assert (first.content[0].name, first.content[0].input) == ("Bash", {"command": "ls"})
    assert (second.content[0].text, second.stop_reason) == ("done", "end_turn")
    assert [a.tools for a in model.script.turns()] == [("Bash",)] * 2
    assert "hello" in model.script.asked[0].text


def test_a_streamed_call_has_its_arguments() -> None:
    with (
        standing_in(Use(name="Bash", arguments={"command": "ls"})) as model,
        claude(model).messages.stream(**ASKED, tools=[SHELL]) as stream,
    ):
        block = stream.get_final_message().content[0]
    assert (block.type, block.input) == ("tool_use", {"command": "ls"})


def test_a_question_beside_the_agents_takes_nothing_from_the_script() -> None:
    with standing_in(Say(text="for the agent")) as model:
        assert claude(model).messages.create(**ASKED).content[0].text == "."
        assert (
            claude(model).messages.count_tokens(model="m", messages=ASKED["messages"]).input_tokens
        )
        with pytest.raises(AssertionError, match="never asked for"):
            model.alone()


def test_codex_answers_in_the_order_of_the_script() -> None:
    tool = {"type": "function", "name": "exec_command", "parameters": {}, "strict": False}
    with standing_in(
        Use(name="get_entity", namespace="mcp__office", arguments={"entity_id": "lamp"}),
        Say(text="done"),
    ) as model:
        client = OpenAI(base_url=f"{model.url}/v1", api_key="made-up", max_retries=0)
        found = []
        for _ in range(2):
            stream = client.responses.create(model="m", input="hello", tools=[tool], stream=True)
            found += [e.response.output[0] for e in stream if e.type == "response.completed"]
        model.alone()
    assert [i.type for i in found] == ["function_call", "message"]
    assert found[0].arguments == '{"entity_id": "lamp"}'
    assert found[1].content[0].text == "done"


def test_whoever_asks_for_anything_else_is_named() -> None:
    with standing_in() as model:
        with pytest.raises(NotFoundError):
            claude(model).models.list()
        assert model.unknown == ["GET /v1/models"]
        with pytest.raises(AssertionError, match="GET /v1/models"):
            model.alone()


def test_an_agent_beyond_the_end_of_its_script_is_told_so() -> None:
    with standing_in() as model:
        said = claude(model).messages.create(**ASKED, tools=[SHELL]).content[0].text
    assert said == "The script is over."
