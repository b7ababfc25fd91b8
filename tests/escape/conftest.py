"""All selected attacks of a session are tried in the background, and told one by one."""

import os
from collections.abc import Iterator

import pytest

from tests.escape.asking import Asked, Asking
from tests.escape.inside import Report
from tests.escape.outer import why_not
from tests.escape.sandboxed import why_none


@pytest.fixture(scope="session")
def asking(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asking]:
    """Where attacks are asked for, those of all selected tests first."""
    found = [getattr(item, "callspec", None) for item in request.session.items]
    asked = [c.params["asked"] for c in found if c is not None and "asked" in c.params]
    with Asking(tmp_path_factory.mktemp("outer")) as asking:
        if "PYTEST_XDIST_WORKER" not in os.environ:  # there each process tests a part of them
            asking.begin(a for a in asked if not _skip(a))
        yield asking


@pytest.fixture
def report(asked: Asked, request: pytest.FixtureRequest) -> Report:
    """What became of the one attack that a test asks about."""
    if why := _skip(asked):
        pytest.skip(why)
    asking: Asking = request.getfixturevalue("asking")
    return asking.report(asked)


def _skip(asked: Asked) -> str:
    return why_not(asked.who) or (why_none() if asked.runner == "sandbox" else "")
