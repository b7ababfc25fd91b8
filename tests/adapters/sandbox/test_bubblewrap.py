"""The sandbox over bubblewrap: the suite of all sandboxes, and what is its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from failonce.adapters.sandbox import Bubblewrap
from failonce.model import Barrier, Ending, Grants, Job, Limits, Strength
from failonce.testing.conformance import SandboxConformance


@pytest.mark.proves("H6", "H26")
class TestBubblewrap(SandboxConformance):
    """What every sandbox promises."""

    def test_a_run_says_what_its_grants_opened(self, sandbox: Bubblewrap, tmp_path: Path) -> None:
        """Each by name; that granted folders have no quota is no secret."""
        folder = str(tmp_path)
        grants = Grants(network=("127.0.0.1:1",), writes=(folder,))
        ran = sandbox.run(Job(source="def f(): return 1", entry="f", grants=grants))
        assert ran.value == 1
        held = {e.what: e for e in ran.enforced}
        assert held[Barrier.NETWORK].why == "granted: 127.0.0.1:1"
        assert held[Barrier.WRITES].why == f"granted: {folder}"
        assert held[Barrier.DISK].how is Strength.PARTIAL
        assert held[Barrier.TIME] in sandbox.barriers()

    def test_a_granted_folder_is_not_filled(self, sandbox: Bubblewrap, tmp_path: Path) -> None:
        """Beyond the limit of disk by much; what ends it has a name of its own."""
        source = """
def f(folder):
    for number in range(10_000):
        with open(f"{folder}/{number}", "wb") as file:
            file.write(bytes(1 << 20))
"""
        ran = sandbox.run(
            Job(
                source=source,
                entry="f",
                args={"folder": str(tmp_path)},
                grants=Grants(writes=(str(tmp_path),)),
                limits=Limits(disk_bytes=8 << 20),
            )
        )
        assert ran.ending is Ending.DISK
        assert sum(p.stat().st_size for p in tmp_path.iterdir()) < 2 << 30

    def test_programs_together_have_the_memory_of_one(self, sandbox: Bubblewrap) -> None:
        """The tree is counted as a whole, where programs are granted at all."""
        source = """
import subprocess, sys
def f(many):
    hold = "import sys; held = bytearray(60 << 20); sys.stdin.read()"
    children = [subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE)
                for _ in range(many)]
    import time
    time.sleep(1.5)
    return [child.poll() for child in children]
"""
        limits = Limits(memory_bytes=192 << 20, disk_bytes=1 << 20)
        grants = Grants(subprocess=True)
        few, many = (
            sandbox.run(
                Job(source=source, entry="f", args={"many": n}, grants=grants, limits=limits)
            )
            for n in (2, 8)
        )
        if few.ending is Ending.REFUSED:
            assert "limit of memory" in few.error
            return
        assert few.value == [None, None]
        assert many.ending is Ending.MEMORY or -9 in many.value  # type: ignore[operator]

    def test_packages_of_the_operator(self, tmp_path: Path, sandbox: Bubblewrap) -> None:
        """They are there where they are granted, and cannot be changed."""
        (tmp_path / "shapes/shapes").mkdir(parents=True)
        (tmp_path / "shapes/shapes/__init__.py").write_text("SIDES = 4\n")
        own = Bubblewrap(packages=tmp_path)
        source = "def f():\n    import shapes\n    return [shapes.SIDES, shapes.__file__]\n"
        job = Job(source=source, entry="f", grants=Grants(packages=("shapes",)))
        assert own.run(job).value == [4, "/packages/shapes/shapes/__init__.py"]
        assert own.run(replace(job, grants=Grants())).ending is Ending.RAISED
        assert sandbox.run(job).ending is Ending.REFUSED
