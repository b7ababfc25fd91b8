# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""Calls of other tools, which the host makes."""

import sys
import threading
import time
from pathlib import Path

import pytest

from failonce.model import (
    Answer,
    Call,
    Category,
    Ending,
    Failure,
)
from failonce.ports import Sandbox
from failonce.testing.conformance.sandbox.jobs import job


class CallConformance:
    """Calls of other tools, which the host makes."""

    def test_calls_are_made_by_who_waits_for_the_run(self, sandbox: Sandbox) -> None:
        """One after the other, on the thread that asked for the run."""
        source = """
            def f(text):
                first = call("upper", text=text)
                return [first, call("twice", **{"a text": first, "times": 2})]
            """
        made: list[tuple[Call, int]] = []

        def answer(wanted: Call) -> Answer:
            made.append((wanted, threading.get_ident()))
            return Answer(text="".join(str(v) for v in (wanted.args or {}).values()).upper())

        ran = sandbox.run(job(source, {"text": "ä\n"}), answer)
        assert (ran.ending, ran.value) == (Ending.RETURNED, ["Ä\n", "Ä\n2"])
        assert [(c.tool, c.args) for c, _ in made] == [
            ("upper", {"text": "ä\n"}),
            ("twice", {"a text": "Ä\n", "times": 2}),
        ]
        assert {thread for _, thread in made} == {threading.get_ident()}

    def test_a_call_that_failed_can_be_caught(self, sandbox: Sandbox) -> None:
        """Else it ends the run as any error does."""
        source = """
            def f(caught):
                try:
                    return call("fetch")
                except CallFailed as error:
                    if not caught:
                        raise
                    return f"caught: {error}"
            """
        failure = Failure(message="gone", signature="", category=Category.UNKNOWN)

        def answer(_: Call) -> Answer:
            return Answer(text="gone", failure=failure)

        assert sandbox.run(job(source, {"caught": True}), answer).value == "caught: gone"
        ran = sandbox.run(job(source, {"caught": False}), answer)
        assert (ran.ending, ran.error[:17]) == (Ending.RAISED, "CallFailed: gone ")

    def test_the_time_of_calls_is_not_its_own(self, sandbox: Sandbox) -> None:
        """Whom it waits for is nothing that it took."""
        source = """
            def f():
                return call("slow")
            """

        def answer(_: Call) -> Answer:
            time.sleep(1.5)
            return Answer(text="done")

        assert sandbox.run(job(source, seconds=1.0), answer).value == "done"

    def test_where_nobody_answers_there_are_no_calls(self, sandbox: Sandbox) -> None:
        """The name is not even there."""
        ran = sandbox.run(job("def f(): return call('fetch')"))
        assert ran.ending is Ending.RAISED

    def test_calls_without_end_are_ended(self, sandbox: Sandbox) -> None:
        """However fast each is answered."""
        source = """
            def f():
                while True:
                    call("again")
            """
        made = []

        def answer(wanted: Call) -> Answer:
            made.append(wanted)
            return Answer(text="")

        assert sandbox.run(job(source), answer).ending is not Ending.RETURNED
        assert len(made) <= 10_000

    def test_who_is_interrupted_while_answering_ends_the_run(self, sandbox: Sandbox) -> None:
        """And is interrupted as anybody is; nothing runs on."""

        def answer(_: Call) -> Answer:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            sandbox.run(job("def f(): return call('fetch')"), answer)
        assert sandbox.run(job("def f(): return 1")).value == 1


def _own() -> tuple[int, int, int]:
    """Threads, descriptors and children of this process; what cannot be counted is 0."""
    if not sys.platform.startswith("linux"):
        return threading.active_count(), 0, 0
    children = sum(
        len(Path(f"/proc/self/task/{t.name}/children").read_text().split())
        for t in Path("/proc/self/task").iterdir()
    )
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir())), children
