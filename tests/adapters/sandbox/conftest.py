"""The real bubblewrap, or a reason why these tests do not run."""

import os
import shutil

import pytest

from failonce.adapters.sandbox import Bubblewrap


@pytest.fixture(scope="session")
def sandbox() -> Bubblewrap:
    """One for all tests, as a process has one; skipped for a user without it, missed on CI."""
    if shutil.which("bwrap") is None:
        missing = "bubblewrap is not installed (`make test` installs it where it may)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return Bubblewrap()
