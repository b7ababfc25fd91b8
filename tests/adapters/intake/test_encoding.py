"""Compressed bodies, and what pretends to be one."""

import gzip
import tracemalloc
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from failonce.adapters.intake.encoding import ENCODINGS, unpacked
from failonce.errors import BadInput, TooLarge


def bare(content: bytes) -> bytes:
    """Deflate without a header, as some send it."""
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return engine.compress(content) + engine.flush()


PACKED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
}


@pytest.mark.parametrize("name", ENCODINGS)
@given(content=st.binary(max_size=3000))
def test_content_comes_back(name: str, content: bytes) -> None:
    assert unpacked(PACKED[name](content), name, most=3000) == content


def test_names_are_read_as_http_has_them() -> None:
    assert unpacked(PACKED["gzip"](b"x"), " X-GZIP ", most=9) == b"x"
    assert unpacked(b"x", "", most=9) == b"x"
    assert unpacked(bare(b"x" * 99), "deflate", most=99) == b"x" * 99
    assert unpacked(PACKED["gzip"](b"a") + PACKED["gzip"](b"b"), "gzip", most=9) == b"ab"
    assert unpacked(PACKED["zstd"](b"a") + PACKED["zstd"](b"b"), "zstd", most=9) == b"ab"


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_limit_is_exact(name: str) -> None:
    packed = PACKED[name](b"x" * 1000)
    assert len(unpacked(packed, name, most=1000)) == 1000
    with pytest.raises(TooLarge, match="999"):
        unpacked(packed, name, most=999)


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused_before_it_is_held(name: str) -> None:
    """200 MB of zeros in a few KB, where 1 MB is allowed."""
    bomb = PACKED[name](bytes(200 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            unpacked(bomb, name, most=1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["gzip", "deflate", "zstd"])
def test_damaged_content_is_refused(name: str) -> None:
    packed = PACKED[name](b"some content that is long enough" * 9)
    for broken in (b"no such thing", packed[: len(packed) // 2], packed + b"more"):
        with pytest.raises(BadInput, match="cannot be unpacked"):
            unpacked(broken, name, most=1000)


def test_an_unknown_encoding_is_named() -> None:
    with pytest.raises(BadInput, match=r"'br'.*gzip"):
        unpacked(b"x", "br", most=9)
