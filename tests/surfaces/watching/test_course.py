"""What lessons do to a watched call: stop it, repair it, call others for it, run it again."""

# ruff: noqa: ARG001, PT011, PT012 - tools of tests take what they do not use
import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import failonce
from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from failonce.kinds.hint import Cache, CircuitBreaker, Fallback, Retry, Timeout
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, literal
from failonce.language.program import Program, Step
from failonce.model import Action, Arm
from failonce.policy import Policy
from failonce.surfaces.watching import tool as tools
from failonce.testing.samples import moved, proposed
from tests.surfaces.watching.made import Room, guardrail, hint, inserting, renaming, taught
from tests.surfaces.watching.made import room as made


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tools of other tests are known."""
    monkeypatch.setattr(tools, "_TOOLS", {})


class Car:
    """A car whose engine starts with the brake held, and remembers what was done to it."""

    def __init__(self, fault: BaseException | None = None) -> None:
        self.log: list[str] = []
        self.held = False
        self.fault = fault

    def brake(self, force: float) -> str:
        self.log.append(f"brake {force:g}")
        self.held = force > 0
        if self.fault is not None and force > 0:
            raise self.fault
        return "ok"

    def start(self, key: str = "") -> str:
        self.log.append("start")
        if not self.held:
            raise ValueError("Invalid argument: hold the brake first")
        if key == "bad":
            raise KeyboardInterrupt
        if key == "wrong":
            raise ValueError("Invalid argument: wrong key")
        return "running"

    def watched(self, *, awaited: bool) -> Any:
        """The two tools, as functions of this car; those that are awaited wrapped to block."""

        def brake(force: float) -> str:
            return self.brake(force)

        def start(key: str = "") -> str:
            return self.start(key)

        async def abrake(force: float) -> str:
            await asyncio.sleep(0)
            return self.brake(force)

        async def astart(key: str = "") -> str:
            await asyncio.sleep(0)
            return self.start(key)

        if not awaited:
            failonce.watch(brake)
            return failonce.watch(start)
        failonce.watch(tool="brake")(abrake)
        watched = failonce.watch(tool="start")(astart)
        return lambda key="": asyncio.run(watched(key))


HOLD = Program(
    steps=(
        Step(
            tool="brake",
            arguments=(("force", literal(1.0)),),
            undo=Step(tool="brake", arguments=(("force", literal(0.0)),)),
        ),
    )
)
HELD = inserting("start", HOLD, moment=Moment.AFTER_FAILURE, regex="hold the brake")
BOTH = pytest.mark.parametrize("awaited", [False, True])


def test_a_block_says_what_to_do_and_a_reason_passes_it(room: Room) -> None:
    """The tool does not run; with a reason it does, and the block is suspected to be wrong."""
    room.teach(guardrail("push", "force"))
    ran = []

    @failonce.watch
    def push(force: bool = False) -> str:
        ran.append(force)
        return "pushed"

    with pytest.raises(failonce.Blocked) as caught:
        push(force=True)
    assert "Leave `force` out." in str(caught.value)
    assert "failonce.override" in str(caught.value)
    assert (caught.value.tool, caught.value.lessons) == ("push", ("GR-00000001",))
    assert isinstance(caught.value, failonce.FailonceError)
    assert not ran
    with failonce.override("my own branch"):
        assert push(force=True) == "pushed"
    assert push() == "pushed"
    assert room.effects() == ["prevented", "wrong"]
    events = [e.event for e in room.store.entries() if e.event.action == "override"]
    assert [(e.subject, e.reason) for e in events] == [("GR-00000001", "my own branch")]
    assert len(room.calls("push")) == 2


def test_a_blocked_coroutine(room: Room) -> None:
    """The same for who awaits."""
    room.teach(guardrail("push", "force"))

    @failonce.watch
    async def push(force: bool = False) -> str:
        return "pushed"

    with pytest.raises(failonce.Blocked):
        asyncio.run(push(force=True))
    assert asyncio.run(push()) == "pushed"


def test_repaired_arguments_are_the_callers_own_objects(room: Room) -> None:
    """No snapshot reaches a tool."""
    room.teach(renaming("send", "to", "recipient"))
    body = {"deep": [object()]}

    @failonce.watch
    def send(recipient: str = "", body: object = None, to: str = "") -> tuple[str, object]:
        return recipient, body

    recipient, got = send(to="ann", body=body)
    assert recipient == "ann"
    assert got is body
    assert room.effects() == ["repaired"]
    assert "repaired" in failonce.advice()[0]
    assert failonce.advice() == []


def test_what_was_cut_is_not_run(room: Room) -> None:
    """A repair of an argument that the snapshot only describes leaves the call alone."""
    room.teach(renaming("save", "data", "content"))

    @failonce.watch
    def save(data: bytes = b"", content: object = None) -> object:
        return content or data

    assert save(data=b"abc") == b"abc"


def test_warnings_reach_the_agent(room: Room) -> None:
    """By `advice()` in its session, and by a callback; each session its own."""
    room.teach(guardrail("push", "force", Strength.WARN))
    heard = []

    @failonce.watch(on_advice=lambda advice: heard.append(advice.action))
    def push(force: bool) -> None: ...

    with failonce.session("s1") as one:
        push(force=True)
    with failonce.session("s2"):
        assert failonce.advice() == []
    assert one.advice() == ["Leave `force` out."]
    assert heard == ["warn"]


def test_a_warning_is_said_each_time_and_told_of_once(room: Room) -> None:
    """In each session; and no more where the lesson is gone."""
    room.teach(guardrail("push", "force", Strength.WARN))

    @failonce.watch
    def push(force: bool = False) -> None: ...

    for name in ("s1", "s2"):
        with failonce.session(name) as own:
            for _ in range(4):
                push(force=True)
                assert own.advice() == ["Leave `force` out."]
            push()
            assert own.advice() == []
    assert [x.session for x in room.exposures()] == ["s1", "s2"]
    (now,) = room.store.lessons()
    room.store.commit(moved(now, Action.UNDO))
    room.publish()
    with failonce.session("s1") as own:
        push(force=True)
        assert own.advice() == []


@BOTH
def test_a_repair_makes_another_watched_call(room: Room, awaited: bool) -> None:
    """After the failure the brake is held, then the engine starts; all of it is recorded."""
    room.teach(HELD)
    car = Car()
    start = car.watched(awaited=awaited)
    with failonce.session("s"):
        assert start() == "running"
    assert car.log == ["start", "brake 1", "start"]
    assert [(e.call.tool, e.failed) for e in room.calls()] == [
        ("start", True),
        ("brake", False),
        ("start", False),
    ]
    assert {e.call.session for e in room.calls()} == {"s"}
    assert room.effects() == ["repaired"]


@BOTH
def test_what_did_not_help_is_taken_back(room: Room, awaited: bool) -> None:
    """The caller sees the error of the last try, and the brake is as it was."""
    room.teach(HELD)
    car = Car()
    start = car.watched(awaited=awaited)
    with pytest.raises(ValueError, match="wrong key"):
        start("wrong")
    assert car.log == ["start", "brake 1", "start", "brake 0"]
    assert room.effects() == ["no_effect"]


@BOTH
def test_what_is_interrupted_is_taken_back(room: Room, awaited: bool) -> None:
    """Also by what no tool may catch."""
    room.teach(HELD)
    car = Car()
    start = car.watched(awaited=awaited)
    with pytest.raises(KeyboardInterrupt):
        start("bad")
    assert car.log == ["start", "brake 1", "start", "brake 0"]


def test_a_cancelled_task_takes_back(room: Room) -> None:
    """While an inserted call is awaited: the steps before it are undone."""
    door = Step(
        tool="door",
        arguments=(("open", literal(False)),),
        undo=Step(tool="door", arguments=(("open", literal(True)),)),
    )
    steps = Program(steps=(door, *HOLD.steps))
    room.teach(inserting("start", steps, moment=Moment.AFTER_FAILURE, regex="hold the brake"))
    log = []

    @failonce.watch(tool="door")
    async def door_(open: bool) -> None:
        log.append(f"door {open}")

    @failonce.watch
    async def brake(force: float) -> None:
        log.append("brake")
        await asyncio.sleep(60)

    @failonce.watch
    async def start() -> None:
        raise ValueError("Invalid argument: hold the brake first")

    async def main() -> None:
        task = asyncio.create_task(start())
        while "brake" not in log:
            await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert log == ["door False", "brake", "door True"]


LOOK = Program(
    looks=(Step(tool="pedal", name="here"),),
    when=(
        Comparison(
            left=Read(source=Source.RESULT, name="here"),
            relation=Relation.EQUALS,
            right=literal("up"),
        ),
    ),
    steps=HOLD.steps,
)


@pytest.mark.parametrize("state", ["up", "down"])
def test_a_look_decides_before_the_call(room: Room, state: str) -> None:
    """The brake is held only where the look says that it is needed."""
    room.teach(inserting("start", LOOK, moment=Moment.BEFORE, regex="hold the brake"))
    car = Car()
    start = car.watched(awaited=False)
    car.held = state == "down"

    @failonce.watch(read_only=True)
    def pedal() -> str:
        return state

    assert start() == "running"
    assert car.log == (["brake 1", "start"] if state == "up" else ["start"])
    assert room.effects() == (["repaired"] if state == "up" else [])


@BOTH
def test_a_step_that_fails_leaves_the_call_alone(room: Room, awaited: bool) -> None:
    """The error is the call's own; nothing is half done."""
    room.teach(HELD)
    car = Car(OSError("worn out"))
    start = car.watched(awaited=awaited)
    with pytest.raises(ValueError, match="hold the brake"):
        start()
    assert car.log == ["start", "brake 1"]


def test_without_the_other_tool_the_lesson_leaves_the_call_alone(room: Room) -> None:
    """Nobody here can hold the brake."""
    room.teach(HELD)

    @failonce.watch
    def start() -> None:
        raise ValueError("Invalid argument: hold the brake first")

    with pytest.raises(ValueError):
        start()
    assert len(room.calls()) == 1


def test_a_call_that_may_have_done_something_is_not_made_twice(room: Room) -> None:
    """Its answer was lost; unless its tool only reads, or the call has an idempotency key."""
    after = Moment.AFTER_FAILURE
    room.teach(renaming("pay", "sum", "amount", moment=after, regex="reset"))
    ran = []

    def pay(amount: int = 0, sum: int = 0, key: str = "") -> str:
        ran.append((amount, sum))
        if sum:
            raise ConnectionResetError("connection reset by peer")
        return "paid"

    with pytest.raises(ConnectionResetError):
        failonce.watch(pay)(sum=3)
    assert ran == [(0, 3)]
    assert failonce.watch(tool="pay", key="key")(pay)(sum=3, key="k1") == "paid"
    assert ran[1:] == [(0, 3), (3, 0)]


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


def test_sessions_that_go_without_a_lesson_are_counted(tmp_path: Path) -> None:
    """Half of them: not stopped, and told of as held out; the others stopped."""
    policy = Policy(holdout_canary=0.5, holdout_approved=0.5)
    with made(tmp_path, policy) as room:
        room.teach(renaming("send", "to", "recipient"))

        @failonce.watch
        def send(to: str = "", recipient: str = "") -> str:
            return "new" if recipient else "old"

        came = {}
        for n in range(40):
            with failonce.session(f"s{n}"):
                came[f"s{n}"] = send(to="ann")
        assert room.host.lost == 0
        held = {x.session for x in room.exposures(Arm.HOLDOUT)}
        assert held == {s for s, how in came.items() if how == "old"}
        assert {x.session for x in room.exposures()} == set(came) - held
        assert 5 < len(held) < 35


def test_a_session_without_a_lesson_does_not_hear_it(tmp_path: Path) -> None:
    """However often it calls, and whatever else it hears; told of once each."""
    with made(tmp_path, Policy(holdout_canary=0.5, holdout_approved=0.5)) as room:
        for n, name in enumerate("ab", 1):
            new = taught(n, guardrail("t", name, Strength.WARN), signatures=(f"f{n}",))
            room.store.commit(proposed(new))
            room.store.commit(moved(new, Action.APPROVE))
        room.publish()

        @failonce.watch
        def t(a: int = 0, b: int = 0) -> None: ...

        heard = {}
        for n in range(20):
            with failonce.session(f"s{n}") as own:
                for args in ({"a": 1}, {"b": 1}, {"a": 1, "b": 1}, {"a": 1}, {"a": 1, "b": 1}):
                    t(**args)
                    came = " ".join(own.advice())
                    for name in args:
                        key = f"s{n}", name
                        assert heard.setdefault(key, f"`{name}`" in came) is (f"`{name}`" in came)
        told = [(x.session, x.lesson) for x in room.exposures()]
        held = [(x.session, x.lesson) for x in room.exposures(Arm.HOLDOUT)]
        assert room.host.lost == 0
    ids = {"a": "GR-00000001", "b": "GR-00000002"}
    assert sorted(told) == sorted((s, ids[name]) for (s, name), yes in heard.items() if yes)
    assert sorted(held) == sorted((s, ids[name]) for (s, name), yes in heard.items() if not yes)
    assert len(told) > 5
    assert len(held) > 5


def test_what_comes_of_a_repaired_call_is_heeded_by_its_new_arguments(room: Room) -> None:
    """Who looks at what came of a call is told by its arguments; a repair gives it others."""
    room.teach(
        renaming("get", "old", "new"),
        renaming("get", "new", "newest", moment=Moment.AFTER_FAILURE, regex="no such name"),
    )

    @failonce.watch(read_only=True)
    def get(**given: int) -> str:
        return "found" if "newest" in given else "Failed: no such name"

    assert get(other=1) == "Failed: no such name"
    assert get(old=1) == "found"
    assert get(new=1) == "found"
    assert [e.call.args for e in room.calls()][-2:] == [{"new": 1}, {"newest": 1}]


@pytest.mark.parametrize("awaited", [False, True])
def test_words_are_said_again_without_being_told_again(tmp_path: Path, awaited: bool) -> None:
    """In every arm, while the same may speak, in the same session; and new ones at once."""
    with made(tmp_path, Policy(holdout_canary=0.5, holdout_approved=0.5)) as room:
        for n in range(6):
            _approve(room, n)
        watched = failonce.watch(tool="t")(_awaited if awaited else _plain)

        def heard(session: str, **args: int) -> str:
            with failonce.session(session) as own:
                asyncio.run(watched(**args)) if awaited else watched(**args)
                return " ".join(own.advice())

        first = {name: heard(name, a=1) for name in ("s1", "s2", "s3")}
        room.calls()
        told = len(room.store.exposures())
        assert told == 18
        assert len(set(first.values())) == 3, "each session goes without others"
        assert {name: heard(name, a=2) for name in first} == first
        room.calls()
        assert len(room.store.exposures()) == told
        _approve(room, 6)
        now = {name: heard(name, a=1) for name in first}
        room.calls()
        new = [x for x in room.store.exposures() if x.lesson == "GR-00000007"]
        assert len(new) == 3
        applied = {x.session for x in new if x.arm is Arm.APPLIED}
        assert now == {
            n: f"{said} Mind 6.".strip() if n in applied else said for n, said in first.items()
        }
        assert room.host.lost == 0


def _approve(room: Room, n: int) -> None:
    """A warning of a class of its own, in force."""
    body = replace(guardrail("t", "a", Strength.WARN), message=f"Mind {n}.")
    new = taught(n + 1, body, signatures=(f"f{n}",))
    room.store.commit(proposed(new))
    room.store.commit(moved(new, Action.APPROVE))
    room.publish()


def _plain(**given: int) -> None: ...


async def _awaited(**given: int) -> None: ...


def test_a_lesson_that_is_undone_is_gone(room: Room) -> None:
    """What is in force is what the newest file says."""
    room.teach(guardrail("push", "force"))

    @failonce.watch
    def push(force: bool) -> str:
        return "pushed"

    with pytest.raises(failonce.Blocked):
        push(force=True)
    from failonce.model import Action
    from failonce.testing.samples import moved

    (now,) = room.store.lessons()
    room.store.commit(moved(now, Action.UNDO))
    room.publish()
    assert push(force=True) == "pushed"
