"""The key is this user's alone, and whom they trust is said, listed and taken back."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from failonce.adapters.packs import Keys, fingerprint
from failonce.errors import BadInput, StoreUnreadable


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "keys"
    own = Keys(folder).own
    assert Keys(folder).own == own
    assert stat.S_IMODE((folder / "signing.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [p.name for p in folder.iterdir()] == ["signing.key"]


def test_of_many_that_make_one_at_once_all_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: Keys(tmp_path).own, range(16)))
    assert len(found) == 1


def test_a_signature_is_of_one_key_and_one_message(tmp_path: Path) -> None:
    ann, bob = Keys(tmp_path / "ann"), Keys(tmp_path / "bob")
    signature = ann.sign(b"this")
    assert Keys.verify(ann.own, signature, b"this")
    assert not Keys.verify(ann.own, signature, b"that")
    assert not Keys.verify(bob.own, signature, b"this")
    assert not Keys.verify(ann.own, signature[:-1], b"this")
    assert not Keys.verify("00" * 32, signature, b"this")
    assert not Keys.verify("00" * 31, signature, b"this")


@pytest.mark.parametrize("wrong", [b"", b"x" * 31, b"x" * 33])
def test_a_key_that_is_none_is_told(tmp_path: Path, wrong: bytes) -> None:
    Keys(tmp_path).sign(b"")
    (tmp_path / "signing.key").write_bytes(wrong)
    with pytest.raises(StoreUnreadable, match="is no key"):
        Keys(tmp_path).sign(b"")


def test_a_key_that_others_can_read_or_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.sign(b"")
    path = tmp_path / "signing.key"
    path.chmod(0o640)
    with pytest.raises(StoreUnreadable, match="chmod 600"):
        keys.sign(b"")
    path.chmod(0o600)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreUnreadable, match="cannot be read"):
        keys.sign(b"")


def test_where_no_folder_can_be_made_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnreadable, match="cannot be written"):
        _ = Keys(tmp_path / "file" / "keys").own
    with pytest.raises(StoreUnreadable):
        Keys(tmp_path / "file" / "keys").trust("ab" * 32)


def test_trust_is_said_listed_and_taken_back(tmp_path: Path) -> None:
    ann = Keys(tmp_path / "ann")
    bob, eve = (Keys(tmp_path / name).own for name in ("bob", "eve"))
    assert list(ann.trusted()) == []
    assert not ann.trusts(bob)
    assert not (tmp_path / "ann").exists(), "to ask makes no key"
    ann.trust(bob)
    ann.trust(bob)
    assert list(ann.trusted()) == [bob]
    assert (ann.trusts(bob), ann.trusts(eve)) == (True, False)
    assert ann.trusts(ann.own)
    assert ann.forget(fingerprint(bob)[:7].upper()) == fingerprint(bob)
    assert not ann.trusts(bob)


def test_whom_to_forget_must_be_clear(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.trust("ab" * 32)
    for name in ("", " ", "zz", fingerprint("cd" * 32)):
        with pytest.raises(BadInput, match="pack signers"):
            keys.forget(name)
    for name in ("../../x", "AB" * 32, ""):
        with pytest.raises(BadInput, match="no public key"):
            keys.trust(name)
    (tmp_path / "trusted" / "notes.txt").write_text("mine")
    assert list(keys.trusted()) == ["ab" * 32]
