"""Generated histories: tools that fail for reasons, calls of them, lessons that meet in them."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from failonce.compose import SystemClock
from failonce.kinds.behaviour import Behaviour
from failonce.kinds.fixer import ArgumentsFixer, Fit, FittingFixer, Moment
from failonce.kinds.guardrail import Guardrail, Strength
from failonce.kinds.hint import Retry
from failonce.kinds.recent import Unless
from failonce.kinds.rule import Rule
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, literal
from failonce.language.predicate import Condition, Predicate, Shape, Test
from failonce.language.program import Program, Step
from failonce.language.transform import Op
from failonce.language.transform import Step as Turn
from failonce.model import Call, Parameter, Recording, ToolSpec
from failonce.policy import DEFAULT
from failonce.surfaces.watching.reports import Desk
from failonce.surfaces.worded import words
from failonce.testing.samples import START
from tests.made import has, turning
from tests.surfaces.watching.made import PROJECT, guardrail, hint, inserting, renaming

READERS = ("fetch", "rate", "seats", "look")
TOOLS = (*READERS, "push", "start", "brake", "order")
SECRET = "sk-proj-" + "a1B2c3D4e5F6g7H8" * 2
SPECS = (
    ToolSpec(
        name="seats",
        parameters=(
            Parameter(name="flight", types=("string",), required=True),
            Parameter(name="count", types=("integer",)),
        ),
        closed=True,
        read_only=True,
        digest="d1",
    ),
)
"""What is known of tools, besides what they say of themselves as they are watched."""


class World:
    """The tools, anew for each recorded call: the same calls in the same order come to the same.

    `ran` are the calls that were made.
    """

    def __init__(self) -> None:
        self.ran: list[tuple[str, dict[str, Any]]] = []
        self._held = False
        self._times: Counter[str] = Counter()

    def call(self, tool: str, args: Mapping[str, Any]) -> object:
        """Make a call."""
        self.ran.append((tool, dict(args)))
        found: object = getattr(self, f"_{tool}")(**args)
        return found

    def _fetch(self, **args: Any) -> object:
        if "url" in args:
            raise TypeError("fetch() got an unexpected keyword argument 'url'")
        if args.get("path") == "gone.txt":
            raise FileNotFoundError("No such file: gone.txt")
        if args.get("path") == "old.txt":
            return "Error: ENOENT: no such file or directory, open 'old.txt'"
        if args.get("path") == "private.txt":
            raise PermissionError("The user doesn't want to proceed with this tool use.")
        if "token" in args:
            raise PermissionError(f"the token {args['token']} may not read {args.get('path')}")
        return {"text": f"content of {args.get('path')}", "size": len(args)}

    def _rate(self, **args: Any) -> object:
        self._times["rate"] += 1
        if self._times["rate"] <= int(args.get("busy", 0)):
            raise ConnectionError("HTTP 429 Too Many Requests; Retry-After: 2")
        return f"the rate of {args.get('day')} is 3.5"

    def _seats(self, **args: Any) -> object:
        if not isinstance(args.get("count", 1), int):
            raise ValueError("Invalid argument: `count` must be an integer")
        return [f"{args.get('flight')}-{n}" for n in range(args.get("count", 1))]

    def _look(self, **args: Any) -> object:
        return "empty" if args.get("at") == "a" else "full"

    def _push(self, **args: Any) -> object:
        if args.get("force"):
            raise RuntimeError("Rejected: force is not allowed on this branch")
        if args.get("branch") == "main":
            raise RuntimeError("Rejected: quota of pushes exceeded for main")
        return "pushed"

    def _start(self, **args: Any) -> object:
        if not self._held:
            raise ValueError("Invalid argument: hold the brake first")
        if args.get("key") == "wrong":
            raise ValueError("Invalid argument: wrong key for this car")
        return "running"

    def _brake(self, **args: Any) -> object:
        self._held = bool(args.get("force"))
        if args.get("force") == 2:
            raise RuntimeError("the pedal is stuck")
        return "ok"

    def _order(self, **args: Any) -> object:
        if args.get("item") == "table":
            raise TimeoutError("No answer within 30 s")
        if args.get("item") == "lamp":
            raise RuntimeError("the pricing module collapsed")
        if args.get("item") == "shelf":
            raise RuntimeError(f"stock ledger is out of step by {len(args)}")
        if args.get("to") == "b" or "item" not in args:
            raise ValueError(f"Invalid order: {sorted(args)}")
        return f"ordered {args['item']}"


VALUES: Mapping[str, Sequence[Any]] = {
    "url": ("http://x/a.txt", "a.txt"),
    "path": ("a.txt", "gone.txt", "old.txt", "private.txt", "/etc/hosts", "~/notes", "x" * 70_000),
    "token": (SECRET, "short"),
    "note": ("see below", "", None, 3.5, "größe", ["a", {"b": 1}]),
    "day": ("2026-01-02", "monday"),
    "busy": (0, 1, 2),
    "flight": ("LH1", 7),
    "count": (2, "2", "two"),
    "seat": (1,),
    "at": ("a", "b"),
    "branch": ("main", "topic"),
    "force": (True, 1, 2, 0),
    "key": ("wrong", "right"),
    "item": ("chair", "table", "lamp", "shelf"),
    "to": ("a", "b"),
}
TAKEN: Mapping[str, Sequence[str]] = {
    "fetch": ("url", "path", "note", "token"),
    "rate": ("day", "busy"),
    "seats": ("flight", "count", "seat"),
    "look": ("at",),
    "push": ("branch", "force", "note"),
    "start": ("key", "note"),
    "brake": ("force",),
    "order": ("item", "to", "note"),
}


Made = tuple[str, dict[str, Any]]
"""A call: its tool and what it is given."""


def drawn(rng: random.Random, count: int) -> list[Made]:
    """So many calls; one in four is the one before it again."""
    found: list[Made] = []
    for _ in range(count):
        if found and rng.random() < 0.25:
            found.append(found[-1])
            continue
        tool = rng.choice(TOOLS)
        names = [name for name in TAKEN[tool] if rng.random() < 0.5]
        found.append((tool, {name: rng.choice(VALUES[name]) for name in names}))
    return found


def signature(tool: str, args: Mapping[str, Any]) -> str:
    """The class of the failure that a call comes to, as it stands in recordings."""
    try:
        World().call(tool, args)
    except Exception as error:
        desk = Desk(SystemClock(), DEFAULT)
        recording = Recording(call=Call(tool=tool, args=args), text=words(error), flagged=True)
        found = desk.take(recording, START, PROJECT).signature
        assert found is not None
        return found
    raise AssertionError("it works")


def _step(tool: str, name: str, do: Any, undo: Any, *, back: bool = False) -> Step:
    taken_back = Step(tool=tool, arguments=((name, literal(undo)),))
    return Step(tool=tool, arguments=((name, literal(do)),), undo=taken_back, back=back)


def _held(*, back: bool = False) -> Program:
    """Hold the brake, and let it go again: in any case, or where the call failed."""
    return Program(steps=(_step("brake", "force", 1.0, 0.0, back=back),))


def _looking(says: str) -> Program:
    """Look where the order goes; what is seen there must be this."""
    seen = Read(source=Source.RESULT, name="there")
    at = (("at", Read(source=Source.ARGUMENT, name="to")),)
    return Program(
        looks=(Step(tool="look", arguments=at, name="there"),),
        when=(Comparison(left=seen, relation=Relation.EQUALS, right=literal(says)),),
    )


def stopping(tool: str, **fields: Any) -> Guardrail:
    """Stops calls of a tool, as the fields say."""
    made: dict[str, Any] = {
        "component": tool,
        "when": Predicate(),
        "fingerprint": "",
        "message_regex": "",
        "strength": Strength.BLOCK,
        "message": f"Do not call `{tool}` like this.",
    } | fields
    return Guardrail(**made)


def _on(name: str, test: Test, operand: str = "") -> Predicate:
    return Predicate(conditions=(Condition(path=(name,), test=test, operand=operand),))


def _leaving_out(tool: str, name: str, *, regex: str = "", fingerprint: str = "") -> ArgumentsFixer:
    """After this failure: the same call without an argument."""
    return turning(
        tool,
        Turn(op=Op.DROP, argument=name),
        moment=Moment.AFTER_FAILURE,
        when=has(name),
        fingerprint=fingerprint,
        message_regex=regex,
    )


def lessons() -> tuple[Behaviour, ...]:
    """Lessons of every kind and form; many meet in one call."""
    quota = signature("push", {"branch": "main"})
    url = signature("fetch", {"url": "a"})
    token = signature("fetch", {"path": "a.txt", "token": SECRET})
    return (
        renaming("fetch", "url", "path"),
        _leaving_out("fetch", "url", fingerprint=url),
        turning(
            "fetch",
            Turn(op=Op.ADD_PREFIX, argument="path", text="/home"),
            when=_on("path", Test.SHAPE, Shape.HOME_PATH),
            fingerprint="",
        ),
        _leaving_out("fetch", "token", fingerprint=token),
        _leaving_out("fetch", "path", regex="no such file|want to proceed"),
        _leaving_out("order", "note", regex="No answer within"),
        _leaving_out("order", "item", regex="module collapsed"),
        _leaving_out("order", "item", fingerprint=signature("order", {"item": "shelf"})),
        guardrail("fetch", "note", Strength.WARN),
        stopping("fetch", when=_on("path", Test.NAMES, "hosts")),
        stopping("fetch", repeated=1, unchanged_by=("look",)),
        *(Rule(component=tool, sentence=f"Mind {what} in {tool}.")
          for tool in ("fetch", "order") for what in ("names", "sizes", "dates", "costs")),
        hint("rate", Retry(max_retries=1, delay_ms=500), "Too Many Requests"),
        stopping("rate", strength=Strength.WARN, when=_on("day", Test.NOT_SHAPE, Shape.ISO_DATE)),
        FittingFixer(component="seats", fit=Fit.SCHEMA),
        stopping("push", fingerprint=quota, failing=2),
        guardrail("push", "force"),
        inserting("start", _held(), moment=Moment.AFTER_FAILURE, regex="hold the brake"),
        inserting("start", _held(back=True), moment=Moment.AFTER_FAILURE, regex="hold the brake"),
        stopping("brake", when=_on("force", Test.TYPE, "boolean")),
        stopping("order", look=_looking("full"), when=has("to")),
        inserting(
            "order",  # in vain; and of what takes it back the first call fails
            Program(steps=(_step("look", "at", "a", "b"), _step("brake", "force", 1.0, 2.0))),
            moment=Moment.AFTER_FAILURE,
            regex="Invalid order",
        ),
        stopping("order", strength=Strength.WARN, unless=Unless(tools=("look",))),
        inserting(
            "order",
            Program(
                looks=_looking("empty").looks,
                when=_looking("empty").when,
                leave_out=("to",),
            ),
            moment=Moment.BEFORE,
            regex="",
        ),
    )  # fmt: skip
