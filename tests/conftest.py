"""What every test of this suite takes for granted."""

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.place import Place
from tests.postgres import postgres, postgres_url

__all__ = ["place", "postgres", "postgres_url"]

# How long an example takes says something of the machine, not of the law that is tested.
settings.register_profile("failonce", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("failonce")

# What is collected stays to the end: looking through it for garbage took half of collecting.
gc.disable()


@pytest.hookimpl(tryfirst=True)  # else who hands tests to others never comes here
def pytest_runtestloop() -> None:
    """From here on garbage is collected, among what tests make."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: what begins last and takes long leaves others idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A store of its own, in which nobody goes without a lesson."""
    return Place(folder=tmp_path)
