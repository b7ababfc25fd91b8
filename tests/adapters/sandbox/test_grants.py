"""What is granted is looked up before it is let in."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from failonce.adapters.sandbox.grants import hosts, looked_up
from failonce.errors import Refused
from failonce.model import Grants


def found(grants: Grants, **more: object) -> list[tuple[str, bool]]:
    """Targets and whether they may be written."""
    facts: dict[str, object] = {"protected": (), "packages": None, **more}
    with ExitStack() as stack:
        granted = looked_up(grants, stack, **facts)  # type: ignore[arg-type]
        return [(g.bind.target, g.bind.writable) for g in granted]


def test_folders_come_before_what_lies_in_them(tmp_path: Path) -> None:
    """So that the wider grant does not cover the narrower."""
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    grants = Grants(reads=(str(tmp_path / "a"),), writes=(str(inner),))
    assert found(grants) == [(str(tmp_path / "a"), False), (str(inner), True)]


def test_a_descriptor_says_what_was_looked_up(tmp_path: Path) -> None:
    """Device and number, as the sandbox reports them again."""
    with ExitStack() as stack:
        grants = Grants(reads=(str(tmp_path),))
        (granted,) = looked_up(grants, stack, protected=(), packages=None)
        facts = tmp_path.stat()
        assert granted.identity == f"{facts.st_dev}:{facts.st_ino}"
        descriptor = granted.descriptor
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_no_part_of_a_path_is_a_link(tmp_path: Path) -> None:
    """Nor leads it up again; every descriptor is closed."""
    (tmp_path / "real/inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("link", "link/inner", "real/../real", "real/", "gone", "real/./inner"):
        with pytest.raises(Refused):
            found(Grants(writes=(f"{tmp_path}/{path}",)))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "a\u202eb", "\udcff"])
def test_names_that_nobody_sees(tmp_path: Path, name: str) -> None:
    """They would be shown as something else in review."""
    with pytest.raises(Refused):
        found(Grants(reads=(f"{tmp_path}/{name}",)))


def test_what_failonce_keeps_is_not_lent(tmp_path: Path) -> None:
    """Neither it, nor what holds it, nor what lies in it."""
    own = tmp_path / "data/store"
    own.mkdir(parents=True)
    (tmp_path / "data/other").mkdir()
    for path in (own, own / "x", own.parent, tmp_path):
        with pytest.raises(Refused):
            found(Grants(reads=(str(path),)), protected=(own,))
    beside = str(tmp_path / "data/other")
    assert found(Grants(reads=(beside,)), protected=(own,)) == [(beside, False)]


def test_packages_come_from_the_operators_folder(tmp_path: Path) -> None:
    """By their plain name; what is not there says how an operator allows it."""
    (tmp_path / "pypdf").mkdir()
    assert found(Grants(packages=("pypdf",)), packages=tmp_path) == [("/packages/pypdf", False)]
    for name in ("other", "..", "pypdf/", "", "a b", "/etc"):
        with pytest.raises(Refused):
            found(Grants(packages=(name,)), packages=tmp_path)
    with pytest.raises(Refused, match="no folder"):
        found(Grants(packages=("pypdf",)))
    with pytest.raises(Refused, match="pip install --target"):
        found(Grants(packages=("other",)), packages=tmp_path)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("API.Example.com.", ("api.example.com", (80, 443))),
        ("api.example.com:8443", ("api.example.com", (8443,))),
        ("127.0.0.1:80", ("127.0.0.1", (80,))),
        ("[::1]:80", ("::1", (80,))),
        ("[::1]", ("::1", (80, 443))),
    ],
)
def test_hosts(text: str, host: tuple[str, tuple[int, ...]]) -> None:
    """In one form, with the ports of the web where none is named."""
    assert hosts(Grants(network=(text,))) == [host]
