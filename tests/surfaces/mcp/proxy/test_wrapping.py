"""The servers of a client's configuration behind the proxy and back, as texts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.errors import BadInput
from failonce.surfaces.mcp.proxy.jsonc import parse
from failonce.surfaces.mcp.proxy.wrapping import unwrapped, wrapped

PROGRAM = ["/opt/bin/failonce"]

DESKTOP = """\
{
    // what I use
    "theme": "dark", "mcpServers": {
        "files": {
            "command": "npx", // the runner
            "args": [
                "-y",
                "@modelcontextprotocol/server-filesystem",
                "/home/ada"
            ],
            "env": {"KEY": "s3cret"}
        },
        "bare": {"command": "mcp-server-time"},
    }
}
"""


def test_only_command_and_arguments_change() -> None:
    """Comments, order and spaces stay; what is on a line of its own stays so."""
    done = wrapped(DESKTOP, PROGRAM)
    assert done.changed == ("files", "bare")
    expected = DESKTOP.replace('"npx"', '"/opt/bin/failonce"').replace(
        '                "-y",',
        '                "proxy",\n                "--name",\n                "files",\n'
        '                "--",\n                "npx",\n                "-y",',
    )
    bare = '{"command": "mcp-server-time"}'
    through = '["proxy", "--name", "bare", "--", "mcp-server-time"]'
    new = '{"command": "/opt/bin/failonce", "args": ' + through + "}"
    assert done.text == expected.replace(bare, new)


def test_twice_is_once() -> None:
    """What stands behind the proxy stays there."""
    once = wrapped(DESKTOP, PROGRAM)
    again = wrapped(once.text, ["/elsewhere/failonce"])
    assert (again.text, again.changed) == (once.text, ())
    assert {why for _, why in again.left} == {"it stands behind the proxy already"}


def test_headers_go_where_no_list_of_processes_shows_them() -> None:
    """A server behind a URL gets them by its environment."""
    entry = {"type": "http", "url": "https://example.org/mcp", "headers": {"X-Key": "s3cret"}}
    done = wrapped(json.dumps({"servers": {"shop": entry}}), PROGRAM)
    assert json.loads(done.text)["servers"]["shop"] == {
        "type": "stdio",
        "command": "/opt/bin/failonce",
        "args": [
            "proxy", "--name", "shop", "--url", "https://example.org/mcp",
            "--header", "X-Key: ${MCP_HEADER_X_KEY}",
        ],
        "env": {"MCP_HEADER_X_KEY": "s3cret"},
    }  # fmt: skip
    assert done.secrets == ("s3cret",)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"command": "failonce", "args": ["mcp"]}, "it is failonce itself"),
        ({"command": "/usr/bin/python3", "args": ["-m", "failonce", "mcp"]}, "itself"),
        ({"type": "sse", "url": "https://example.org/sse"}, "its transport (sse)"),
        ({"disabled": True}, "neither a command nor a URL"),
        ({"command": 7, "args": []}, "neither a command nor a URL"),
    ],
)
def test_some_stay_as_they_are(entry: dict[str, Any], why: str) -> None:
    """And it is said why."""
    text = json.dumps({"mcpServers": {"x": entry}})
    done = wrapped(text, PROGRAM)
    assert done.text == text
    assert why in done.left[0][1]


def test_every_place_where_clients_keep_servers() -> None:
    """Claude Code keeps some by project, VS Code some in its settings."""
    server = {"command": "a"}
    text = json.dumps(
        {
            "projects": {"/p": {"mcpServers": {"one": server}}, "/q": {}},
            "mcp": {"servers": {"two": server}},
            "mcpServers": {"three": server},
            "other": {"mcpServers": {"no": server}},
        }
    )
    assert sorted(wrapped(text, PROGRAM).changed) == ["one", "three", "two"]


@pytest.mark.parametrize(
    "text", ["", "{", '{"mcpServers": {"a": }}', "[1,", '{"a" 1}', "{} {}", '{"a": 1e}', "[" * 200]
)
def test_what_is_no_json_says_where(text: str) -> None:
    with pytest.raises(BadInput, match="line 1: "):
        wrapped(text, PROGRAM)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10)
entry = st.fixed_dictionaries(
    {"command": word.filter(lambda w: "failonce" not in w)},
    optional={
        "args": st.lists(word, max_size=4).filter(lambda a: a[:2] != ["-m", "failonce"]),
        "env": st.dictionaries(word, word, max_size=2),
        "disabled": st.booleans(),
    },
)


@given(st.dictionaries(word, entry, max_size=4), plain, st.sampled_from([None, 2, "\t"]))
def test_whatever_stands_there_comes_back(servers: Any, other: Any, indent: Any) -> None:
    """Behind the proxy each has its command behind `--`; taken back it means what it meant."""
    text = json.dumps({"x": other, "mcpServers": servers}, indent=indent)
    done = wrapped(text, PROGRAM)
    behind = json.loads(done.text)["mcpServers"]
    for name, server in servers.items():
        rest = behind[name]["args"]
        assert rest[rest.index("--") + 1 :] == [server["command"], *server.get("args", [])]
        others = {k: v for k, v in behind[name].items() if k not in ("command", "args")}
        assert others == {k: v for k, v in server.items() if k not in ("command", "args")}
    back = json.loads(unwrapped(done.text).text)
    given_args = {n: {**s, "args": s.get("args", [])} for n, s in servers.items()}
    assert back == {"x": other, "mcpServers": given_args}


@given(plain, st.sampled_from([None, 1, 4]))
def test_the_reader_reads_what_json_reads(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)
    assert parse(text).value == value
    commented = text.replace("[", "[ /* a ] */ ").replace("\n", " // }\n")
    if '"' not in text:
        assert parse(commented).value == value
