"""The sandbox of this machine: a user without one skips what needs it, CI fails."""

import os
from functools import cache

import pytest

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Strength
from failonce.ports import Sandbox


@cache
def _tried() -> tuple[Sandbox, str]:
    sandbox = Bubblewrap()
    absent = [b for b in sandbox.barriers() if b.how is Strength.ABSENT]
    return sandbox, "; ".join(f"{b.what}: {b.why} {b.cure}" for b in absent)


def the_sandbox() -> Sandbox:
    """It, where it holds."""
    sandbox, why = _tried()
    if why:
        if os.environ.get("CI"):
            pytest.fail(f"There is no sandbox here: {why}")
        pytest.skip(f"There is no sandbox here: {why}")
    return sandbox
