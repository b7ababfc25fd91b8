"""The file of a pack: JSON of one form, so that one text has one signature.

    {"failonce_pack": {"format": 1, "lessons": [...], "made_at": "...", "name": "..."},
     "signature": "<hex>", "signer": "<hex>"}

It is written with sorted keys and no spaces, and whatever is not exactly what would be written is
refused: a name that stands twice, a field too many, a space.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from failonce.errors import BadInput, TooLarge
from failonce.identity import canonical_json
from failonce.language.visibility import hidden
from failonce.model import Json, KindName

FORMAT: Final = 1
"""The form that is written, and the newest that is read."""
BEGINS: Final = b'{"failonce_pack":'
"""How every pack begins."""
MOST_BYTES: Final = 4_000_000
MOST_LESSONS: Final = 500
MOST_SIGNATURES: Final = 50
_CONTEXT: Final = b"failonce pack/1\n"
_LONGEST: Final[Mapping[str, int]] = {
    "kind": 40,
    "target": 200,
    "key": 2_000,
    "name": 200,
    "body": 100_000,
}
_LESSON: Final = frozenset({*_LONGEST, "signatures"})
_ONE_LINE: Final = ("kind", "target", "key", "name")
_HEX: Final = frozenset("0123456789abcdef")

Sign = Callable[[bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]
"""Signer's public key in hex, signature, message → whether it is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A lesson as a pack carries it."""

    kind: KindName
    target: str
    key: str
    name: str
    body: str
    signatures: tuple[str, ...] = ()
    """The classes of failures that it is for; they say nothing of any one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What somebody gives away."""

    name: str
    made_at: datetime
    lessons: tuple[Carried, ...]
    signer: str
    """Their public key, in hex."""


def dump(pack: Pack, sign: Sign) -> bytes:
    """The file's bytes."""
    signed = _signed(pack)
    return _text({**signed, "signature": sign(_message(signed)).hex()})


def load(data: bytes, verify: Verify, *, what: str) -> Pack:
    """Read a file; `what` names it in messages.

    Raises `BadInput` where it is no pack, was changed since it was signed, or is of a form or
    holds a kind that this failonce does not know.
    """
    document = _document(data, what)
    body = document.get("failonce_pack")
    if not isinstance(body, Mapping):
        raise BadInput(f"{what} is no lesson pack.")
    _form(body, what)
    if document.keys() != {"failonce_pack", "signature", "signer"} or _text(document) != data:
        raise BadInput(f"{what} is not as a pack is written; it was changed, or only half is here.")
    signer, signature = document["signer"], document["signature"]
    if not (_hex(signer, 64) and _hex(signature, 128)):
        raise BadInput(f"{what} has no signature.")
    assert isinstance(signer, str)  # noqa: S101 - as just seen
    assert isinstance(signature, str)  # noqa: S101
    signed: Mapping[str, Json] = {"failonce_pack": body, "signer": signer}
    if not verify(signer, bytes.fromhex(signature), _message(signed)):
        raise BadInput(f"{what} was changed since it was signed, so nothing of it is taken.")
    return _pack(body, signer, what)


# ------------------------------------------------------------------ inside


def _signed(pack: Pack) -> dict[str, Json]:
    lessons: list[Json] = [
        {
            "kind": x.kind,
            "target": x.target,
            "key": x.key,
            "name": x.name,
            "body": x.body,
            "signatures": list(x.signatures),
        }
        for x in pack.lessons
    ]
    body: dict[str, Json] = {
        "format": FORMAT,
        "name": pack.name,
        "made_at": pack.made_at.isoformat(),
        "lessons": lessons,
    }
    return {"failonce_pack": body, "signer": pack.signer}


def _text(document: Mapping[str, Json]) -> bytes:
    return f"{canonical_json(document)}\n".encode("utf-8", "surrogatepass")


def _message(signed: Mapping[str, Json]) -> bytes:
    return _CONTEXT + _text(signed)


def _document(data: bytes, what: str) -> Mapping[str, Json]:
    if len(data) > MOST_BYTES:
        raise TooLarge(f"{what} is larger than {MOST_BYTES:,} bytes.")
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{what} is no lesson pack ({str(error)[:120]}).") from None
    if not isinstance(found, dict):
        raise BadInput(f"{what} is no lesson pack.")
    return found


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(word: str) -> Json:
    raise ValueError(f"{word} is no number")


def _form(body: Mapping[str, Json], what: str) -> None:
    form = body.get("format")
    if type(form) is not int or form < 1:
        raise BadInput(f"{what} does not say of which form it is.")
    if form > FORMAT:
        raise BadInput(
            f"{what} was made by a newer failonce (form {form}; this one reads up to {FORMAT}). "
            "Install the newer one."
        )


def _pack(body: Mapping[str, Json], signer: str, what: str) -> Pack:
    try:
        if body.keys() != {"format", "name", "made_at", "lessons"}:
            raise ValueError("a field is missing, or one too many")
        lessons = body["lessons"]
        if not isinstance(lessons, Sequence) or isinstance(lessons, str):
            raise ValueError("`lessons` is no list")
        if not 0 < len(lessons) <= MOST_LESSONS:
            raise ValueError(f"a pack holds 1 to {MOST_LESSONS} lessons")
        carried = tuple(_carried(x, n) for n, x in enumerate(lessons, 1))
        if len({(x.kind, x.target, x.key) for x in carried}) < len(carried):
            raise ValueError("one lesson stands in it twice")
        return Pack(
            name=_line(body["name"], "its name", 200),
            made_at=_moment(body["made_at"]),
            lessons=carried,
            signer=signer,
        )
    except ValueError as error:
        raise BadInput(f"{what} cannot be used: {error}.") from None


def _carried(found: Json, n: int) -> Carried:
    if not isinstance(found, Mapping) or found.keys() != _LESSON:
        raise ValueError(f"lesson {n} has a field too few, or one too many")
    for name in _ONE_LINE:
        _line(found[name], f"`{name}` of lesson {n}", _LONGEST[name])
    body, signatures = found["body"], found["signatures"]
    if not isinstance(body, str) or not 0 < len(body) <= _LONGEST["body"]:
        raise ValueError(f"the text of lesson {n} is empty or too long")
    if not isinstance(signatures, list) or len(signatures) > MOST_SIGNATURES:
        raise ValueError(f"lesson {n} is for too many classes of failures")
    kind = str(found["kind"])
    if kind not in set(KindName):
        raise ValueError(
            f"lesson {n} is of the kind `{kind}`, which this failonce does not know; install a "
            "newer one"
        )
    return Carried(
        kind=KindName(kind),
        target=str(found["target"]),
        key=str(found["key"]),
        name=str(found["name"]),
        body=body,
        signatures=tuple(_line(s, f"a class of lesson {n}", 80) for s in signatures),
    )


def _line(found: Json, what: str, most: int) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= most:
        raise ValueError(f"{what} is no text of 1 to {most} characters")
    if "\n" in found or hidden(found):
        raise ValueError(f"{what} holds characters that nobody can see")
    return found


def _moment(found: Json) -> datetime:
    made = datetime.fromisoformat(str(found))
    if made.tzinfo is None:
        raise ValueError("`made_at` has no time zone")
    return made


def _hex(found: Json, length: int) -> bool:
    return isinstance(found, str) and len(found) == length and set(found) <= _HEX
