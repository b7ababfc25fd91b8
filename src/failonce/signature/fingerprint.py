"""Level 1: the stable name of a failure.

A fingerprint is a function of three strings and the table of masks, and of nothing else: the same
failure has the same fingerprint on every node, in any order, for ever. Speed comes from not
masking what was masked before, see `memo`.
Source: S13, D.3.5; DESIGN section 5 (blake2b, where D.3.5 says SHA-256).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b, md5
from itertools import islice
from typing import Final

from failonce.signature.masking import mask
from failonce.signature.masks import SCHEME_VERSION
from failonce.signature.memo import FOLD, Memo, Shape, refold, shape_of

MEMO_LONGEST: Final = 4096
"""Longer texts pass the memo by."""

_BATCH: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The stable name of a failure: *id* is 128 bits in the form of a UUID."""

    id: str
    template: str
    scheme: int = SCHEME_VERSION


def fingerprint(*, component: str, error_type: str, text: str) -> Fingerprint:
    """Name a failure by where it happened, its type, and its text with the values masked."""
    if len(text) > MEMO_LONGEST:
        return _name((component, error_type, mask(text)))
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return _name((component, error_type, mask(text)))
    found = _folded[component, error_type, data.translate(FOLD)]
    if isinstance(found, Fingerprint):
        return found
    return _named[component, error_type, found.fill(data)]


def fingerprint_of_fold(*, component: str, error_type: str, folded: bytes) -> Fingerprint | None:
    """The name of every failure whose text in UTF-8 is *folded* once `FOLD` translated it.

    None where the template keeps digits of the text, so that these have several names.
    """
    found = _folded[component, error_type, folded]
    return found if isinstance(found, Fingerprint) else None


def fingerprints(texts: Iterable[str], *, component: str, error_type: str) -> Iterator[Fingerprint]:
    """Name many failures of one component and type, in their order, equal texts once a batch.

    For history, not for a stream: nothing is yielded before a batch of 16,384 texts is full or
    the input ends.
    """
    rest = iter(texts)
    while batch := list(islice(rest, _BATCH)):
        named = {
            text: fingerprint(component=component, error_type=error_type, text=text)
            for text in dict.fromkeys(batch)
        }
        yield from map(named.__getitem__, batch)


def template(text: str) -> str:
    """Mask a text: `masking.mask` behind the memo."""
    return fingerprint(component="", error_type="", text=text).template


def short_id(fingerprint_id: str, taken: Mapping[str, str]) -> str:
    """The first 8 hexadecimal digits of a fingerprint, in capitals; more where they collide.

    *taken* maps the short ids in use to the fingerprints that have them. Source: D.3.5.
    """
    digits = fingerprint_id.replace("-", "").upper()
    for length in range(8, len(digits)):
        if taken.get(digits[:length], fingerprint_id) == fingerprint_id:
            return digits[:length]
    return digits


def seed_fingerprint(*, error_type: str, component: str, text: str) -> str:
    """The identifier of the seed document, with its length corrected, for imports only.

    Twenty zeros and the last twelve digits of the MD5 of `type|component|template`: 48 bits, so
    two failures in some ten million share one. Source: S13, D.3.5.
    """
    parts = f"{error_type}|{component}|{template(text)}"
    tail = md5(_bytes(parts), usedforsecurity=False).hexdigest()[20:]
    return f"00000000-0000-0000-0000-{tail}"


def stable_id(*parts: str) -> str:
    """128 bits over the scheme version and the parts, each behind its length, as a UUID.

    The length keeps parts from running into each other: ("a", "bc") is not ("ab", "c").
    """
    digest = blake2b(digest_size=16, person=b"failonce")
    for part in (str(SCHEME_VERSION), *parts):
        data = _bytes(part)
        digest.update(len(data).to_bytes(8, "big") + data)
    digits = digest.hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _name(key: tuple[str, str, str]) -> Fingerprint:
    return Fingerprint(id=stable_id(*key), template=key[2])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _by_fold(key: tuple[str, str, bytes]) -> Fingerprint | Shape:
    component, error_type, folded = key
    shape = _shapes[refold(folded)]
    return _named[component, error_type, shape.pieces[0]] if shape.fixed else shape


def _last(key: tuple[str, str, str | bytes]) -> int:
    return len(key[2])


_shapes: Final = Memo(shape_of, len)
_named: Final = Memo(_name, _last)
_folded: Final = Memo(_by_fold, _last)
