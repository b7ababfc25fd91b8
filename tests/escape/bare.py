"""Runs a job with no barrier at all, for the negative controls.

It talks to the job as a sandbox would (one line of JSON in, one out, a log) and believes it
as a careless host would: what it inherits stays open, the first answer counts, a process that
ends with 0 has passed, whatever is printed is the log. Only in an outer namespace!
"""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import fields

from failonce.model import Ending, Job, Ran

PATIENCE = 1.0
"""Seconds after which it gives up on a job that is over its time."""

_BELIEVED = {f.name for f in fields(Ran)}

_CHILD = """
import json, os, sys
job = json.loads(sys.stdin.readline())
space = {"__name__": "job"}
try:
    exec(compile(job["source"], "<job>", "exec"), space)
    answer = {"ending": "returned", "value": space[job["entry"]](**job["args"])}
except Exception as error:
    answer = {"ending": "raised", "error": f"{type(error).__name__}: {error}"}
os.write(int(sys.argv[1]), json.dumps(answer).encode() + b"\\n")
"""


class Bare:
    """A careless host."""

    def run(self, job: Job) -> Ran:
        """Start it, wait until everything that it holds open is closed, believe it."""
        begun = time.monotonic()
        end = begun + job.limits.seconds + PATIENCE
        answers, theirs = os.pipe()
        os.set_inheritable(theirs, True)
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,
        )
        os.close(theirs)
        assert child.stdin is not None
        assert child.stdout is not None
        said, printed = _Reading(answers), _Reading(child.stdout.fileno())
        asked = {"source": job.source, "entry": job.entry, "args": dict(job.args)}
        child.stdin.write(json.dumps(asked).encode() + b"\n")
        child.stdin.flush()
        try:
            code: int | None = child.wait(end - time.monotonic())
        except subprocess.TimeoutExpired:
            code = None
        said.until(end)
        printed.until(end)
        child.kill()
        child.wait()
        child.stdin.close()
        log = printed.read.decode(errors="replace")
        return _believe(said.read, code, log, (time.monotonic() - begun) * 1000)


class _Reading:
    """Everything that comes out of a pipe, without any bound."""

    def __init__(self, number: int) -> None:
        self.read = bytearray()
        self._number = number
        self._thread = threading.Thread(target=self._all, daemon=True)
        self._thread.start()

    def _all(self) -> None:
        while part := os.read(self._number, 2**20):
            self.read += part

    def until(self, end: float) -> None:
        self._thread.join(max(0.0, end - time.monotonic()))


def _believe(said: bytes, code: int | None, log: str, ms: float) -> Ran:
    for line in said.decode(errors="replace").splitlines():
        try:
            answer = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(answer, dict) and "ending" in answer:
            told = {name: answer[name] for name in _BELIEVED & answer.keys()}
            return Ran(**{"log": log, "ms": ms, **told, "ending": Ending(answer["ending"])})
    ending = {0: Ending.RETURNED, None: Ending.TIME}.get(code, Ending.DIED)
    return Ran(ending=ending, error=log, log=log, ms=ms)
