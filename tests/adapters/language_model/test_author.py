"""One request to a language model, over a real connection to a server of the test's own."""

import asyncio
import gzip
import time
from typing import Any

import pytest

from failonce.adapters.language_model import Dialect, Endpoint, Prices
from failonce.adapters.language_model.author import ModelAuthor
from failonce.adapters.language_model.carrying import MOST_BYTES
from failonce.errors import AuthorError
from failonce.ports import Brief
from tests.endpoint import Reply, Server, coded, serving

BRIEF = Brief(name="title", need="write titles as titles are written")
SOURCE = 'def title(text: str) -> str:\n    """Writes a title."""\n    return text.title()\n'


def author(server: Server, **fields: object) -> ModelAuthor:
    told: dict[str, Any] = {"model": "scripted", "url": server.url, "seconds": 5.0}
    return ModelAuthor(Endpoint(**told | fields))


@pytest.mark.proves("H17")
def test_it_asks_once_and_hands_back_the_code_and_the_bill() -> None:
    with serving(coded(SOURCE)) as server:
        draft = author(server, key="k-1", prices=Prices(into=1.0, out=10.0)).write(BRIEF)
    assert draft.source == SOURCE
    assert (draft.model, draft.tokens_in, draft.tokens_out) == ("scripted", 700, 300)
    assert draft.cost == pytest.approx((700 * 1 + 300 * 10) / 1e6)
    assert draft.ms > 0
    (asked,) = server.asked
    assert asked["model"] == "scripted"
    assert asked["temperature"] == 0.3
    assert 2000 in (asked.get("max_tokens"), asked.get("max_completion_tokens"))
    assert server.keys == ["Bearer k-1"]


def test_the_price_of_another_server_is_not_guessed_from_the_name_of_its_model() -> None:
    with serving(coded(SOURCE)) as server:
        assert author(server, model="gpt-4").write(BRIEF).cost is None


def test_a_server_that_says_nothing_of_tokens_is_billed_by_what_was_sent() -> None:
    with serving(coded(SOURCE, usage=False)) as server:
        draft = author(server).write(BRIEF)
    assert draft.tokens_in > 100
    assert draft.tokens_out > len(SOURCE) // 4


def test_it_can_be_asked_from_within_an_event_loop() -> None:
    async def within(server: Server) -> str:
        return author(server).write(BRIEF).source

    with serving(coded(SOURCE)) as server:
        assert asyncio.run(within(server)) == SOURCE


@pytest.mark.parametrize(
    ("reply", "said", "paid"),
    [
        (Reply(status=429), "takes no more requests", False),
        (Reply(status=429, headers={"retry-after": "7"}), "for 7 s", False),
        (Reply(status=401), "does not take the key", False),
        (Reply(status=500), "status 500", False),
        (Reply(status=307, headers={"location": "http://127.0.0.1:9/"}), "cannot be read", True),
        (Reply(raw=b"<html>no</html>"), "cannot be read", True),
        (Reply(raw=b'{"choices": []}'), "cannot be read", True),
        (Reply(raw=b"[" * 100_000), "cannot be read", True),
        (Reply(raw=b" " * (MOST_BYTES + 1)), "cannot be read", True),
        (
            Reply(raw=gzip.compress(b"{}"), headers={"content-encoding": "gzip"}),
            "cannot be read",
            True,
        ),
        (Reply(text=""), "cannot be read|without a word", True),
        (Reply(text=" \n"), "without a word", True),
    ],
)
def test_every_trouble_is_one_error_and_no_second_request(
    reply: Reply, said: str, paid: bool
) -> None:
    with serving(reply) as server:
        with pytest.raises(AuthorError, match=said) as raised:
            author(server).write(BRIEF)
        assert len(server.asked) == 1
    assert bool(raised.value.tokens_in) == paid


@pytest.mark.parametrize("reply", [coded(SOURCE, wait_s=5.0), coded(SOURCE, drip_s=0.05)])
def test_a_server_that_is_slow_is_left_after_its_time_and_billed(reply: Reply) -> None:
    """Also one that sends a byte now and then."""
    with serving(reply) as server:
        begun = time.monotonic()
        with pytest.raises(AuthorError, match=r"no answer within 0\.5 s") as raised:
            author(server, seconds=0.5, prices=Prices(into=1.0, out=1.0)).write(BRIEF)
        assert time.monotonic() - begun < 4.0
    assert raised.value.tokens_out == 2000
    assert raised.value.cost is not None


def test_a_server_that_is_gone_is_told_at_once() -> None:
    with serving() as server:
        pass
    with pytest.raises(AuthorError, match="cannot be reached") as raised:
        author(server).write(BRIEF)
    assert raised.value.tokens_in == 0


def test_what_would_not_fit_into_the_day_is_not_asked() -> None:
    with serving(coded(SOURCE)) as server:
        with pytest.raises(AuthorError, match="budget"):
            author(server).write(Brief(name="title", need="x", within=2100))
        assert not server.asked


@pytest.mark.proves("H17")
def test_the_other_dialect_is_spoken_too() -> None:
    answer = (
        b'{"id":"m1","type":"message","role":"assistant","model":"scripted","stop_reason":'
        b'"end_turn","stop_sequence":null,"content":[{"type":"text","text":"def title"}],'
        b'"usage":{"input_tokens":7,"output_tokens":3}}'
    )
    with serving(Reply(raw=answer)) as server:
        here = author(server, dialect=Dialect.ANTHROPIC, url=server.url.removesuffix("/v1"))
        draft = here.write(BRIEF)
    assert (draft.source, draft.tokens_in, draft.tokens_out) == ("def title\n", 7, 3)


def test_the_key_is_not_shown() -> None:
    assert "k-1" not in repr(Endpoint(model="m", key="k-1"))
