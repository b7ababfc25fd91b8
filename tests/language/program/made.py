"""Programs in few words, and what became of them."""

from collections.abc import Callable, Iterable
from typing import Any

from failonce.language.expression import Read, Source, literal
from failonce.language.program import Planned, Program, Step
from failonce.model import Answer, Call, Category, Failure, Json

FAILED = Answer(text="no", failure=Failure(message="no", signature="f", category=Category.UNKNOWN))


CALL = Call(
    tool="open",
    args={"path": "a/b.txt"},
    raw="{}",
    session="s",
    project="p",
    task="t",
    trace="x",
    parent="y",
)


ITEM = Read(source=Source.ITEM)


def ran(
    program: Program,
    run: Callable[[Call], Answer],
    call: Call = CALL,
    *,
    error: str = "",
    blamed: str = "",
) -> tuple[Planned | None, list[Call]]:
    """What became of a program, and the calls that it made."""
    made: list[Call] = []
    running = program.run(call, error=error, blamed=blamed)
    try:
        wanted = next(running)
        while True:
            made.append(wanted)
            wanted = running.send(run(wanted))
    except StopIteration as done:
        planned: Planned | None = done.value
        return planned, made


def says(**texts: str) -> Callable[[Call], Answer]:
    """Answers by the name of the tool; every other tool fails."""
    return lambda call: Answer(text=texts[call.tool]) if call.tool in texts else FAILED


def works(call: Call) -> Answer:
    return Answer(text=call.tool)


def in_short(calls: Iterable[Call]) -> list[str]:
    return [" ".join((c.tool, *map(str, (c.args or {}).values()))) for c in calls]


def look(tool: str, name: str, **arguments: Any) -> Step:
    return Step(tool=tool, name=name, arguments=tuple(arguments.items()))


def step(tool: str, *words: Json, undo: str = "", back: str = "", **more: Any) -> Step:
    arguments = tuple((f"a{i}", literal(w)) for i, w in enumerate(words))
    taken = Step(tool=undo or back, arguments=arguments) if undo or back else None
    return Step(tool=tool, arguments=arguments, undo=taken, back=bool(back), **more)
