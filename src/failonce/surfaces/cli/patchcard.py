"""The card of a repository fixer: what it did to a copy, what may forbid it, and the script."""

from collections.abc import Iterator

from failonce.kinds.fixer import PatchFixer
from failonce.lifecycle import WORDS
from failonce.model import Lesson, State
from failonce.surfaces.card.code import script_does, script_reach
from failonce.surfaces.card.wording import author
from failonce.surfaces.cli.folding import Line, Style, width, wrapped
from failonce.surfaces.cli.output import console
from failonce.surfaces.cli.toolcard import checked, code, part


def show_patch(lesson: Lesson, body: PatchFixer) -> None:
    """Print the card."""
    from rich.text import Text  # noqa: PLC0415 - 40 ms that JSON need not pay

    screen = console()
    for line in lines(lesson, body, width()):
        screen.print(Text(line.text, style=line.style.value), soft_wrap=True)


def lines(lesson: Lesson, body: PatchFixer, width: int) -> Iterator[Line]:
    """The card in lines; the script stands in it as it is, escaped."""
    yield from wrapped(lesson.judgement.proof.line, width, style=Style.HEAD)
    yield Line()
    state = "waiting for your decision" if lesson.state is State.PROPOSED else WORDS[lesson.state]
    yield from wrapped(f"{lesson.id}, a script that mends a repository: {state}", width)
    yield from wrapped(f"{author(lesson.proposal.proposer)}: {lesson.proposal.reason}", width)
    yield from part("What it does", list(script_does(body)), width)
    yield from part("What it may reach, once you approve it", script_reach(body), width)
    yield from part("Is it safe?", list(checked(lesson.judgement.checks)), width)
    yield from part("What you can do", list(_choices(lesson, body)), width)
    yield from code(body.script, body.findings)


def _choices(lesson: Lesson, body: PatchFixer) -> Iterator[str]:
    name = lesson.id
    yield f"failonce try {name}: show what it changes in the repository that you are in"
    if lesson.state is State.PROPOSED:
        yield f"failonce approve {name}: let it be applied"
        yield f"failonce reject {name} --reason TEXT: turn it down; it stays on record"
    elif lesson.in_force:
        yield f"failonce patches apply {name} --write: change the files of this repository"
        if body.undoes:
            yield f"failonce patches undo {name} --write: take that back"
        yield f"failonce undo {name}: let it be applied no more"
