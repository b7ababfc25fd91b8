"""What an agent does: a call of a tool, the tool as it describes itself, and the answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Args: TypeAlias = Mapping[str, Json]
"""The arguments of a call by name. They are JSON and belong to the caller, not to us."""


_BLAMED = re.compile(r"<arg:([^<>]{1,40})>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool, its arguments snapshotted before the call ran.

    `args` is None where they were not recorded or could not be decoded; then `raw` is what
    was sent instead, bounded in length. `task` names work that may recur in several
    sessions; it is the unit that statistics counts.
    """

    tool: str
    args: Args | None = None
    raw: str = ""
    session: str = ""
    project: str = ""
    task: str | None = None
    trace: str | None = None
    parent: str | None = None
    witness: str = ""
    """Whose word it is, where that is neither its task's nor its session's; found among all
    calls of a history (`history.witnessed`) and not recorded."""

    @property
    def cluster(self) -> str:
        """The unit of independence: the task where one is known, else the session."""
        return self.witness or (self.task if self.task is not None else self.session)


class Category(StrEnum):
    """Why a call failed (requirement D.3.7); `attributes` live in `language.category`."""

    NETWORK = "network"
    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    AUTH = "auth"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    MISSING_TOOL = "missing_tool"
    INVALID_ARGS = "invalid_args"
    CONFLICT = "conflict"
    RESOURCE = "resource"
    DEPENDENCY = "dependency"
    LLM = "llm"
    UNSAFE_STATE = "unsafe_state"
    VERIFICATION = "verification_failed"
    RUNTIME = "runtime"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a tool, as far as its JSON schema says it in plain words.

    `types` are JSON types (`string integer number boolean array object null`), empty where
    the schema names none; `choices` are the values of an `enum`, empty for any. `usual` tells
    of a parameter known from recorded calls alone that every good one gave it.
    """

    name: str
    types: tuple[str, ...] = ()
    required: bool = False
    choices: tuple[Json, ...] = ()
    usual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool as it describes itself. Its hints are claims, None where it makes none.

    `digest` names the schema that the parameters were read from: a lesson holds for that
    schema, and goes on probation when it changes. It is empty where the parameters were
    inferred from recorded calls. `closed` tells that no other argument is taken. `code` names
    the file of source text that all of this was read from, where the tool did not say it itself.
    `definition` names all that a server said of it, every word: what it was when it was seen last.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    closed: bool = False
    description: str = ""
    read_only: bool | None = None
    destructive: bool | None = None
    idempotent: bool | None = None
    open_world: bool | None = None
    digest: str = ""
    code: str = ""
    definition: str = ""

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, None where the tool has none."""
        return next((p for p in self.parameters if p.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong with a call, as a lesson may look at it."""

    message: str
    signature: str
    category: Category
    error_type: str = ""
    retry_after_s: float | None = None
    attempt: int = 1
    template: str = ""
    """The message with its values masked; arguments of the call stand in it by name."""
    expected: bool = False
    """True where it did not happen yet: a guardrail tells that the call would fail so."""

    @property
    def blamed(self) -> str:
        """The one argument whose value the error names, empty where it is none or several."""
        names = set(_BLAMED.findall(self.template))
        return names.pop() if len(names) == 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call came back with: its text, and its failure where it failed."""

    text: str
    failure: Failure | None = None

    @property
    def worked(self) -> bool:
        """True where the call did what it was asked."""
        return self.failure is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A call of this session that is over, with its answer."""

    call: Call
    answer: Answer
