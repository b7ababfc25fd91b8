"""Where the sandbox cannot be, nothing is run."""

import platform
from pathlib import Path

import pytest

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Barrier, Ending, Grants, Job, Limits, Strength

MARK = "def f():\n    open('mark', 'w').close()\n    return 1\n"


def refused(sandbox: Bubblewrap, why: str) -> None:
    """Every run, with one clear line; every barrier absent for the same reason."""
    for job in (Job(source=MARK, entry="f"), Job(source=MARK, entry="f", grants=Grants())):
        ran = sandbox.run(job)
        assert ran.ending is Ending.REFUSED
        assert why in ran.error
        assert "\n" not in ran.error
        assert ran.value is None
        assert {e.how for e in ran.enforced} == {Strength.ABSENT}
    assert [b.what for b in sandbox.barriers()] == list(Barrier)
    assert {b.how for b in sandbox.barriers()} == {Strength.ABSENT}


@pytest.mark.proves("H6")
def test_without_bubblewrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Masked away: it says what to install."""
    monkeypatch.chdir(tmp_path)
    refused(Bubblewrap(program="no-such-bwrap"), "install the package bubblewrap")
    assert not list(tmp_path.iterdir())


@pytest.mark.proves("H6")
@pytest.mark.parametrize(
    "does",
    [
        "echo 'bwrap: No permissions to create new namespace' >&2; exit 1",
        "exit 0",
        "kill -9 $$",
        "echo ready >&2; exec sleep 0",
    ],
)
def test_a_bubblewrap_that_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """As in a container without user namespaces, or one that only pretends."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for place in (tmp_path, folder):
        place.chmod(0o755)
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    refused(Bubblewrap(program=str(program)), "sandbox")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bin"]


def test_a_processor_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a filter of system calls there is no sandbox."""
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    refused(Bubblewrap(), "riscv64")


@pytest.mark.parametrize(
    "limits",
    [
        Limits(seconds=0),
        Limits(seconds=float("inf")),
        Limits(seconds=float("nan")),
        Limits(memory_bytes=-1),
        Limits(disk_bytes=0),
        Limits(output_bytes=1 << 60),
    ],
)
def test_limits_that_are_none(sandbox: Bubblewrap, limits: Limits) -> None:
    """Nothing, less than nothing, and without end."""
    ran = sandbox.run(Job(source=MARK, entry="f", limits=limits))
    assert ran.ending is Ending.REFUSED
    assert "limit" in ran.error
