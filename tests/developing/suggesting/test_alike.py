"""Tools that do the same, only where that is clear."""

from pathlib import Path

import pytest

from failonce.developing.suggesting import Advised
from failonce.model import Change, KindName, Parameter, State, ToolSpec
from tests.developing.suggesting.made import Desk, call
from tests.kinds.tool.made import TITLE
from tests.made import START, lesson, proposal


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def spec(name: str, description: str, *parameters: str) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=description,
        parameters=tuple(Parameter(name=p) for p in parameters),
    )


def offer(desk: Desk, *specs: ToolSpec) -> None:
    desk.store.add_tools("p", specs, START)


def test_two_servers_with_the_same_tools_are_one_suggestion(desk: Desk) -> None:
    click, fill = "Clicks an element of the page.", "Fills in a field of the page."
    offer(
        desk,
        spec("north__north_click", click, "selector"),
        spec("south__south_click", click, "selector"),
        spec("north__north_fill", fill, "selector", "value"),
        spec("south__south_fill", fill, "selector", "value"),
    )
    (unused,) = desk.suggested().told
    assert (unused.kind, unused.confidence) == (Advised.ONE, 0.0)
    assert unused.sure == "no use of either is recorded"
    desk.take(call("south__south_click", session=f"s{n}", n=n) for n in range(4))
    (found,) = desk.suggested().told
    assert "Offer one of `south__south_click` and `north__north_click`" in found.what
    assert "The same holds of `north__north_fill`." in found.why
    assert "4 sessions used the first, 0 the second" in found.why
    assert found.confidence == pytest.approx(0.05 ** (1 / 4))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            spec("docs__protect", "Protects a document with a password.", "file", "password"),
            spec("papers__unprotect", "Unprotects a document with a password.", "file", "password"),
        ),
        (
            spec("hub__create_issue", "Creates an issue of hub.", "title", "body"),
            spec("line__create_issue", "Creates an issue of line.", "title", "body"),
        ),
        (
            spec("wiki__search", "Looks through articles of an encyclopedia.", "query"),
            spec("shop__search", "Finds things that are for sale.", "query"),
        ),
        (
            spec("a__read", "Reads a file of the disk.", "path"),
            spec("b__read", "Reads a file of the disk.", "path", "lines"),
        ),
        (
            spec("a__read_file", "Reads a file of the disk.", "path"),
            spec("a__read_files", "Reads a file of the disk.", "path"),
        ),
    ],
    ids=["opposites", "services", "subjects", "parameters", "one server"],
)
def test_what_is_only_alike_is_left_alone(desk: Desk, one: ToolSpec, other: ToolSpec) -> None:
    offer(desk, one, other)
    assert desk.suggested().told == ()


def test_a_learned_tool_that_waits_under_the_words_of_another_is_told(desk: Desk) -> None:
    body = TITLE.replace("def title", "def page_title")
    made = lesson(proposal(KindName.TOOL, target="page_title", body=body), state=State.PROPOSED)
    desk.store.commit(Change(lessons=(made,)))
    assert desk.suggested().told == ()
    offer(desk, spec("titles_of_pages", "", "page"))
    assert desk.suggested().told == (), "of, too, is a word"
    offer(desk, spec("web__title_page", "", "page"))
    (found,) = desk.suggested().told
    assert (found.kind, found.command) == (Advised.ONE, f"failonce reject {made.id}")
