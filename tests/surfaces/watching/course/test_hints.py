"""What hints do to a watched call: run it again, give it up, answer from elsewhere."""

# ruff: noqa: ARG001, PT011, PT012 - tools of tests take what they do not use
import asyncio
import time

import pytest

import failonce
from failonce.kinds.hint import Cache, CircuitBreaker, Fallback, Retry, Timeout
from tests.surfaces.watching.made import Room, guardrail, hint, renaming

pytestmark = pytest.mark.usefixtures("fresh")
BOTH = pytest.mark.parametrize("awaited", [False, True])


@BOTH
def test_a_retry_waits_and_helps(room: Room, awaited: bool) -> None:
    """The waiting is the injected one; each try is recorded, and the lesson recovered the call."""
    room.teach(hint("query", Retry(delay_ms=200, jitter=0), "locked"))
    ran = []

    def work(sql: str) -> str:
        ran.append(sql)
        if len(ran) < 3:
            raise OSError("database is locked")
        return "rows"

    async def awork(sql: str) -> str:
        await asyncio.sleep(0)
        return work(sql)

    if awaited:
        assert asyncio.run(failonce.watch(tool="query", read_only=True)(awork)("s")) == "rows"
    else:
        assert failonce.watch(tool="query", read_only=True)(work)("s") == "rows"
    assert room.slept == [0.2, 0.4]
    assert [(e.attempt, e.failed) for e in room.calls()] == [(1, True), (2, True), (3, False)]
    assert room.effects() == ["recovered"]
    assert room.host.status().events["retried"] == 2


def test_a_retry_in_vain_raises_the_tools_own_error(room: Room) -> None:
    """The last one; it is not retried again by what is said after a failure."""
    room.teach(hint("query", Retry(max_retries=2, delay_ms=1), "locked"))
    errors = []

    @failonce.watch(read_only=True)
    def query() -> None:
        errors.append(OSError("database is locked"))
        raise errors[-1]

    with pytest.raises(OSError) as caught:
        query()
    assert caught.value is errors[-1]
    assert len(errors) == 3
    assert room.effects() == ["no_effect"]


@BOTH
def test_a_call_that_takes_too_long(room: Room, awaited: bool) -> None:
    """`TimeoutError`, and a failure of the tool in the recordings."""
    room.teach(hint("slow", Timeout(timeout_ms=30)))

    def slow() -> None:
        time.sleep(0.3)

    async def aslow() -> None:
        await asyncio.sleep(5)

    with pytest.raises(TimeoutError, match="given up"):
        if awaited:
            asyncio.run(failonce.watch(tool="slow")(aslow)())
        else:
            failonce.watch(slow)()
    time.sleep(0.4)
    (taken,) = room.calls("slow")
    assert (taken.failed, str(taken.finding.category)) == (True, "timeout")


def test_a_fallback_answers_and_is_itself_asked_about(room: Room) -> None:
    """Its own lessons hold for it; where they stop it, the first error stands."""
    room.teach(
        hint("search", Fallback(fallback_cap="index")),
        renaming("index", "q", "text"),
        guardrail("index", "force"),
    )

    @failonce.watch(read_only=True)
    def search(q: str, force: bool | None = None) -> str:
        raise ConnectionError("down")

    @failonce.watch(read_only=True)
    def index(text: str = "", q: str = "", force: bool | None = None) -> str:
        return f"found {text}"

    assert search("x") == "found x"
    with pytest.raises(ConnectionError):
        search("x", force=True)


def test_a_cache_forgets_when_something_was_written(room: Room) -> None:
    """Also where the writing tool has no lesson at all."""
    room.teach(hint("get", Cache()))
    ran = []

    @failonce.watch(read_only=True)
    def get(id: int) -> int:
        ran.append(id)
        return id

    @failonce.watch
    def put(id: int) -> None: ...

    assert [get(1), get(1)] == [1, 1]
    assert ran == [1]
    put(1)
    assert get(1) == 1
    assert ran == [1, 1]


def test_an_open_breaker_raises(room: Room) -> None:
    """The tool is not called, and the error says who refused."""
    room.teach(hint("ping", CircuitBreaker(failure_threshold=2)))
    ran = []

    @failonce.watch
    def ping() -> None:
        ran.append(1)
        raise ConnectionError("down")

    for _ in range(2):
        with pytest.raises(ConnectionError):
            ping()
    with pytest.raises(failonce.Blocked, match="circuit-breaker"):
        ping()
    assert len(ran) == 2
