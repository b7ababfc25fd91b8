"""A pack reads back as it was written, and nothing else is read."""

import gzip
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.packs import Carried, Keys, Pack, dump, is_pack, load, read
from failonce.adapters.packs.layout import MOST_BYTES, MOST_LESSONS
from failonce.errors import BadInput, TooLarge
from failonce.identity import canonical_json
from failonce.language.visibility import hidden
from failonce.model import KindName
from tests.made import START

ONE = Carried(kind=KindName.RULE, target="read", key="k", name="A rule", body="Name the file.")
PACK = Pack(name="shop", made_at=START, lessons=(ONE,))

visible = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(
    lambda text: not hidden(text)
)
lines = visible.filter(lambda text: "\n" not in text)
lessons = st.builds(
    Carried,
    kind=st.sampled_from(list(KindName)),
    target=lines,
    key=lines,
    name=lines,
    body=visible,
    signatures=st.lists(lines, max_size=3).map(tuple),
)
packs = st.builds(
    Pack,
    name=lines,
    made_at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9.5))])),
    lessons=st.lists(
        lessons, min_size=1, max_size=4, unique_by=lambda x: (x.kind, x.target, x.key)
    ).map(tuple),
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@given(packs)
def test_what_was_made_is_what_is_taken(keys: Keys, pack: Pack) -> None:
    data = dump(pack, keys.own, keys.sign)
    found = load(data, keys.verify, what="it")
    assert found.signer == keys.own
    assert found.pack.lessons == pack.lessons
    assert (found.pack.name, found.pack.made_at) == (pack.name, pack.made_at)
    assert dump(found.pack, keys.own, keys.sign) == data


@given(st.data())
def test_a_byte_that_was_changed_taken_out_or_added_is_seen(
    keys: Keys, data: st.DataObject
) -> None:
    whole = dump(PACK, keys.own, keys.sign)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda b: b != whole[at]))
    byte = bytes([other])
    for changed in (
        whole[:at] + byte + whole[at + 1 :],
        whole[:at] + byte + whole[at:],
        whole[:at] + whole[at + 1 :],
        whole[:at],
    ):
        with pytest.raises(BadInput):
            load(changed, keys.verify, what="it")


def test_nobody_signs_in_anothers_name(keys: Keys, tmp_path: Path) -> None:
    mallory = Keys(tmp_path)
    with pytest.raises(BadInput, match="changed since it was signed"):
        load(dump(PACK, keys.own, mallory.sign), keys.verify, what="it")


def signed(keys: Keys, body: Any, **more: Any) -> bytes:
    """Any document, written and signed as packs are: only what it says may be wrong."""
    named = {"failonce_pack": body, "signer": keys.own, **more}
    signature = keys.sign(b"failonce pack/1\n" + canonical_json(named).encode()).hex()
    return f"{canonical_json({**named, 'signature': signature})}\n".encode()


def body(**changed: Any) -> dict[str, Any]:
    return asdict(PACK) | {"made_at": START.isoformat(), **changed}


def one(**changed: Any) -> dict[str, Any]:
    return body(lessons=[asdict(ONE) | changed])


def test_the_form_is_the_one_that_is_told(keys: Keys) -> None:
    """Without it the refusals below would prove nothing."""
    assert signed(keys, body()) == dump(PACK, keys.own, keys.sign)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (body(format=2), "newer failonce"),
        (body(format=10**400), "cannot be used"),
        (body(format=True), "not as a pack is written"),
        (body(format=0), "format"),
        (body(more=1), "more"),
        (body(lessons=[]), "lessons"),
        (body(lessons="many"), "lessons"),
        (body(lessons=[asdict(ONE)] * 2), "twice"),
        (body(lessons=[asdict(ONE) | {"key": str(n)} for n in range(MOST_LESSONS + 1)]), "500"),
        (body(made_at="2026-03-01T09:00:00"), "made_at"),
        (body(made_at="2026-03-01T09:00:00Z"), "not as a pack is written"),
        (body(name="two\nlines"), "more than one line"),
        (body(name="x" * 201), "200"),
        (one(kind="quota"), "install a newer one"),
        (one(kind=7), "kind"),
        (one(script="rm"), "script"),
        (one(body="Name the\u200bfile."), "U\\+200B"),
        (one(body="\u202ename"), "U\\+202E"),
        (one(body="a\r\nb"), "U\\+000D"),
        (one(body=""), "body"),
        (one(body="x" * 100_001), "100000"),
        (one(target="a\tb"), "U\\+0009"),
        (one(signatures=["s"] * 51), "50"),
        ([], "failonce_pack"),
        (None, "failonce_pack"),
    ],
)
def test_signed_is_not_enough(keys: Keys, wrong: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load(signed(keys, wrong), keys.verify, what="it")


def _twice(good: bytes) -> bytes:
    return good.replace(b'"name":"shop"', b'"name":"shop","name":"shop"')


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (_twice, BadInput),
        (lambda good: good.replace(b"{", b"{ ", 1), BadInput),
        (lambda good: good + b"\n", BadInput),
        (lambda good: good.replace(b"Name the", b"Name \\u0074he"), BadInput),
        (lambda good: good.replace(b"Name the", b"Name \\ud800"), BadInput),
        (lambda good: good.replace(b"Name the", b"Name \xff\xfe"), BadInput),
        (lambda _: b"", BadInput),
        (lambda _: b"\x00" * 100, BadInput),
        (lambda good: gzip.compress(good * 10_000), BadInput),
        (lambda _: b'{"failonce_pack":' + b"[" * 200_000, BadInput),
        (lambda _: b'{"failonce_pack":' + b'{"a":' * 200_000, BadInput),
        (lambda _: b'{"failonce_pack":' + b"9" * 100_000, BadInput),
        (lambda good: good + b" " * MOST_BYTES, TooLarge),
    ],
)
def test_what_is_no_pack_is_refused(
    keys: Keys, broken: Callable[[bytes], bytes], error: type[Exception]
) -> None:
    with pytest.raises(error):
        load(broken(dump(PACK, keys.own, keys.sign)), keys.verify, what="it")


def test_none_is_written_that_nobody_could_read(keys: Keys) -> None:
    for wrong in (replace(PACK, lessons=()), replace(PACK, name="a\u200bb")):
        with pytest.raises(BadInput):
            dump(wrong, keys.own, keys.sign)


def test_a_file_is_read_no_further_than_a_pack_goes(keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "big"
    with file.open("wb") as out:
        out.write(b'{"failonce_pack":')
        out.truncate(1 << 33)
    assert is_pack(file)
    assert len(read(file)) == MOST_BYTES + 1
    with pytest.raises(TooLarge):
        load(read(file), keys.verify, what="it")
    for wrong in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInput, match="is no file"):
            read(wrong)
