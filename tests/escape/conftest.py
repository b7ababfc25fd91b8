"""Attacks are tried in the background, a few before their tests ask what became of them."""

from collections.abc import Iterator

import pytest

from tests.escape.asking import AT_ONCE, Asked, Asking
from tests.escape.inside import Report
from tests.escape.outer import why_not
from tests.escape.sandboxed import why_none


@pytest.fixture(scope="session")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """Where attacks are asked for."""
    with Asking(tmp_path_factory.mktemp("outer")) as asking:
        yield asking


@pytest.fixture(scope="session")
def order(request: pytest.FixtureRequest) -> list[Asked]:
    """What the selected tests will ask for, one after another."""
    found = [getattr(item, "callspec", None) for item in request.session.items]
    asked = [c.params["asked"] for c in found if c is not None and "asked" in c.params]
    return [a for a in asked if isinstance(a, Asked) and not _skip(a)]


@pytest.fixture
def report(asked: Asked, order: list[Asked], request: pytest.FixtureRequest) -> Report:
    """What became of the one attack that a test asks about."""
    if why := _skip(asked):
        pytest.skip(why)
    asking: Asking = request.getfixturevalue("asking")
    here = order.index(asked)
    asking.begin(order[here : here + 3 * AT_ONCE])
    return asking.report(asked)


def _skip(asked: Asked) -> str:
    return why_not(asked.who) or (why_none() if asked.runner == "sandbox" else "")
