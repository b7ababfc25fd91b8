"""Hints around calls, withheld from a share of the sessions and measured against those."""

import contextlib
from pathlib import Path

import pytest

import failonce
from failonce.compose import SystemClock
from failonce.kinds.hint import CircuitBreaker, Handler, RateLimit, Timeout
from failonce.measuring import Measuring
from failonce.model import Action, Arm, Effect
from failonce.outcome.measured import Measured, Word
from failonce.policy import Policy
from failonce.testing.samples import moved, proposed
from tests.surfaces.watching.made import Room, hint, taught
from tests.surfaces.watching.made import room as made

HALF = Policy(holdout_approved=0.5)


def approved(room: Room, handler: Handler) -> None:
    """A hint for the failures that `room` has recorded so far."""
    signatures = {e.signature for e in room.calls() if e.signature is not None}
    x = taught(1, hint("rates", handler), signatures=tuple(signatures))
    room.store.commit(proposed(x))
    room.store.commit(moved(x, Action.APPROVE))
    room.publish()


def outcome(room: Room) -> Measured:
    assert room.host.writer.flush(30)
    (lesson,) = room.store.lessons()
    return Measuring(store=room.store, clock=SystemClock()).measured(lesson)


def sessions(tool: object, count: int, calls: int = 3) -> None:
    for n in range(count):
        with failonce.session(f"session {n}", project="shop"):
            for _ in range(calls):
                with contextlib.suppress(Exception):
                    tool("EUR")  # type: ignore[operator]


def service(room: Room) -> object:
    """Takes one call a second, by the room's clock, which only waiting moves."""
    last = [-9.0]

    @failonce.watch(project="shop", read_only=True)
    def rates(currency: str) -> str:
        now = room.host.now()
        early, last[0] = now < last[0] + 1.0, now
        if early:
            raise OSError("429 Too Many Requests")
        return currency

    return rates


def test_a_rate_limit_is_proven_by_the_sessions_without_it(tmp_path: Path) -> None:
    """There the service refuses, and where the limit is nobody is refused."""
    with made(tmp_path, HALF) as room:
        rates = service(room)
        sessions(rates, 1)
        approved(room, RateLimit(requests_per_second=1, burst=1, max_wait_ms=5_000))
        sessions(rates, 60)
        without = {x.unit for x in room.exposures(Arm.HOLDOUT)}
        applied = {x.unit for x in room.exposures(Arm.APPLIED)}
        assert len(without) + len(applied) == 60
        assert not without & applied
        failed = {e.call.session for e in room.calls("rates")[3:] if e.failed}
        assert failed >= without
        measured = outcome(room)
        assert (measured.word, measured.stopped) == (Word.PROVEN, 0)
        assert measured.prevents.low > 0.3
        assert room.host.lost == 0, room.host.last


def test_a_limit_that_helps_nobody_has_no_effect(tmp_path: Path) -> None:
    """The service fails whatever happens: the sessions with the limit fail as well."""
    with made(tmp_path, HALF) as room:

        @failonce.watch(project="shop", read_only=True)
        def rates(currency: str) -> str:  # noqa: ARG001
            raise OSError("429 Too Many Requests")

        sessions(rates, 1)
        approved(room, RateLimit(requests_per_second=1, burst=1, max_wait_ms=5_000))
        sessions(rates, 60)
        measured = outcome(room)
        assert measured.help < 1
        assert measured.word is not Word.PROVEN
        assert measured.pending == 0


def test_a_caller_who_is_refused_has_no_answer_either(tmp_path: Path) -> None:
    """A breaker saves the wait; its sessions fail like those without it."""
    with made(tmp_path, HALF) as room:

        @failonce.watch(project="shop", read_only=True)
        def rates(currency: str) -> str:  # noqa: ARG001
            raise OSError("connection refused")

        sessions(rates, 1)
        approved(room, CircuitBreaker(failure_threshold=1))
        sessions(rates, 40)
        measured = outcome(room)
        assert measured.help < 1
        applied = room.exposures(Arm.APPLIED)
        refused = [x.unit for x in applied if x.effect is Effect.NO_EFFECT]
        assert len(refused) == len(set(refused)) > 5, "told once a session"
        assert sum(row.good_applied for row in measured.rows) == 0


def test_calls_that_are_refused_although_they_would_work_are_harm(tmp_path: Path) -> None:
    """One failure opens the breaker, and the sessions without it are served."""
    with made(tmp_path, HALF) as room:
        answers = ["down"]

        @failonce.watch(project="shop", read_only=True)
        def rates(currency: str) -> str:
            if answers:
                raise OSError(answers.pop())
            return currency

        approved(room, CircuitBreaker(failure_threshold=1, cooldown_ms=60_000))
        sessions(rates, 60)
        assert outcome(room).harmful


def test_a_call_given_up_counts_against_its_session(tmp_path: Path) -> None:
    """The timeout is shorter than the tool takes, which works where it may."""
    with made(tmp_path, HALF) as room:
        pause = [0.0]

        @failonce.watch(project="shop", read_only=True)
        def rates(currency: str) -> str:
            import time

            time.sleep(pause[0])
            return currency

        approved(room, Timeout(timeout_ms=100))
        pause[0] = 0.15
        sessions(rates, 16, calls=1)
        given_up = {e.call.session for e in room.calls("rates") if e.failed}
        assert given_up == {x.unit for x in room.exposures(Arm.APPLIED)}
        assert outcome(room).harm > 1


def test_those_that_are_withheld_say_so_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="failonce.decisions")
    with made(tmp_path, HALF) as room:
        rates = service(room)
        approved(room, RateLimit(requests_per_second=1, burst=1, max_wait_ms=5_000))
        sessions(rates, 12, calls=1)
        told = {r.failonce["session"]: r.failonce for r in caplog.records}  # type: ignore[attr-defined]
        without = {x.unit for x in room.exposures(Arm.HOLDOUT)}
        assert without
        for session, found in told.items():
            hinted, skipped = found["hints"], found["skipped"]
            if session in without:
                why = "withheld, to see what happens without it"
                assert (hinted, skipped) == ({}, {"GR-00000001": why})
            else:
                assert list(hinted) == ["GR-00000001"]
                assert skipped == {}
