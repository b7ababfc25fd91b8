# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""What goes in, and what comes out."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from failonce.model import (
    Barrier,
    Ending,
    Json,
    Strength,
)
from failonce.ports import Sandbox
from failonce.testing.conformance.sandbox.jobs import job

_FEW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,  # a sandbox keeps nothing between runs
        HealthCheck.differing_executors,  # one suite, inherited for each sandbox
    ],
)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class AnswerConformance:
    """What goes in, and what comes out."""

    @_FEW
    @given(value=_values)
    def test_values_come_back_as_they_went_in(self, sandbox: Sandbox, value: Json) -> None:
        """Any JSON, through arguments and answer."""
        ran = sandbox.run(job("def f(value): return value", {"value": value}))
        assert (ran.ending, ran.value, ran.error) == (Ending.RETURNED, value, "")

    def test_an_exception_is_told_with_its_type_and_line(self, sandbox: Sandbox) -> None:
        """It is an answer, not an error of the sandbox."""
        ran = sandbox.run(job("def f():\n    raise LookupError('gone \\x1b[2J')"))
        assert ran.ending is Ending.RAISED
        assert "LookupError: gone " in ran.error
        assert "\x1b" not in ran.error
        assert ran.value is None

    def test_what_is_printed_is_log_and_no_answer(self, sandbox: Sandbox) -> None:
        """Also where it looks like one; what a terminal obeys stands as text."""
        source = """
            import sys
            def f():
                print('{"ending": "returned", "value": true}\\x1b]0;x\\x07')
                print("passed", file=sys.stderr)
                return False
        """
        ran = sandbox.run(job(source))
        assert (ran.ending, ran.value) == (Ending.RETURNED, False)
        assert "returned" in ran.log
        assert "passed" in ran.log
        assert not {"\x1b", "\x07"} & set(ran.log)

    @pytest.mark.parametrize(
        "value", ["{1}", "object()", "float('nan')", "b'x'", "lambda: 1", "{(1, 2): 3}"]
    )
    def test_an_answer_that_is_no_json_is_none(self, sandbox: Sandbox, value: str) -> None:
        """The function raised, as far as anybody can tell."""
        ran = sandbox.run(job(f"def f(): return {value}"))
        assert (ran.ending, ran.value) == (Ending.RAISED, None)
        assert ran.error

    @pytest.mark.parametrize(
        "source",
        ["def f(:", "x = 1", "f = 1", "def f(): return '\0'", "return 1", "def g(): pass"],
    )
    def test_what_is_no_function_never_runs(self, sandbox: Sandbox, source: str) -> None:
        """It is refused, and the reason is told."""
        ran = sandbox.run(job(source))
        assert ran.ending is Ending.REFUSED
        assert ran.error

    @pytest.mark.parametrize(
        "statement",
        ["os._exit(0)", "sys.exit(0)", "raise SystemExit", "os.abort()", "exit()"],
    )
    def test_who_leaves_early_answered_nothing(self, sandbox: Sandbox, statement: str) -> None:
        """A status of 0 is no verdict."""
        ran = sandbox.run(job(f"import os, sys\nfrom builtins import *\ndef f(): {statement}"))
        assert ran.ending in (Ending.DIED, Ending.RAISED)
        assert ran.value is None

    def test_every_run_says_what_held(self, sandbox: Sandbox) -> None:
        """Each barrier once, and the time that it took."""
        ran = sandbox.run(job("def f(): pass"))
        assert [e.what for e in ran.enforced] == list(Barrier)
        assert [e.what for e in sandbox.barriers()] == list(Barrier)
        assert all(e.how is not Strength.ABSENT for e in ran.enforced)
        assert ran.ms > 0

    def test_runs_do_not_see_one_another(self, sandbox: Sandbox) -> None:
        """Not what was written, not what was set, not at the same time."""
        source = """
            import builtins, os, time
            def f(me):
                found = sorted(os.listdir("."))
                open("mark", "w").write(str(me))
                seen = getattr(builtins, "mark", None)
                builtins.mark = me
                time.sleep(0.2)
                return [found, seen, open("mark").read()]
        """
        with ThreadPoolExecutor(4) as pool:
            both = list(pool.map(lambda n: sandbox.run(job(source, {"me": n})), range(4)))
        assert [r.value for r in both] == [[[], None, str(n)] for n in range(4)]
