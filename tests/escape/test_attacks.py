"""No attack reaches the host, whether who wrote it knows how the sandbox is built or not.

`the_sandbox()` in `sandboxed` is the one place that names what is attacked.
"""

from collections.abc import Iterable

import pytest

from tests.escape.asking import Asked
from tests.escape.attack import Attack
from tests.escape.blind import BLIND
from tests.escape.honest import HONEST
from tests.escape.inside import Report
from tests.escape.known import KNOWN
from tests.escape.outer import Who

pytestmark = pytest.mark.slow


def _all(attacks: Iterable[Attack]) -> list[object]:
    return [
        pytest.param(
            Asked(who=who, attack=a.name, runner="sandbox"),
            id=f"{a.name} as {who}".replace(" ", "-"),
        )
        for a in attacks
        for who in Who
    ]


@pytest.mark.proves("H6", "H22")
@pytest.mark.parametrize("asked", _all((*BLIND, *KNOWN)))
def test_the_attack_reaches_nothing_and_leaves_nothing_alive(asked: Asked, report: Report) -> None:
    """As root and as an ordinary user, inside the outer namespace."""
    assert not asked.wrong(report)


@pytest.mark.parametrize("asked", _all(HONEST))
def test_what_attacks_nothing_is_done_in_the_sandbox(asked: Asked, report: Report) -> None:
    """A sandbox that refuses everything would pass every attack."""
    assert not asked.wrong(report)
