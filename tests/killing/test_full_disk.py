"""The disk is full at any point of install, upgrade, rollback and removal."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.killing.made import ALL_OF_THEM, INSTALL, REMOVE, ROLLBACK, UPGRADE, Deed

ON_IT = 'mount -t tmpfs -o size=16m none "$0" || exit 99; mkdir "$0/place"; exec "$@"'


@pytest.mark.proves("H5")
@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(INSTALL, marks=pytest.mark.torture),
        UPGRADE,
        ROLLBACK,
        pytest.param(REMOVE, marks=pytest.mark.torture),
    ],
    ids=lambda d: d.name,
)
def test_where_the_disk_is_full_it_is_told_and_nothing_is_torn(tmp_path: Path, deed: Deed) -> None:
    """With no room, with a page more, and so on until all of it is done."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs the right to make a mount namespace")
    step = 1 if ALL_OF_THEM else 4
    program = [sys.executable, "-m", "tests.killing.full_disk", tmp_path, deed.name, str(step)]
    argv = ["unshare", "-m", "sh", "-c", ON_IT, tmp_path, *program]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    print(done.stdout)
    *refused, (_, code, said, now, torn) = told
    assert (code, now, torn) == (0, deed.new, False), said
    assert refused, "there was room from the beginning"
    for _, code, said, now, torn in refused:
        assert (code, torn) == (3, False), said
        assert "full" in said or "no room" in said, said
        assert ("stands" in said) is (now == deed.new), said
        assert "Traceback" not in said
        assert "bug" not in said
