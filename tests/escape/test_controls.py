"""Every attack really attacks: with no barrier it reaches the host of the outer namespace."""

from collections.abc import Iterable

import pytest

from tests.escape.asking import Asked
from tests.escape.attack import Attack
from tests.escape.blind import BLIND
from tests.escape.honest import HONEST
from tests.escape.inside import ATTACKS, Report
from tests.escape.known import KNOWN
from tests.escape.outer import Who

pytestmark = pytest.mark.slow


def _all(attacks: Iterable[Attack]) -> list[object]:
    return [
        pytest.param(
            Asked(who=who, attack=a.name, runner="bare"), id=f"{a.name} as {who}".replace(" ", "-")
        )
        for a in attacks
        for who in Who
    ]


@pytest.mark.parametrize("asked", _all((*BLIND, *KNOWN)))
def test_without_a_barrier_the_attack_reaches_the_host(asked: Asked, report: Report) -> None:
    """Otherwise the case would show nothing about the sandbox."""
    if report.hindered:
        pytest.skip(report.hindered)
    assert not asked.wrong(report)


@pytest.mark.parametrize("asked", _all(HONEST))
def test_what_attacks_nothing_is_done(asked: Asked, report: Report) -> None:
    """Jobs of the same form that only do what they were granted."""
    assert not asked.wrong(report)


def test_every_attack_has_a_name_of_its_own() -> None:
    """It is asked for by its name."""
    assert len(ATTACKS) == len(BLIND) + len(KNOWN) + len(HONEST)
