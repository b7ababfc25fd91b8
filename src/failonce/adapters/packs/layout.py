"""The file of a pack: JSON of one form, so that one pack has one text and one signature.

    {"failonce_pack":{"format":1,"lessons":[…],"made_at":"…","name":"…"},
     "signature":"<hex>","signer":"<hex>"}

It is written with sorted keys and no spaces, and whatever is not, to the byte, what would be
written is refused: a name that stands twice, a field too many, a space.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError

from failonce.errors import BadInput, TooLarge
from failonce.identity import canonical_json
from failonce.language.visibility import hidden
from failonce.model import Json, KindName

FORMAT: Final = 1
"""The form that is written, and the newest that is read."""
MOST_BYTES: Final = 4_000_000
MOST_LESSONS: Final = 500
MOST_SIGNATURES: Final = 50
_BEGINS: Final = b'{"failonce_pack":'
_FORM: Final = re.compile(rb'\{"failonce_pack":\{"format":(\d{1,9})[,}]')
_CONTEXT: Final = b"failonce pack/1\n"
"""Before what is signed, so that no signature of a pack is one of anything else."""
_STRICT: Final = ConfigDict(extra="forbid", strict=True)
_KINDS: Final = frozenset(KindName)
"""The five that are built in; `KindName` takes any other word too."""

Sign = Callable[[bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]
"""Signer's public key in hex, signature, message → whether it is theirs."""


def _visible(text: str) -> str:
    if unseen := hidden(text):
        raise ValueError(f"it holds {unseen[0]}, which nobody can see")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("it has more than one line")
    return _visible(text)


def _known(kind: KindName) -> KindName:
    if kind not in _KINDS:
        raise ValueError("this failonce does not know it; install a newer one")
    return kind


def _apart(lessons: "tuple[Carried, ...]") -> "tuple[Carried, ...]":
    if len({(x.kind, x.target, x.key) for x in lessons}) < len(lessons):
        raise ValueError("one lesson stands in it twice")
    return lessons


_Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A lesson as a pack carries it."""

    __pydantic_config__ = _STRICT

    kind: Annotated[KindName, AfterValidator(_known)]
    target: _Line
    key: Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_one_line)]
    name: _Line
    body: Annotated[str, Field(min_length=1, max_length=100_000), AfterValidator(_visible)]
    signatures: Annotated[tuple[_Line, ...], Field(max_length=MOST_SIGNATURES)] = ()
    """The classes of failures that it is for; they say nothing of any one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What somebody gives away."""

    __pydantic_config__ = _STRICT

    format: Literal[1] = FORMAT
    name: _Line
    made_at: AwareDatetime
    lessons: Annotated[
        tuple[Carried, ...],
        Field(min_length=1, max_length=MOST_LESSONS),
        AfterValidator(_apart),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A pack, and whose it is."""

    __pydantic_config__ = _STRICT

    failonce_pack: Pack
    signer: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Their public key, in hex."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]

    @property
    def pack(self) -> Pack:
        """What the file calls `failonce_pack`."""
        return self.failonce_pack


def dump(pack: Pack, signer: str, sign: Sign) -> bytes:
    """The file's bytes; raises `BadInput` where no reader would take them."""
    signature = sign(_message(pack, signer)).hex()
    data = _text(Signed(failonce_pack=pack, signer=signer, signature=signature))
    _parsed(data, "This pack")
    return data


def load(data: bytes, verify: Verify, *, what: str) -> Signed:
    """Read a file; `what` names it in messages.

    Raises `BadInput` where it is no pack, was changed since it was signed, or is of a form or
    holds a kind that this failonce does not know.
    """
    found = _parsed(data, what)
    message = _message(found.pack, found.signer)
    if not verify(found.signer, bytes.fromhex(found.signature), message):
        raise BadInput(f"{what} was changed since it was signed, so nothing of it is taken.")
    return found


def is_pack(path: Path) -> bool:
    """Whether a file begins like a pack; raises `OSError` where it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(_BEGINS)) == _BEGINS


def read(path: Path) -> bytes:
    """A file's bytes, not many more than a pack may have; raises `BadInput` where it cannot."""
    try:
        if not path.is_file():
            raise BadInput(f"{path} is no file. Name one that failonce pack make wrote.")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


# ------------------------------------------------------------------ inside


def _parsed(data: bytes, what: str) -> Signed:
    if not data.startswith(_BEGINS):
        raise BadInput(f"{what} is no lesson pack.")
    if len(data) > MOST_BYTES:
        raise TooLarge(f"{what} is larger than {MOST_BYTES:,} bytes.")
    form = _FORM.match(data)
    if form is not None and int(form[1]) > FORMAT:
        raise BadInput(
            f"{what} was made by a newer failonce (form {int(form[1])}; this one reads up to "
            f"{FORMAT}). Install the newer one."
        )
    try:
        found = _reader().validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(x + 1) if isinstance(x, int) else x for x in first["loc"][-3:])
        said = first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{what} cannot be used: {where}: {said[:120]}.") from None
    if _text(found) != data:
        raise BadInput(f"{what} is not as a pack is written; it was changed, or only half is here.")
    return found


@lru_cache(maxsize=1)
def _reader() -> TypeAdapter[Signed]:
    return TypeAdapter(Signed)


def _text(value: Signed) -> bytes:
    fields: dict[str, Json] = asdict(value)
    fields["failonce_pack"] = _fields(value.pack)
    return f"{canonical_json(fields)}\n".encode("utf-8", "surrogatepass")


def _message(pack: Pack, signer: str) -> bytes:
    signed: dict[str, Json] = {"failonce_pack": _fields(pack), "signer": signer}
    return _CONTEXT + canonical_json(signed).encode("utf-8", "surrogatepass")


def _fields(pack: Pack) -> dict[str, Json]:
    return asdict(pack) | {"made_at": pack.made_at.isoformat()}
