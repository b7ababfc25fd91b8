"""Texts of configurations: only what must change does, and it comes out again to the byte."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from failonce.errors import BadInput, Refused
from failonce.surfaces.installing import changes, clients
from failonce.surfaces.installing.clients import Client
from failonce.surfaces.installing.journal import undone
from failonce.surfaces.installing.json_text import parsed

GROUPS = clients.groups(Client.CLAUDE_CODE)
TRUE = {"type": "command", "command": "/usr/bin/true"}
FOREIGN: dict[str, Any] = {"matcher": "Bash", "hooks": [TRUE]}

names = st.text(max_size=6) | st.sampled_from(["hooks", "PreToolUse", "env", "model"])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
groups = st.lists(st.just(FOREIGN) | st.dictionaries(names, values, max_size=2), max_size=3)
hooks = st.dictionaries(st.sampled_from([*GROUPS, "Stop", "Other"]), groups, max_size=4)
rest = st.dictionaries(names.filter(lambda n: n != "hooks"), values, max_size=4)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A configuration in any of the forms in which people and programs write them."""
    value: dict[str, Any] = draw(rest)
    if draw(st.booleans()):
        value = {**value, "hooks": draw(hooks)}
    indent = draw(st.sampled_from([None, 0, 1, 2, 4, "\t"]))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,  ", " : ")]))
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=draw(st.booleans()))
    text += draw(st.sampled_from(["", "\n", "\n\n", "  "]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff", "\n"])) + text


def read(text: str) -> Any:
    return json.loads(text.removeprefix("\ufeff"))


@given(texts())
def test_a_text_is_read_as_every_reader_reads_it(text: str) -> None:
    assert parsed(text).value == read(text)


@given(texts())
def test_hooks_are_added_behind_those_of_others_and_nothing_else_changes(text: str) -> None:
    before, after = read(text), read(changes.with_hooks(text, GROUPS).text)
    own = after["hooks"]
    for event, group in GROUPS.items():
        assert own[event] == [*before.get("hooks", {}).get(event, []), group]
    others = {e: g for e, g in own.items() if e not in GROUPS}
    assert others == {e: g for e, g in before.get("hooks", {}).items() if e not in GROUPS}
    assert {k: v for k, v in after.items() if k != "hooks"} == {
        k: v for k, v in before.items() if k != "hooks"
    }


@given(texts())
def test_what_was_put_in_comes_out_to_the_byte(text: str) -> None:
    changed = changes.with_hooks(text, GROUPS)
    assert undone(changed.text, changed.steps) == text


@given(texts(), rest)
def test_what_somebody_else_added_since_stays(text: str, more: dict[str, Any]) -> None:
    """The same edit before and after leaves the same bytes."""
    assume(more and not set(more) & set(read(text)))

    def edited(text: str) -> str:
        start = text.index("{") + 1
        members = ",".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in more.items())
        joint = "," if read(text) else ""
        return text[:start] + members + joint + text[start:]

    changed = changes.with_hooks(text, GROUPS)
    back = undone(edited(changed.text), changed.steps)
    if back is not None and read(text):
        assert back == edited(text)


@given(texts())
def test_without_a_note_only_entries_of_failonce_go(text: str) -> None:
    """Whoever reformatted the file, or lost the journal, still gets rid of them."""
    before = read(text)
    pretty = json.dumps(read(changes.with_hooks(text, GROUPS).text), indent=3)
    after = read(changes.without_hooks(pretty))
    assert changes.hooks_in(changes.without_hooks(pretty)) == {}
    left = {e: g for e, g in after.get("hooks", {}).items() if g}
    assert left == {e: g for e, g in before.get("hooks", {}).items() if g}


def test_it_looks_like_what_stands_around_it() -> None:
    text = '{\n\t"model": "opus", // mine\n\t"hooks": {\n\t\t"Stop": []\n\t}\n}\n'
    after = changes.with_hooks(text, {"PreToolUse": FOREIGN}).text
    assert after.startswith('{\n\t"model": "opus", // mine\n\t"hooks": {\n\t\t"Stop": [],\n')
    assert f'\n\t\t"PreToolUse": [{json.dumps(FOREIGN)}]\n\t}}\n}}\n' in after
    one = changes.with_hooks('{"a":1}', {"PreToolUse": FOREIGN}).text
    assert "\n" not in one
    assert '"hooks":{"PreToolUse":[{' in one


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, // one\n "b": [1, 2,], /* two */\n}',
        '// first\n{"hooks": {"PreToolUse": [ /* none */ ]}}\n// last',
        '{\n  "a": 1 // no comma behind it\n}',
        '{"hooks": {"PreToolUse": [{"hooks": []},],},}',
    ],
)
def test_comments_and_trailing_commas_stay(text: str) -> None:
    changed = changes.with_hooks(text, GROUPS)
    assert set(changes.hooks_in(changed.text)) == set(GROUPS)
    for comment in ("// one", "/* two */", "// first", "// last", "// no comma behind it"):
        assert (comment in changed.text) == (comment in text)
    assert undone(changed.text, changed.steps) == text


@pytest.mark.parametrize(
    "text",
    ["[]", "3", '{"a": }', '{"a": 1', '{"a" 1}', "{'a': 1}", '{"hooks": []}', '{"a": 1} {}',
     '{"hooks": {"PreToolUse": {}}}', '{"hooks": 3}', "{" * 300, '{"hooks": null}', "/* {}"],
)  # fmt: skip
def test_what_has_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        changes.with_hooks(text, GROUPS)


@given(texts())
def test_a_server_goes_in_and_out(text: str) -> None:
    entry = clients.server()
    changed = changes.with_server(text, "failonce", entry)
    assert changes.server_in(changed.text, "failonce") == entry
    assert undone(changed.text, changed.steps) == text
    assert read(changes.without_server(changed.text, "failonce")) == read(text)


TABLES = [("[mcp_servers.failonce]", clients.server())]


@pytest.mark.parametrize(
    "text",
    ["", "\n", 'model = "o3"', 'model = "o3"\n', "# only this\n", "a = 1\r\n[b]\r\nc = 2\r\n",
     '[mcp_servers.other]\ncommand = "x"\n', "[[hooks.Stop]]\nx = 1\n", "\ufeffa = 1\n"],
)  # fmt: skip
def test_a_block_of_toml_goes_in_and_out(text: str) -> None:
    changed = changes.with_block(text, "mcp", TABLES)
    told = tomllib.loads(changed.text.removeprefix("\ufeff"))
    assert told.pop("mcp_servers")["failonce"] == clients.server()
    assert undone(changed.text, changed.steps) == text
    left = changes.without_block(changed.text, "mcp")
    assert left.rstrip() == text.rstrip()


@pytest.mark.parametrize(
    "text",
    ['[mcp_servers.failonce]\ncommand = "x"\n', "mcp_servers = {}\n", "mcp_servers = 3\n", "= 1"],
)
def test_toml_that_says_something_else_is_refused(text: str) -> None:
    with pytest.raises((BadInput, Refused)):
        changes.with_block(text, "mcp", TABLES)
