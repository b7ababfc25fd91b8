"""What is logged of the decision on each call."""

# ruff: noqa: ARG001 - tools of tests take what they do not use
import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import failonce
from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from failonce.kinds.hint import Metrics, Retry
from failonce.kinds.rule import Rule
from failonce.model import Action
from failonce.policy import Policy
from failonce.surfaces.watching.decisions import LOG, Skipped
from failonce.testing.samples import proposed
from tests.surfaces.watching.car import HOLD
from tests.surfaces.watching.history import stopping
from tests.surfaces.watching.made import Room, guardrail, hint, inserting, renaming, taught
from tests.surfaces.watching.made import room as made


class Listener(logging.Handler):
    """What was logged, newest last."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def last(self) -> dict[str, Any]:
        """The newest decision, and no other since it was last asked for."""
        (record,) = self.records
        self.records.clear()
        assert (record.name, record.levelno) == ("failonce.decisions", logging.DEBUG)
        found: dict[str, Any] = record.failonce  # type: ignore[attr-defined]
        assert json.loads(json.dumps(found)) == found
        assert record.getMessage().startswith(f"{found['tool']}: {found['outcome']}. ")
        return found


@pytest.fixture
def log(fresh: None) -> Iterator[Listener]:
    listener = Listener()
    LOG.addHandler(listener)
    LOG.setLevel(logging.DEBUG)
    yield listener
    LOG.setLevel(logging.NOTSET)
    LOG.removeHandler(listener)


@pytest.mark.proves("C22a")
def test_who_was_asked_what_each_did_and_why_others_did_nothing(room: Room, log: Listener) -> None:
    """Conditions, words within the budget, who stops a call, and a reason that passes the block."""
    room.teach(
        guardrail("push", "force"),
        guardrail("push", "dry", Strength.WARN),
        *(Rule(component="push", sentence=f"Mind {n}.") for n in range(4)),
    )

    @failonce.watch
    def push(**given: bool) -> str:
        return "pushed"

    every = [f"GR-0000000{n}" for n in range(1, 7)]
    assert push() == "pushed"
    found = log.last
    assert (found["tool"], found["project"], found["outcome"]) == ("push", "shop", "worked")
    assert found["considered"] == every
    assert found["applied"] == dict.fromkeys(every[2:5], "was shown")
    assert found["skipped"] == {
        every[0]: Skipped.CONDITIONS,
        every[1]: Skipped.CONDITIONS,
        every[5]: Skipped.BUDGET,
    }
    with pytest.raises(failonce.Blocked):
        push(force=True, dry=True)
    found = log.last
    assert (found["outcome"], found["attempts"]) == ("stopped", 0)
    assert found["applied"] == {every[0]: "stopped it"}
    assert set(found["skipped"].values()) == {Skipped.PRECEDENCE}
    with failonce.override("my own branch"):
        push(force=True)
    found = log.last
    assert found["skipped"][every[0]] == Skipped.OVERRIDDEN
    assert "my own branch" not in str(found)


def test_repairs_before_the_call_and_after_it_failed(room: Room, log: Listener) -> None:
    """What changed the call, what was tried in vain, and what was about another failure."""
    after = Moment.AFTER_FAILURE
    room.teach(
        renaming("read", "url", "path"),
        renaming("read", "path", "file", moment=after, regex="unexpected"),
        renaming("read", "file", "name", moment=after, regex="unexpected"),
        renaming("read", "file", "other", moment=after, regex="quota"),
    )

    @failonce.watch
    def read(**given: str) -> str:
        raise TypeError(f"Invalid argument: unexpected {sorted(given)}")

    with pytest.raises(TypeError):
        read(url="a")
    found = log.last
    assert (found["outcome"], found["attempts"]) == ("failed (invalid_args)", 3)
    assert found["applied"]["GR-00000001"] == "changed the call"
    left = {**found["applied"], **found["skipped"]}
    assert left["GR-00000004"] == Skipped.NO_FAILURE
    assert {"GR-00000002", "GR-00000003"} <= left.keys()


def test_who_must_not_or_cannot_act_says_so(room: Room, log: Listener) -> None:
    """A call that may have been carried out; a repair with calls of tools nobody watches."""
    after = Moment.AFTER_FAILURE
    room.teach(
        renaming("pay", "sum", "amount", moment=after, regex="reset"),
        inserting("start", HOLD, moment=after, regex="hold the brake"),
    )

    @failonce.watch
    def pay(**given: int) -> str:
        raise ConnectionResetError("connection reset by peer")

    @failonce.watch
    def start() -> str:
        raise ValueError("Invalid argument: hold the brake first")

    for tool, given, lesson, why in (
        (pay, {"sum": 3}, "GR-00000001", Skipped.NOT_TWICE),
        (start, {}, "GR-00000002", Skipped.DECLINED),
    ):
        with pytest.raises((OSError, ValueError)):
            tool(**given)
        found = log.last
        assert (found["applied"], found["skipped"]) == ({}, {lesson: why})
        assert found["attempts"] == 1


@pytest.mark.proves("C22a")
@pytest.mark.parametrize("awaited", [False, True])
def test_what_hints_did_around_the_call(room: Room, log: Listener, awaited: bool) -> None:
    """Each that acted, also where there was nothing to do."""
    room.teach(hint("query", Retry(max_retries=2, jitter=0), "locked"), hint("query", Metrics()))
    fails = [2]

    def query(sql: str) -> str:
        fails[0] -= 1
        if fails[0] >= 0:
            raise OSError("database is locked")
        return "rows"

    async def aquery(sql: str) -> str:
        await asyncio.sleep(0)
        return query(sql)

    watch = failonce.watch(tool="query", read_only=True)
    call = (lambda: asyncio.run(watch(aquery)("s"))) if awaited else lambda: watch(query)("s")
    assert call() == "rows"
    found = log.last
    assert (found["outcome"], found["attempts"]) == ("worked", 3)
    assert found["hints"]["GR-00000001"] == ["retried", "retried"]
    assert call() == "rows"
    assert log.last["hints"] == {"GR-00000001": [], "GR-00000002": ["measured"]}
    fails[0] = 9
    with pytest.raises(OSError, match="locked"):
        call()
    found = log.last
    assert found["hints"]["GR-00000001"][-1] == "gave_up"
    assert found["outcome"].startswith("failed")


def test_those_that_are_withheld_or_only_watch(tmp_path: Path, log: Listener) -> None:
    """As the unit draws, and as nobody approved them yet."""
    with made(tmp_path, Policy(holdout_approved=0.9)) as room:
        room.teach(guardrail("fetch", "force"))
        room.store.commit(proposed(taught(2, guardrail("fetch", "note"))))
        room.publish()

        @failonce.watch(read_only=True)
        def fetch(**given: int) -> str:
            return "fetched"

        seen = set()
        for n in range(30):
            with failonce.session(f"s{n}", project="shop"):
                try:
                    fetch(force=1)
                except failonce.Blocked:
                    assert log.last["applied"] == {"GR-00000001": "stopped it"}
                    continue
            found = log.last
            assert found["applied"] == {}
            assert found["skipped"]["GR-00000002"] == Skipped.WATCHES
            seen.add(found["skipped"]["GR-00000001"])
        assert seen == {Skipped.WITHHELD}
        assert room.host.lost == 0


def test_blocks_and_generators_too(room: Room, log: Listener) -> None:
    """Once they are over; also where the one who reads had enough."""
    room.teach(renaming("lines", "url", "path"), hint("lines", Retry(), "locked"))

    @failonce.watch
    def lines(**given: str) -> Iterator[str]:
        yield from given

    assert list(lines(url="a")) == ["path"]
    found = log.last
    assert found["applied"] == {"GR-00000001": "changed the call"}
    assert found["skipped"] == {"GR-00000002": Skipped.CANNOT}
    with failonce.watching("lines", {"url": "a"}, project="shop") as call:
        call.result = call.args
    assert log.last["outcome"] == "worked"
    with pytest.raises(ZeroDivisionError), failonce.watching("lines", {"x": 1}, project="shop"):
        _ = 1 / 0
    assert log.last["outcome"].startswith("failed")


def test_where_nobody_listens_nothing_is_written_and_the_same_is_decided(
    room: Room, log: Listener
) -> None:
    """Nor of a tool that no lesson concerns."""
    room.teach(stopping("push", repeated=2), renaming("push", "url", "path"))

    @failonce.watch
    def push(**given: str) -> str:
        raise ValueError(f"Invalid argument {sorted(given)}")

    @failonce.watch
    def free() -> str:
        return "free"

    def session(name: str) -> list[str]:
        ends = []
        with failonce.session(name):
            for _ in range(4):
                try:
                    push(url="a")
                except (ValueError, failonce.Blocked) as error:
                    ends.append(str(error))
            free()
        return ends

    listened = session("a")
    assert [r.failonce["outcome"] for r in log.records] == [  # type: ignore[attr-defined]
        "failed (invalid_args)", "failed (invalid_args)", "stopped", "stopped"
    ]  # fmt: skip
    log.records.clear()
    LOG.setLevel(logging.INFO)
    assert session("b") == listened
    assert not log.records
    overridden = [e for e in room.store.entries() if e.event.action is Action.OVERRIDE]
    assert not overridden
