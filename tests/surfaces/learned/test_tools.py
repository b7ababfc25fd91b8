"""Learned tools as functions of a process: in the sandbox, as they are in force now."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import failonce
from failonce.errors import NotFound, ToolFailed
from failonce.identity import body_digest
from failonce.model import Action, Ending, Enforced, Job, KindName, Lesson, Ran
from failonce.surfaces.learned import LearnedTools
from failonce.testing.samples import lesson, moved, proposed
from tests.kinds.tool.made import TITLE, module
from tests.sandboxed import the_sandbox
from tests.surfaces.watching.made import PROJECT, Room, room


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as made:
        yield made


def tool(n: int, name: str, source: str) -> Lesson:
    """The n-th lesson, a tool that waits."""
    x = lesson(n)
    proposal = replace(
        x.proposal, kind=KindName.TOOL, target=name, project=PROJECT, key=f"k{n}", body=source
    )
    digest = body_digest(proposal)
    judged = replace(x.judgement, digest=digest)
    return replace(x, proposal=proposal, digest=digest, judgement=judged)


def approve(here: Room, *tools: Lesson) -> LearnedTools:
    for x in tools:
        here.store.commit(proposed(x))
        here.store.commit(moved(x, Action.APPROVE))
    here.publish()
    return LearnedTools(PROJECT, the_sandbox())


def test_an_approved_tool_is_a_function_that_says_what_it_takes(here: Room) -> None:
    tools = approve(here, tool(1, "title", TITLE))
    assert list(tools) == ["title"]
    title = tools["title"]
    assert title(text="a tale of two") == "A Tale Of Two"
    assert title.description == "Writes a title as titles are written."
    assert (title.version, title.lesson) == (1, "GR-00000001")
    assert title.schema == {
        "name": "title",
        "description": "Writes a title as titles are written.",
        "input_schema": {
            "type": "object",
            "properties": {"text": {"type": "string"}},
            "required": ["text"],
            "additionalProperties": False,
        },
    }


def test_its_calls_are_recorded_like_those_of_any_tool(here: Room) -> None:
    tools = approve(here, tool(1, "title", TITLE))
    with failonce.session("s1", project=PROJECT):
        tools["title"](text="a")
        with pytest.raises(ToolFailed, match="raised: ValueError: no title"):
            tools["title"](text="")
    one, other = here.calls("title")
    assert (one.good, one.call.args, one.message) == (True, {"text": "a"}, "A")
    assert (other.failed, other.call.session) == (True, "s1")


def test_what_waits_or_was_undone_is_not_there(here: Room) -> None:
    waiting = tool(1, "title", TITLE)
    here.store.commit(proposed(waiting))
    here.publish()
    tools = LearnedTools(PROJECT, the_sandbox())
    assert not tools
    with pytest.raises(KeyError):
        tools["title"]
    here.store.commit(moved(waiting, Action.APPROVE))
    here.publish()
    title = tools["title"]
    assert title(text="a") == "A"
    approved = here.store.lesson(waiting.id)
    assert approved is not None
    here.store.commit(moved(approved, Action.UNDO))
    here.publish()
    assert not tools
    with pytest.raises(NotFound, match="not in force"):
        title(text="a")


@pytest.mark.proves("H12")
def test_the_newest_version_answers_and_other_names_that_it_replaces(here: Room) -> None:
    tools = approve(here, tool(1, "title", TITLE))
    held = tools["title"]
    louder = TITLE.replace("text.title()", "text.upper()").replace("A Tale", "A TALE")
    old = here.store.lesson("GR-00000001")
    assert old is not None
    here.store.commit(moved(old, Action.SUPERSEDE))
    approve(here, tool(2, "title", 'REPLACES = ["headline"]\n' + louder))
    assert held(text="a b") == "A B"
    assert (held.lesson, list(tools)) == ("GR-00000002", ["title"])
    assert tools["headline"](text="a b") == "A B"


@pytest.mark.proves("H12")
def test_a_call_under_way_ends_with_the_version_that_it_began_with(here: Room) -> None:
    """While it waits for an answer, the next version is approved and published."""
    old = module(
        'return "old " + call("fetch")', before='CALLS = ["fetch"]\n', name="read_page", given=""
    )
    tools = approve(here, tool(1, "read_page", old))

    @failonce.watch(project=PROJECT)
    def fetch() -> str:
        first = here.store.lesson("GR-00000001")
        assert first is not None
        if first.in_force:
            here.store.commit(moved(first, Action.SUPERSEDE))
            approve(here, tool(2, "read_page", old.replace("old", "new")))
            assert tools["read_page"].lesson == "GR-00000002"
        return "page"

    held = tools["read_page"]
    assert held() == "old page"
    assert held() == "new page"


def test_it_calls_watched_tools_of_this_process_and_no_others(here: Room) -> None:
    """Those that it was granted; what they raise it can catch."""

    @failonce.watch(project=PROJECT)
    def fetch(url: str) -> str:
        if "gone" in url:
            raise OSError("no such host")
        return f"page {url}"

    @failonce.watch(project=PROJECT)
    async def parse(text: str) -> str:
        await asyncio.sleep(0)
        return text.upper()

    @failonce.watch(project=PROJECT)
    def secret() -> str:
        raise AssertionError("it was called")

    code = """
try:
    return call("parse", text=call("fetch", url=url))
except CallFailed as error:
    return [str(error), len([refused() for refused in [other]])]
"""
    source = module(
        "def other():\n    try:\n        return call('secret')\n    except CallFailed as e:\n"
        "        return str(e)" + code,
        before='CALLS = ["fetch", "parse"]\n',
        name="read_page",
        given="url: str",
    )
    tools = approve(here, tool(1, "read_page", source))
    assert tools["read_page"](url="u") == "PAGE U"
    assert tools["read_page"](url="gone") == ["OSError: no such host", 1]
    assert [e.call.tool for e in here.calls()].count("secret") == 0
    assert [e.call.args for e in here.calls("fetch")] == [{"url": "u"}, {"url": "gone"}]


def test_what_is_answered_to_a_tool_is_whole_however_long(here: Room) -> None:
    """What is recorded of it is bounded; code would take that for all there is."""

    @failonce.watch(project=PROJECT)
    def rows() -> dict[str, object]:
        return {"rows": [{"n": n, "of": [n]} for n in range(3_000)], "next": None}

    source = module(
        "import json\nrows = json.loads(call('rows'))['rows']\nreturn [len(rows), rows[-1]]",
        before='CALLS = ["rows"]\n',
        name="count_rows",
    )
    tools = approve(here, tool(1, "count_rows", source))
    assert tools["count_rows"]() == [3_000, {"n": 2_999, "of": [2_999]}]


@pytest.mark.proves("H12")
def test_a_tool_whose_bytes_are_not_those_approved_is_not_there(here: Room) -> None:
    approved = tool(1, "title", TITLE)
    tools = approve(here, approved)
    assert list(tools) == ["title"]
    raw = here.publisher.path.read_bytes()
    here.publisher.path.write_bytes(raw.replace(b"text.title()", b"text.upper()"))
    from datetime import UTC, datetime

    here.host.in_force.look(datetime.now(UTC))
    assert not tools


def test_where_all_is_off_there_are_none(here: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = approve(here, tool(1, "title", TITLE))
    monkeypatch.setenv("FAILONCE", "off")
    from datetime import UTC, datetime

    here.host.in_force.look(datetime.now(UTC))
    assert list(tools) == []


@pytest.mark.parametrize("ending", [e for e in Ending if e is not Ending.RETURNED])
def test_every_end_without_an_answer_is_told_in_words(here: Room, ending: Ending) -> None:
    """Whatever ended it, whoever called it hears of one error."""
    approve(here, tool(1, "title", TITLE))

    class Ends:
        def run(self, job: Job, answer: object = None) -> Ran:  # noqa: ARG002
            return Ran(ending=ending, error="told")

        def barriers(self) -> list[Enforced]:
            return []

    title = LearnedTools(PROJECT, Ends())["title"]
    with pytest.raises(ToolFailed, match=r"^The learned tool `title` .*: told$"):
        title(text="a")
