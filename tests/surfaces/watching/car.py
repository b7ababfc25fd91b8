"""A car whose engine starts with the brake held, and lessons that hold it."""

from collections.abc import Mapping

from failonce.kinds.fixer import Moment
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, literal
from failonce.language.program import Program, Step
from tests.surfaces.watching.made import inserting


class Car:
    """Remembers what was done to it.

    `refusal` is what it raises where it does not start, `keys` what other keys raise, and
    `fault` what its brake raises.
    """

    def __init__(
        self,
        refusal: type[Exception] = ValueError,
        *,
        keys: Mapping[str, BaseException] | None = None,
        fault: BaseException | None = None,
    ) -> None:
        self.log: list[str] = []
        self.held = False
        self._refusal = refusal
        self._keys = {"wrong": refusal("Invalid argument: wrong key"), **(keys or {})}
        self._fault = fault

    def brake(self, force: float) -> str:
        """Press the brake."""
        self.log.append(f"brake {force:g}")
        self.held = force > 0
        if self._fault is not None and self.held:
            raise self._fault
        return "ok"

    def start(self, key: str = "") -> str:
        """Start the engine."""
        self.log.append("start")
        if not self.held:
            raise self._refusal("Invalid argument: hold the brake first")
        if key in self._keys:
            raise self._keys[key]
        return "running"


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
"""After the failure."""

_LOOK = Program(
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
LOOKED = inserting("start", _LOOK, moment=Moment.BEFORE, regex="")
"""Before the call, where the pedal is up."""
