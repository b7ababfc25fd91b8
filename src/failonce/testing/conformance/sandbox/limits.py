# ruff: noqa: S101 - a suite of tests asserts; pytest rewrites it where it is registered
"""Nothing takes more than it may."""

import pytest

from failonce.model import (
    Ending,
)
from failonce.ports import Sandbox
from failonce.testing.conformance.sandbox.jobs import MIB, job


class LimitConformance:
    """Nothing takes more than it may."""

    @pytest.mark.parametrize(
        "body",
        [
            "while True: pass",
            "time.sleep(60)",
            "threading.Thread(target=time.sleep, args=(60,)).start() or time.sleep(60)",
            "[signal.signal(s, signal.SIG_IGN) for s in (2, 14, 15, 24)] and time.sleep(60)",
        ],
    )
    def test_time(self, sandbox: Sandbox, body: str) -> None:
        """The end comes soon after the limit, whatever the code does about it."""
        source = f"import signal, threading, time\ndef f():\n    {body}"
        ran = sandbox.run(job(source, seconds=0.3))
        assert ran.ending is Ending.TIME
        assert 300 <= ran.ms < 10_000

    def test_memory(self, sandbox: Sandbox) -> None:
        """What is asked for beyond the limit is not there."""
        ran = sandbox.run(job("def f(): return len(bytearray(200 << 20))", memory_bytes=64 * MIB))
        assert ran.ending is Ending.MEMORY
        ran = sandbox.run(job("def f(): return len(bytearray(20 << 20))", memory_bytes=64 * MIB))
        assert (ran.ending, ran.value) == (Ending.RETURNED, 20 * MIB)
        assert ran.peak_bytes is None or 20 * MIB < ran.peak_bytes < 128 * MIB

    def test_disk(self, sandbox: Sandbox) -> None:
        """Neither one large file, nor many, nor very many empty ones."""
        source = """
            def f(size, many):
                try:
                    for number in range(many):
                        with open(str(number), "wb") as file:
                            file.write(bytes(size))
                except OSError as error:
                    return "full"
                return "all written"
        """
        for args, ending in (
            ({"size": 1000, "many": 20}, "all written"),
            ({"size": 3 * MIB, "many": 1}, "full"),
            ({"size": 100_000, "many": 50}, "full"),
            ({"size": 0, "many": 100_000}, "full"),
        ):
            ran = sandbox.run(job(source, args, disk_bytes=2 * MIB))
            assert (ran.ending, ran.value) == (Ending.RETURNED, ending)

    def test_answers_and_logs(self, sandbox: Sandbox) -> None:
        """A long answer is none; of a long log the beginning is kept."""
        ran = sandbox.run(job("def f(): return 'x' * 3000", output_bytes=2000))
        assert (ran.ending, ran.value) == (Ending.OUTPUT, None)
        source = """
            def f():
                for _ in range(10_000):
                    print("x" * 1000)
                return 1
        """
        ran = sandbox.run(job(source, log_bytes=2000))
        assert (ran.ending, ran.value) == (Ending.RETURNED, 1)
        assert 2000 <= len(ran.log) < 2200

    def test_threads(self, sandbox: Sandbox) -> None:
        """A few are normal, thousands are not."""
        source = """
            import threading, time
            def f(many):
                threads = [threading.Thread(target=time.sleep, args=(5,), daemon=True)
                           for _ in range(many)]
                for thread in threads:
                    thread.start()
                return len(threads)
        """
        assert sandbox.run(job(source, {"many": 8})).value == 8
        assert sandbox.run(job(source, {"many": 5000})).ending is Ending.RAISED
