'''The body of a tool: a Python module that says what it needs, and how to tell that it works.

    """Answers the title of a page."""

    PERMISSIONS = {"network": ["example.org"]}     what it may reach; nothing unless told
    CALLS = ["fetch"]                              tools of the agent, by `call("fetch", url=url)`
    REPLACES = ["get_title"]                       other names under which it is called
    CASES = [{"arguments": {…}, "answers": […], "result": …}]

    def page_title(url: str) -> str:
        ...

It is read as text and never run by whoever reads it. What it may reach is granted with it, for
an approval signs the bytes in which it stands.
'''

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from failonce.errors import BadInput
from failonce.kinds.behaviour import Effect, Situation, Speaks, only
from failonce.kinds.permissions import permissions, texts
from failonce.kinds.tool.source import module
from failonce.language.sentence import plain_name
from failonce.model import Args, Failure, Grants, Json, Parameter, Proof, ToolSpec

MOST_CASES: Final = 50
MOST_CALLS: Final = 20
"""Tools that one may call, calls that a case may have, names that it may replace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A call that a tool makes of another one in a case, and what that answers."""

    tool: str
    args: Args
    answer: Json = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredCase:
    """Arguments, and what must come of them: a result, or an error of a class of that name."""

    args: Args
    result: Json = None
    raises: str = ""
    answers: tuple[Inner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedTool:
    """A function in Python source text; `component` is the name under which it is called."""

    component: str
    source: str
    entry: str
    description: str
    parameters: tuple[Parameter, ...] = ()
    grants: Grants = Grants()
    calls: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    cases: tuple[DeclaredCase, ...] = field(default=())

    @classmethod
    def parse(cls, body: str, target: str) -> Self:
        """Read a module; raises `BadInput` saying what is wrong with it."""
        read = module(body)
        if read.function != identifier(target):
            raise BadInput(
                f"The function of the tool `{target}` is called `{identifier(target)}`; "
                f"the code has `{read.function}`."
            )
        known = read.constants
        cases = _items(known, "CASES", MOST_CASES)
        return cls(
            component=target,
            source=body,
            entry=read.function,
            description=read.doc,
            parameters=read.parameters,
            grants=permissions(known),
            calls=_names(known, "CALLS", MOST_CALLS),
            replaces=_names(known, "REPLACES", MOST_CALLS),
            cases=tuple(_case(c, n) for n, c in enumerate(cases, 1)),
        )

    def render(self) -> str:
        """The module itself."""
        return self.source

    @property
    def spec(self) -> ToolSpec:
        """As it describes itself to an agent."""
        return ToolSpec(
            name=self.component,
            parameters=self.parameters,
            closed=True,
            description=self.description,
            read_only=True if self.pure else None,
        )

    @property
    def pure(self) -> bool:
        """Whether it reaches nothing: what it answers follows from its arguments."""
        return self.grants == Grants(packages=self.grants.packages) and not self.calls

    @property
    def speaks(self) -> Speaks:
        """Never: it is called, and has nothing to say of other calls."""
        return Speaks()

    def before(self, situation: Situation) -> Effect | None:  # noqa: ARG002 - nothing to say
        """Nothing."""
        return None

    def after(self, situation: Situation, failure: Failure) -> Effect | None:  # noqa: ARG002
        """Nothing."""
        return None

    def under(self, names: Mapping[str, str]) -> Self:  # noqa: ARG002 - it names no failure
        """The same tool."""
        return self

    def summary(self) -> str:
        """`page_title(url): Answers the title of a page.`"""
        given = ", ".join(p.name if p.required else f"{p.name}=…" for p in self.parameters)
        return f"{self.component}({given}): {self.description}"

    def headline(self, proof: Proof) -> str:  # noqa: ARG002 - recorded calls say nothing of it
        """What it must pass; what it passed is told where it was tried."""
        count = len(self.cases)
        return f"Declares {count} case{'s' * (count != 1)}; not tried yet."


def identifier(name: str) -> str:
    """The name of a tool as Python writes it: `page.title` → `page_title`."""
    plain = "".join(c if c.isalnum() and c.isascii() else "_" for c in name)
    if keyword.iskeyword(plain):
        return f"{plain}_"
    return f"_{plain}" if plain[:1].isdigit() else plain


# ------------------------------------------------------------ its constants


def _items(known: Mapping[str, Json], name: str, most: int) -> Sequence[Json]:
    if name not in known:
        return ()
    value = known[name]
    if not isinstance(value, list):
        raise BadInput(f"`{name}` must be a list of literals.")
    if len(value) > most:
        raise BadInput(f"`{name}` has {len(value)} entries; at most {most} are read.")
    return value


def _names(known: Mapping[str, Json], name: str, most: int) -> tuple[str, ...]:
    found = tuple(texts(_items(known, name, most), name))
    for each in found:
        if not plain_name(each):
            raise BadInput(f"`{name}` holds names of tools; `{each[:60]!r}` is none.")
    return found


def _case(value: Json, number: int) -> DeclaredCase:
    name = f"case {number}"
    if not isinstance(value, Mapping):
        raise BadInput(f"{name} of `CASES` must be a dict of literals.")
    only(value, name, "arguments", "answers", "result", "raises")
    if ("result" in value) == ("raises" in value):
        raise BadInput(f"{name} of `CASES` needs `result` or `raises`.")
    answers = value.get("answers", [])
    if not isinstance(answers, list) or len(answers) > MOST_CALLS:
        raise BadInput(f"`answers` of {name} must be a list of at most {MOST_CALLS} calls.")
    return DeclaredCase(
        args=_args(value.get("arguments", {}), name),
        result=value.get("result"),
        raises=_text(value.get("raises", ""), "raises", name),
        answers=tuple(_inner(a, name) for a in answers),
    )


def _inner(value: Json, name: str) -> Inner:
    if not isinstance(value, Mapping):
        raise BadInput(f"Each of the `answers` of {name} must be a dict of literals.")
    only(value, f"`answers` of {name}", "tool", "arguments", "answer", "error")
    return Inner(
        tool=_text(value.get("tool"), "tool", name),
        args=_args(value.get("arguments", {}), name),
        answer=value.get("answer"),
        error=_text(value.get("error", ""), "error", name),
    )


def _args(value: Json, name: str) -> Args:
    if not isinstance(value, Mapping):
        raise BadInput(f"`arguments` of {name} must be a dict of literals.")
    return value


def _text(value: Json, part: str, name: str) -> str:
    if not isinstance(value, str):
        raise BadInput(f"`{part}` of {name} must be a text.")
    return value
