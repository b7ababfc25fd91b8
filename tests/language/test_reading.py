"""Whether a tool only reads: claims, words and what was watched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.language.reading import (
    WATCHED,
    Basis,
    Does,
    Reading,
    SideEffect,
    Watched,
    effects,
    reads,
)
from failonce.model import ToolSpec

ENOUGH = Watched(calls=WATCHED)

texts = st.text(st.characters(codec="utf-8"), max_size=60)
claims = st.none() | st.booleans()
specs = st.builds(
    ToolSpec,
    name=texts | st.sampled_from(["get_item", "delete_item", "deleteItem", "send"]),
    description=texts | st.sampled_from(["Gets an item.", "Removes it", "Get it and send it"]),
    read_only=claims,
    destructive=claims,
    open_world=claims,
)
watches = st.builds(Watched, calls=st.integers(0, 20), changed=st.integers(0, 3))


def tool(name: str, description: str = "", **claims: bool) -> ToolSpec:
    return ToolSpec(name=name, description=description, **claims)  # type: ignore[arg-type]


READERS = [
    tool("get_order"),
    tool("getOrder"),
    tool("get-order"),
    tool("shop.get_order"),
    tool("mcp__shop__get_order"),
    tool("browser_get_text"),
    tool("GetHTTPStatus"),
    tool("list_posts"),  # a post is a noun here
    tool("search_books", "Search for books and comments"),
    tool("weather", "Gets the weather."),
    tool("weather", "This tool fetches the weather"),
    tool("weather", "A tool for retrieving the weather"),
]
WRITERS = [
    tool("create_order"),
    tool("order"),
    tool("orders_delete"),
    tool("getAndDelete"),
    tool("search_and_replace"),
    tool("mcp__get_things__send_mail"),
    tool("get_token", "Gets a token and sends it to everybody"),
    tool("get_item", "Deletes the item"),
    tool("item", "Removes the item. Gets nothing."),
    tool("contact_support"),
    tool("login"),
    tool("rm"),
]
OTHERS = [tool("weather"), tool("wetter", "holt das Wetter"), tool(""), tool("resolve_ticket")]


@pytest.mark.parametrize("spec", READERS, ids=lambda s: f"{s.name} {s.description}")
def test_a_reading_verb_is_believed_only_with_somebody_who_watched(spec: ToolSpec) -> None:
    assert reads(spec) == Reading(does=Does.UNKNOWN, basis=Basis.WORDS)
    few = Watched(calls=WATCHED - 1)
    assert reads(spec, few).does is Does.UNKNOWN
    assert reads(spec, ENOUGH) == Reading(does=Does.READS, basis=Basis.OBSERVED)
    assert reads(spec, Watched(calls=100, changed=1)).does is Does.WRITES


@pytest.mark.parametrize("spec", WRITERS, ids=lambda s: f"{s.name} {s.description}")
def test_a_writing_verb_is_believed_at_once(spec: ToolSpec) -> None:
    assert reads(spec, ENOUGH) == Reading(does=Does.WRITES, basis=Basis.WORDS)


@pytest.mark.parametrize("spec", OTHERS, ids=lambda s: f"{s.name} {s.description}")
def test_that_nothing_was_seen_to_change_says_nothing_alone(spec: ToolSpec) -> None:
    assert reads(spec, ENOUGH) == Reading(does=Does.UNKNOWN, basis=Basis.NOTHING)


def test_an_annotation_is_a_claim_that_words_and_eyes_can_refute() -> None:
    assert reads(tool("weather", read_only=True)) == Reading(does=Does.READS, basis=Basis.DECLARED)
    assert reads(tool("delete_all", read_only=True)).basis is Basis.CONTRADICTED
    assert reads(tool("get", read_only=True), Watched(calls=9, changed=1)).does is Does.WRITES
    assert reads(tool("get", read_only=False), ENOUGH).does is Does.WRITES
    assert reads(tool("get", destructive=True, read_only=True), ENOUGH).does is Does.WRITES


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (tool("send_mail"), {SideEffect.OUTWARD}),
        (tool("mailSend"), {SideEffect.OUTWARD}),
        (tool("book_flight"), {SideEffect.OUTWARD}),
        (tool("mcp__shop__cancel-order"), {SideEffect.DESTRUCTIVE}),
        (tool("purge", open_world=True), {SideEffect.DESTRUCTIVE, SideEffect.OUTWARD}),
        (tool("poke", destructive=True), {SideEffect.DESTRUCTIVE}),
        (tool("delete", destructive=False), {SideEffect.DESTRUCTIVE}),
        (tool("poke", open_world=True), {SideEffect.OUTWARD}),
        (tool("get_page", open_world=True, read_only=True), set()),
        (tool("get_post"), set()),
        (tool("write_file"), set()),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_side_effects_come_from_claims_and_verbs(spec: ToolSpec, expected: set[SideEffect]) -> None:
    assert effects(spec) == expected


@given(specs, watches)
def test_whoever_reads_has_no_side_effect(spec: ToolSpec, watched: Watched) -> None:
    found = reads(spec, watched)
    if found.does is Does.READS:
        assert not effects(spec)
        assert watched.changed == 0
        assert found.basis in (Basis.DECLARED, Basis.OBSERVED)


@given(specs, watches)
def test_watching_more_never_makes_a_writer_a_reader(spec: ToolSpec, watched: Watched) -> None:
    if reads(spec, watched).does is Does.WRITES:
        more = Watched(calls=watched.calls + 50, changed=watched.changed)
        assert reads(spec, more).does is Does.WRITES
