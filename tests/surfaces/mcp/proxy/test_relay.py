"""Messages on their way: whatever they are about, they pass as the bytes that came."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.surfaces.mcp.proxy.messages import Message, decoded, refusal, request
from failonce.surfaces.mcp.proxy.relay import Relay
from failonce.surfaces.mcp.proxy.saying import Say, shown
from tests.surfaces.mcp.proxy.made import Client, Scripted, talk
from tests.surfaces.watching.made import Room

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=10,
)
ids = st.integers() | st.text(min_size=1, max_size=8)
params = st.dictionaries(st.text(max_size=6), json_values, max_size=3)


def between() -> tuple[Relay, Client, Scripted, list[str]]:
    said: list[str] = []
    relay = Relay(Say(said.append))
    client, server = Client(relay=relay), Scripted({}, relay=relay)
    server.write = lambda m: server.got.append(m.raw)  # type: ignore[method-assign]
    relay.client, relay.server = client, server
    return relay, client, server, said


def line(**data: Any) -> bytes:
    """A line as somebody else writes it: with spaces, and letters as they are or escaped."""
    return json.dumps({"jsonrpc": "2.0", **data}, ensure_ascii="id" in data).encode()


def one(raw: bytes) -> Message:
    (message,) = decoded(raw) or []
    return message


@given(ids, st.text(min_size=1, max_size=12), params, json_values)
def test_every_byte_passes_both_ways(asked: Any, method: str, given_: Any, result: Any) -> None:
    """Requests, answers, refusals and notifications, of the client and of the server."""
    relay, client, server, said = between()
    there = [
        line(id=asked, method=method, params=given_),
        line(method=method, params=given_),
        line(id=asked, result={"x": result}),
        line(id=asked, error={"code": 1, "message": method, "data": result}),
    ]
    for raw in there:
        relay.from_client(one(raw))
    assert server.got == there
    back = [
        line(id=asked, result={"x": result}),
        line(id=asked, method=method, params=given_),
        line(method=method, params=given_),
    ]
    for raw in back:
        relay.from_server(one(raw))
    assert client.got == back
    assert said == []


@given(ids, ids)
def test_only_who_was_asked_answers_and_once(asked: Any, other: Any) -> None:
    """`1` and `"1"` are two ids, and an answer to neither is nobody's."""
    relay, client, _, said = between()
    relay.from_client(request(asked, "ping", {}))
    if other != asked or type(other) is not type(asked):
        relay.from_server(one(line(id=other, result={})))
    for _ in range(2):
        relay.from_server(one(line(id=asked, result={})))
    assert len(client.got) == 1
    assert len(said) == 1
    assert sum(relay.strays.values()) == 1 + (other != asked or type(other) is not type(asked))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"[1]", b"7", b"null", b'"x"', b"{}", b'{"id":1}', b'{"method":1}',
     b"\xff", b"[" * 5_000, b'{"id":1,"result":' + b"1" * 5_000 + b"}", b"\xef\xbb\xbf{}"],
)  # fmt: skip
def test_what_is_no_message_is_none(raw: bytes) -> None:
    assert decoded(raw) is None


def test_a_batch_is_several_messages() -> None:
    """2025-03-26 has them; lessons look into each."""
    both = [request(1, "ping", {}).data, request(2, "ping", {}).data]
    found = decoded(json.dumps(both).encode()) or []
    assert [m.data for m in found] == both


@given(json_values)
def test_what_is_written_is_one_line_that_reads_the_same(value: Any) -> None:
    raw = request(1, "x", {"v": value}).raw
    assert b"\n" not in raw
    assert one(raw).params == {"v": value}


def test_half_a_character_passes() -> None:
    """As an escape, for it is no UTF-8."""
    message = request(1, "x", {"v": "\ud800"})
    assert one(message.raw).params == {"v": "\ud800"}


def test_a_server_that_is_gone_answers_so() -> None:
    relay, client, _, _ = between()
    relay.from_client(request(1, "ping", {}))
    relay.server_ended("gone")
    relay.from_client(request(2, "ping", {}))
    assert [m.id for m in client.heard] == [1, 2]
    assert {m.error["message"] for m in client.heard if m.error} == {"gone"}


def test_who_does_not_read_is_waited_for(room: Room) -> None:
    """The other end is held back meanwhile."""
    from failonce.surfaces.mcp.proxy.conversation import FromClient, FromServer

    made = talk(room)
    client, server = FromClient(made.relay), FromServer(made.relay)
    client.full()
    assert made.server.paused == 1
    client.drained()
    assert made.server.paused == 0
    made.relay.server, made.relay.client = None, None
    for end in (client, server):
        end.full()
        end.drained()


def test_a_look_that_fails_lets_the_message_pass(room: Room) -> None:
    """An observer's own trouble is said once, and disturbs nobody."""
    made = talk(room, {"go": lambda: "went"})

    def broken(message: Message) -> bool:
        raise RuntimeError(f"a bug, with {message.method}")

    made.watch.asked = broken  # type: ignore[method-assign]

    async def go() -> list[str]:
        return [await made.client.text("go") for _ in range(2)]

    assert asyncio.run(go()) == ["went", "went"]
    assert len(made.said) == 1
    assert "a bug" in made.said[0]


def test_what_others_wrote_is_shown_on_one_line() -> None:
    """Cut, with what nobody sees by its number."""
    assert shown("a\nb\x1b[2Jc\u200bd", 99) == "a<U+000A>b<U+001B>[2Jc<U+200B>d"
    assert shown("x" * 400) == "x" * 300 + "…"


def test_a_person_is_told_each_thing_once() -> None:
    """And no more than a few hundred different ones, whatever a server thinks up."""
    said: list[str] = []
    say = Say(said.append, "shop")
    for n in range(1_000):
        say.once("same", "again")
        say.once(f"kind {n}", "new")
    assert len(said) == 200
    assert said[0] == "failonce proxy shop: again\n"


def test_a_refusal_is_one() -> None:
    assert refusal(7, -32000, "no").error == {"code": -32000, "message": "no"}
