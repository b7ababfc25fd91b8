"""What may be asked of our own server, argument by argument: the schemas that clients see.

Nothing else is taken, and nothing is turned into another type: what does not fit is told.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from failonce.errors import BadInput
from failonce.language.visibility import hidden
from failonce.surfaces.mcp.answers import shown

PLAN: Final = 200_000
"""Characters of a plan."""
_SHOWN: Final = 5
_UNTOLD: Final = frozenset({"title", "anyOf", "default", "additionalProperties"})


def _sound(text: str) -> str:
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError("it holds half a character")
    return text


def _seen(text: str) -> str:
    if found := hidden(_sound(text)):
        raise ValueError(f"it holds characters that nobody can see ({', '.join(found[:_SHOWN])})")
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_seen)]
Text = Annotated[str, AfterValidator(_sound)]


class Asked(BaseModel):
    """Arguments of a tool, none of which is anything else than it says."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Nothing(Asked):
    """No arguments."""


class LearnRule(Asked):
    """Requirement N6."""

    skill_name: Annotated[
        Name, Field(description="The tool, server or skill that it is about, such as `fetch`.")
    ]
    rule_content: Annotated[
        Text,
        Field(
            max_length=4_000,
            description="One plain sentence of at most 300 characters: what to do, and when.",
        ),
    ]
    reason: Annotated[
        Text, Field(max_length=20_000, description="What went wrong: the error, or the context.")
    ]


class Recall(Asked):
    """Tools by name, an intent, a plan: any of them."""

    tools: Annotated[
        tuple[Name, ...],
        Field(strict=False, max_length=50, description="Exact names of tools about to be used."),
    ] = ()
    intent: Annotated[
        Text,
        Field(max_length=4_000, description="What is about to be done; tools it names count."),
    ] = ""
    plan: Annotated[
        Text,
        Field(max_length=PLAN, description="A plan whose calls count: JSON steps, or RTFS."),
    ] = ""


class ReportFailure(Asked):
    """A failed call of a tool."""

    tool: Annotated[Name, Field(description="The tool that failed.")]
    error: Annotated[
        Text, Field(min_length=1, max_length=200_000, description="What it said, as it said it.")
    ]
    args: Annotated[
        dict[str, Any] | None,
        Field(description="The arguments of the call. Without them nothing can be repaired."),
    ] = None


class ReportWrong(Asked):
    """A lesson that did harm."""

    lesson: Annotated[Name, Field(description="Its id, such as GR-1A2B3C4D.")]
    reason: Annotated[
        Text, Field(min_length=1, max_length=2_000, description="Why the call was right.")
    ]


class Failures(Asked):
    """Which failures to list."""

    tool: Annotated[Name | None, Field(description="Only of this tool.")] = None
    category: Annotated[
        Name | None, Field(description="Only of this cause, such as `timeout`.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Which(Asked):
    """One failure."""

    failure: Annotated[Name, Field(description="The id of a failure, or of its class.")]


class Unknown(Asked):
    """A tool that is missing (H28)."""

    text: Annotated[
        Text, Field(min_length=1, max_length=2_000, description="What the tool should do.")
    ]


class ToolFailure(Asked):
    """A tool that failed (H20)."""

    tool_name: Annotated[Name, Field(description="The tool that failed.")]
    error: Annotated[Text, Field(min_length=1, max_length=20_000, description="What it said.")]
    user_intent: Annotated[
        Text, Field(max_length=2_000, description="What was about to be done.")
    ] = ""


A = TypeVar("A", bound=Asked)


def read(model: type[A], given: Mapping[str, Any] | None) -> A:
    """The arguments as they were asked for; raises `BadInput` naming those that do not fit."""
    try:
        return model.model_validate(dict(given or {}))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        takes = ", ".join(f"`{name}`" for name in model.model_fields) or "nothing"
        what = "; ".join(_words(e["type"], e["loc"], e["msg"]) for e in found[:_SHOWN])
        more = f"; {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise BadInput(f"{what}{more}. It takes {takes}.") from None
    except RecursionError:
        raise BadInput("The arguments are nested too deep.") from None


def schema(model: type[Asked]) -> dict[str, Any]:
    """The JSON Schema of the arguments, without what only Python wants to know."""
    found = model.model_json_schema()
    required = found.get("required", [])
    return {
        "type": "object",
        "properties": {n: _plain(p) for n, p in found.get("properties", {}).items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _plain(found: Any) -> Any:
    """One parameter as every client reads it: what may be left out is no null."""
    merged = {**next(iter(found.get("anyOf", ())), {}), **found}
    return {k: v for k, v in merged.items() if k not in _UNTOLD}


def _words(kind: str | Literal["missing"], at: tuple[int | str, ...], said: str) -> str:
    name = shown(".".join(map(str, at)), 80)
    match kind:
        case "missing":
            return f"`{name}` is missing"
        case "extra_forbidden":
            return f"`{name}` is none of its arguments"
        case _:
            about = said.removeprefix("Value error, ").removeprefix("Input ")
            return f"`{name}`: {shown(about)}"
