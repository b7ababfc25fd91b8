"""The sandbox that is attacked: the one place to name it."""

import shutil

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Job, Ran
from tests.escape.attack import Runs


class _Tried:
    """The sandbox without the canaries, which would take most of the time of each attack.

    They only ever refuse; honest jobs have them, and are not done where one finds a barrier gone.
    """

    def run(self, job: Job) -> Ran:
        return Bubblewrap().run_unasked(job)


def the_sandbox(*, canaries: bool) -> Runs:
    """As a user gets it; what the canaries take is no part of any job."""
    if not canaries:
        return _Tried()
    sandbox = Bubblewrap()
    sandbox.barriers()
    return sandbox


def why_none() -> str:
    """Why there is none to attack; empty where there is."""
    return "" if shutil.which("bwrap") else "bubblewrap is not installed"
