"""What a lesson does, told from the side of the agent whose call it is."""

from dataclasses import replace
from typing import Any

import pytest

from failonce.kinds.fixer import Moment
from failonce.kinds.guardrail import Strength
from failonce.kinds.hint import Hint
from failonce.kinds.recent import Unless
from failonce.language.comparison import Comparison, Relation
from failonce.language.expression import Read, Source, argument, literal
from failonce.language.program import Program, Step
from failonce.language.transform import Op
from failonce.language.transform import Step as Change
from failonce.model import KindName
from failonce.surfaces.card.doing import _BECOMES, doing
from failonce.surfaces.card.values import Doing
from tests.made import blocking, has, leading, turning
from tests.surfaces.card.made import waiting

HAS_PATH = has("path")


def does(kind: KindName, body: str, error: str = "it is locked") -> Doing:
    return doing(waiting(kind, body, []), error)


def fixer(program: Program, moment: Moment = Moment.AFTER_FAILURE, **parts: str) -> str:
    return leading("read", program, moment=moment, **parts).render()


def guardrail(**parts: Any) -> str:
    warning = blocking("read", strength=Strength.WARN, message="Look first.")
    return replace(warning, **parts).render()


PRESS = Program(steps=(Step(tool="press", arguments=(("force", literal(1.0)),)),))


def test_a_repair_of_one_class_quotes_its_error() -> None:
    said = does(KindName.FIXER, fixer(PRESS))
    assert said.when == "a call of `read` has failed with this error: “it is locked”"
    assert said.often == "once for each failed call"


def test_a_repair_by_a_pattern_says_that_the_error_is_an_example() -> None:
    said = does(KindName.FIXER, fixer(PRESS, fingerprint="", message_regex="locked"))
    assert said.when.endswith("with an error that its pattern finds, such as: “it is locked”")
    bare = does(KindName.FIXER, fixer(PRESS, fingerprint="", message_regex="locked"), "")
    assert bare.when == "a call of `read` has failed with an error that its pattern finds"


def test_steps_are_told_in_their_order_and_with_what_takes_them_back() -> None:
    look = Step(tool="ls", arguments=(("path", argument("path")),), name="here")
    undo = Step(tool="release")
    program = Program(
        looks=(look,),
        when=(Comparison(left=Read(source=Source.RESULT, name="here"), relation=Relation.EMPTY),),
        steps=(Step(tool="press", undo=undo),),
        arguments=(("path", argument("path", "basename")),),
        leave_out=("mode",),
    )
    assert does(KindName.FIXER, fixer(program)).then == (
        "Looks: ls with the same `path`.",
        "Goes on only if here is empty.",
        "Calls press().",
        (
            "Makes the same call a second time, with `path` set to the basename of `path`, "
            "`mode` left out."
        ),
        "If that fails, calls release().",
    )


def test_a_repair_before_the_call_touches_calls_that_never_failed() -> None:
    change = Change(op=Op.RENAME, argument="path", text="file")
    body = turning("read", change, when=HAS_PATH, fingerprint="", message_regex="x")
    said = does(KindName.FIXER, body.render())
    assert said.when == "an agent is about to call `read` where `path` is given"
    assert said.then == ("Runs it with `path` renamed to `file`.",)
    assert said.fails == "the error of the call as it ran"


@pytest.mark.parametrize("op", Op)
def test_every_operation_has_words(op: Op) -> None:
    assert op in _BECOMES


def test_a_block_can_be_passed_and_a_warning_lets_the_call_run() -> None:
    block = does(KindName.GUARDRAIL, guardrail(when=HAS_PATH, strength=Strength.BLOCK))
    assert block.when == "an agent is about to call `read`, and `path` is given"
    assert (block.then, block.sees) == (("Stops the call before it runs.",), "“Look first.”")
    assert block.often.endswith("by giving a reason")
    warn = does(KindName.GUARDRAIL, guardrail(failing=2, unless=Unless(tools=("open",))))
    assert warn.when == (
        "an agent is about to call `read`, and the last 2 calls of it in the session failed with "
        "this error: “it is locked” and `open` did not work before in the session"
    )
    assert warn.then == ("Shows a warning. The call runs unchanged.",)


def test_a_retry_says_how_often_and_what_comes_of_it() -> None:
    hint = Hint(
        component="read",
        fingerprint="f",
        message_regex="",
        max_retries=3,
        delay_ms=500.0,
        multiplier=2.0,
    )
    said = does(KindName.HINT, hint.render())
    assert said.then == (
        "Makes the same call again, unchanged: retry up to 3 times, first after 0.5 s.",
    )
    assert said.fails == "the error of the last try"


def test_a_long_error_is_cut() -> None:
    said = does(KindName.FIXER, fixer(PRESS), "word " * 500)
    assert len(said.when) < 260
    assert said.when.endswith("word…”")
