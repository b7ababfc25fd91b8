"""A shell of its own for every test, in which nobody goes without a lesson."""

from pathlib import Path

import pytest

from tests.surfaces.cli.made import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell(tmp_path, monkeypatch)
    made.set("FAILONCE_OUTCOME__HOLDOUT", "false")
    return made
