"""The sandbox that is attacked: the one place to name it."""

import shutil

from failonce.adapters.sandbox import Bubblewrap
from tests.escape.attack import Runs


def the_sandbox() -> Runs:
    """The sandbox as a user gets it; what the canaries take is no part of any attack."""
    sandbox = Bubblewrap()
    sandbox.barriers()
    return sandbox


def why_none() -> str:
    """Why there is none to attack; empty where there is."""
    return "" if shutil.which("bwrap") else "bubblewrap is not installed"
