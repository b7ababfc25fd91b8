"""Learned tools as tools of an MCP server: names, what stops them, what they may call."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.types import CallToolResult

import failonce
from failonce.kinds.guardrail import Strength
from failonce.surfaces.mcp.tools import DISPATCHER, LearnedAsTools, spelled
from tests.kinds.tool.made import TITLE, module
from tests.sandboxed import the_sandbox
from tests.surfaces.learned.test_tools import approve, tool
from tests.surfaces.mcp.made import text
from tests.surfaces.watching.made import PROJECT, Room, guardrail, room


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as made:
        yield made


def tools(**more: Any) -> LearnedAsTools:
    return LearnedAsTools(PROJECT, sandbox=the_sandbox(), **more)


def called(made: LearnedAsTools, name: str, /, **arguments: Any) -> CallToolResult:
    return asyncio.run(made.call(name, arguments))


@pytest.mark.usefixtures("here")
def test_where_nothing_was_learned_the_dispatcher_says_so() -> None:
    made = tools()
    assert [t.name for t in made.listed()] == [DISPATCHER] == [*made.names]
    assert text(called(made, DISPATCHER)) == "No learned tool is in force here."


@pytest.mark.proves("H14")
def test_each_is_listed_with_its_schema_and_the_dispatcher_knows_all(here: Room) -> None:
    dotted = module("return 1", name="page_size").replace("page_size", "page_size")
    approve(here, tool(1, "title", TITLE), tool(2, "page.size", dotted))
    made = tools()
    names = [t.name for t in made.listed()]
    assert names == ["page_size", "title", DISPATCHER]
    assert text(called(made, "page_size")) == "1"
    assert text(called(made, DISPATCHER, name="page.size")) == "1"
    catalogue = text(called(made, DISPATCHER))
    assert "Learned tools in force here: 2." in catalogue
    assert '"name": "page.size"' in catalogue
    assert "title" in made
    assert "page.size" not in made, "a name is listed as every client takes it"


@pytest.mark.parametrize("name", ["a.b", "ö", "x" * 200, "", "a b/c:d"])
def test_a_name_is_spelled_as_every_client_takes_it(name: str) -> None:
    assert 0 < len(spelled(name)) <= 64
    assert spelled(name).replace("_", "a").replace("-", "a").isalnum()
    assert spelled(spelled(name)) == spelled(name)


def test_a_name_of_the_server_before_which_it_stands_stays_its_own(here: Room) -> None:
    approve(here, tool(1, "title", TITLE))
    made = tools(taken={"title"})
    assert [t.name for t in made.listed()] == [DISPATCHER]
    assert "title" not in made
    assert text(called(made, DISPATCHER, name="title", args={"text": "a"})) == "A"


def test_a_lesson_stops_it_and_a_reason_passes_the_block(here: Room) -> None:
    approve(here, tool(1, "title", TITLE))
    here.teach(guardrail("title", "text", Strength.BLOCK))
    made = tools()
    with failonce.session("s1", project=PROJECT):
        blocked = called(made, "title", text="a")
        assert blocked.is_error
        assert "Leave `text` out." in text(blocked)
        assert "give the reason as `override`" in text(blocked)
        assert "with failonce.override" not in text(blocked)
        passed = called(made, DISPATCHER, name="title", args={"text": "a"}, override="a heading")
        assert text(passed) == "A"
    assert here.host.writer.flush(30)
    assert "a heading" in [e.event.reason for e in here.store.entries()]


def test_a_warning_stands_behind_the_answer(here: Room) -> None:
    approve(here, tool(1, "title", TITLE))
    here.teach(guardrail("title", "text", Strength.WARN))
    made = tools()
    with failonce.session("s1", project=PROJECT):
        answer, note = called(made, "title", text="a").content
    assert answer.text == "A"
    assert note.text.startswith("About this call, from what was learned before: ")


def test_it_reaches_the_tools_of_this_process_that_it_was_granted(here: Room) -> None:
    @failonce.watch(project=PROJECT)
    async def fetch(url: str) -> str:
        await asyncio.sleep(0)
        return f"page {url}"

    source = module(
        'return call("fetch", url="u")', before='CALLS = ["fetch"]\n', name="read_page", given=""
    )
    approve(here, tool(1, "read_page", source))
    assert text(called(tools(), "read_page")) == "page u"


def test_arguments_may_have_any_name(here: Room) -> None:
    source = module("return self + args", name="both", given="self: str, args: str")
    approve(here, tool(1, "both", source))
    assert text(called(tools(), "both", self="a", args="b")) == "ab"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "`text` is missing"),
        ({"text": 1}, "`text` is to be string"),
        ({"text": "a", "more": 1}, "'more' is none of its arguments"),
    ],
)
def test_arguments_that_do_not_fit_never_reach_the_code(
    given: dict[str, Any], says: str, here: Room
) -> None:
    approve(here, tool(1, "title", TITLE))
    result = asyncio.run(tools().call("title", given))
    assert result.is_error
    assert says in text(result)
    assert "It takes `text`." in text(result)
    (one,) = here.calls("title")
    assert one.failed


def test_it_tells_when_another_list_holds(here: Room) -> None:
    made = tools()

    async def run() -> None:
        async with asyncio.timeout(20):
            waiting = asyncio.create_task(anext(aiter(made.changes())))
            await asyncio.sleep(0.1)
            approve(here, tool(1, "title", TITLE))
            await waiting

    asyncio.run(run())
    assert "title" in made
