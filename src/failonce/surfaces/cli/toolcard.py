"""The card of a learned tool: what it may reach, what it passed, and the code, to be read.

What it declares and what was recorded is hostile text: it is escaped before it is shown.
"""

import difflib
from collections.abc import Iterator, Sequence

from failonce.kinds.registry import behaviour
from failonce.kinds.tool import Finding, LearnedTool, findings
from failonce.lifecycle import WORDS
from failonce.model import CheckResult, Lesson, Ruling, State
from failonce.surfaces.card.code import tool_is, tool_reach
from failonce.surfaces.card.wording import author
from failonce.surfaces.cli.folding import Line, Style, width, wrapped
from failonce.surfaces.cli.output import console, visible


def show_tool(lesson: Lesson, before: Lesson | None) -> None:
    """Print the card; `before` is the version of that name which is in force, where one is."""
    from rich.text import Text  # noqa: PLC0415 - 40 ms that JSON need not pay

    screen = console()
    for line in lines(lesson, before, width()):
        screen.print(Text(line.text, style=line.style.value), soft_wrap=True)


def lines(lesson: Lesson, before: Lesson | None, width: int) -> Iterator[Line]:
    """The card in lines; the code stands in it as it is, escaped."""
    tool = behaviour(lesson.proposal)
    assert isinstance(tool, LearnedTool)  # noqa: S101 - of its kind there are no others
    yield from wrapped(lesson.judgement.proof.line, width, style=Style.HEAD)
    yield Line()
    state = "waiting for your decision" if lesson.state is State.PROPOSED else WORDS[lesson.state]
    yield from wrapped(f"{lesson.id}, the tool `{lesson.proposal.target}`: {state}", width)
    yield from wrapped(f"{author(lesson.proposal.proposer)}: {lesson.proposal.reason}", width)
    yield from part("What it is", tool_is(tool, before), width)
    yield from part("What it may reach, once you approve it", tool_reach(tool), width)
    yield from part("Is it safe?", list(checked(lesson.judgement.checks)), width)
    yield from part("What you can do", list(_choices(lesson, before)), width)
    if before is not None and before.id != lesson.id:
        yield from _changed(before, lesson)
    yield from code(tool.source, findings(tool))


def part(title: str, sentences: Sequence[str], width: int) -> Iterator[Line]:
    """A heading and its sentences."""
    yield Line()
    yield from wrapped(title, width, style=Style.HEAD)
    for sentence in sentences:
        yield from wrapped(sentence, width, first="  ", rest="      ")


def checked(checks: Sequence[CheckResult]) -> Iterator[str]:
    """What the gate found, a mark before what somebody must look at."""
    for check in checks:
        mark = "+" if check.passed else "!"
        yield f"{mark} {check.name}: {check.detail}"


def _choices(lesson: Lesson, before: Lesson | None) -> Iterator[str]:
    name = lesson.id
    match lesson.state:
        case State.PROPOSED if lesson.judgement.ruling is Ruling.REJECT:
            yield f"failonce reject {name} --reason TEXT: turn it down"
        case State.PROPOSED:
            where = " in its place" if before is not None else ""
            yield f"failonce approve {name}: give it to agents{where}, with what it asks to reach"
            yield f"failonce reject {name} --reason TEXT: turn it down; it stays on record"
        case State.CANARY | State.STABLE:
            yield f"failonce undo {name}: take it away again"
            yield f"failonce tools rollback {lesson.proposal.target}: bring the one before it back"
        case _:
            yield (
                f"failonce tools rollback {lesson.proposal.target} --to {name}: put it in force, "
                "byte for byte"
            )


def _changed(before: Lesson, lesson: Lesson) -> Iterator[Line]:
    old, new = (x.proposal.body.splitlines() for x in (before, lesson))
    yield Line()
    yield Line(text=f"Changed against {before.id}", style=Style.HEAD)
    for line in list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]:
        yield Line(text=f"  {visible(line)}")


def code(source: str, found: Sequence[Finding]) -> Iterator[Line]:
    """Source text as it is, escaped, with a mark at the places that `found` names."""
    marked = {f.line for f in found}
    yield Line()
    yield Line(text="Its code", style=Style.HEAD)
    for number, text in enumerate(source.splitlines(), 1):
        mark = "!" if number in marked else " "
        yield Line(text=f"{number:4} {mark} {visible(text)}")
