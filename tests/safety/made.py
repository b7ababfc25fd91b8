"""What tools say of themselves, and everyday histories, in as few words as a history needs."""

from dataclasses import replace

from failonce.model import Json, Parameter, ToolSpec
from tests.safety.tape import Tape


def given(name: str, *choices: Json, required: bool = True) -> Parameter:
    """A parameter that takes a text, or one of some."""
    return Parameter(name=name, types=("string",), required=required, choices=choices)


def tool(name: str, *parameters: str | Parameter, closed: bool = True, **claims: bool) -> ToolSpec:
    """A tool; a parameter that is only named takes any text and is required."""
    taken = tuple(given(p) if isinstance(p, str) else p for p in parameters)
    made = ToolSpec(name=name, parameters=taken, closed=closed, digest=f"schema-of-{name}")
    return replace(made, **claims)


def tools(*specs: ToolSpec) -> dict[str, ToolSpec]:
    """Tools by their names."""
    return {spec.name: spec for spec in specs}


def reading(*names: str, **claims: bool) -> dict[str, ToolSpec]:
    """Tools that say of themselves that they read only, and nothing of what they take."""
    return tools(*(tool(name, closed=False, read_only=True, **claims) for name in names))


def usual(
    t: Tape, *names: str, took: float | None = 100, sessions: int = 16, each: int = 12
) -> None:
    """Good calls of tools that are each asked for an `id`, `took` milliseconds long."""
    t.every(duration_ms=took)
    t.around({name: lambda t: {"id": t.code()} for name in names}, each=each, sessions=sessions)
    t.every()


def passing(
    t: Tape, name: str, error: str, *, sessions: int = 24, after: float = 8, **failing: float
) -> None:
    """The same call fails, and works `after` seconds later."""
    for _ in t.sessions(sessions):
        args = {"id": t.code()}
        t.bad(name, args, error, **failing)
        t.good(name, args, after=after)
