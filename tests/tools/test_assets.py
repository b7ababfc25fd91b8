"""What is taken from npm, and what is said where something of the system is missing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.looking import absent
from tools import assets

ROOT = Path(__file__).parents[2]


def test_the_lock_names_no_address() -> None:
    """Whoever installs does so from where they get packages."""
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "resolved" not in lock
    packages = {name: x for name, x in json.loads(lock)["packages"].items() if name}
    assert len(packages) > 3
    assert all(x["integrity"].startswith("sha512-") for x in packages.values())


def test_what_is_served_comes_with_its_licence(tmp_path: Path) -> None:
    """Every file that is named is there, and nothing of an older version stays."""
    if not assets.MODULES.is_dir():
        absent("What npm installs is missing: `make assets`.")
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "old.js").write_text("")
    assets.take(assets.MODULES, vendor)
    assert {file.name for file in vendor.iterdir()} == set(assets.TAKEN.values())
    assert "Permission" in (vendor / "htmx.LICENSE.txt").read_text(encoding="utf-8")
    assert "Permission" in (vendor / "uPlot.LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("more", "ci", "code"), [([], "", 0), (["--must"], "", 1), ([], "1", 1)])
def test_without_npm_one_line_says_so(tmp_path: Path, more: list[str], ci: str, code: int) -> None:
    """A user goes on; CI, and whoever builds what others get, does not."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/assets.py"), *more],
        env={**os.environ, "PATH": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert done.stderr.startswith("npm is missing: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("1", 1)])
def test_what_the_system_lacks_is_one_line_each(tmp_path: Path, ci: str, code: int) -> None:
    """Where nothing may be installed: what is missing, what for, and what to do."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    shell = shutil.which("sh")
    assert shell
    done = subprocess.run(
        [shell, str(ROOT / "tools/system.sh")],
        env={"PATH": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert done.stderr.splitlines() == [
        "bubblewrap is missing: the sandbox cannot be tested. Install the package bubblewrap.",
        "npm is missing: the dashboard cannot be tested. Install the package npm.",
        "chromium is missing: the dashboard cannot be tested. Install the package chromium.",
    ]
