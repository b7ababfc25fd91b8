"""The sandbox that is attacked: the one place to name it."""

from tests.escape.attack import Runs

MISSING = "there is no sandbox yet"


def the_sandbox() -> Runs:
    """The sandbox as a user gets it."""
    raise NotImplementedError(MISSING)


def why_none() -> str:
    """Why there is none to attack; empty where there is."""
    return MISSING
