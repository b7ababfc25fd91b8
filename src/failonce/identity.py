"""Ids and digests: one canonical encoding, one hash.

Parts are encoded with their length before them, so no two different tuples have the same
bytes. The hash is BLAKE2b; an id shown to people is the first eight hex digits of it.

The model is not loaded here, for whoever needs no more than a digest.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

try:  # the very same, without OpenSSL, which takes as long to load as all else here
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    from failonce.model import Event, Json, KindName, Lesson, Proposal

GENESIS = "0" * 64
"""The hash before the first audit entry."""


def letters(kind: "KindName") -> str:
    """The two before a lesson's id (S19, S20 name `GR` and `FX`), else those it begins with."""
    return _LETTERS.get(kind, kind[:2].upper())


_LETTERS: Final[dict[str, str]] = {"guardrail": "GR", "fixer": "FX"}


def digest(parts: Iterable[str], *, size: int = 32) -> str:
    """Hex digest of `size` bytes over a tuple of texts, unambiguous in their borders."""
    raws = [part.encode("utf-8", "surrogatepass") for part in parts]
    return blake2b(framed(raws), digest_size=size).hexdigest()


def framed(raws: Iterable[bytes]) -> bytes:
    """Each with its length before it: no two different tuples give the same bytes."""
    return b"".join([b"%d:%b" % (len(raw), raw) for raw in raws])


def canonical_json(value: "Json") -> str:
    """JSON with sorted keys and no spaces: equal values have equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def body_digest(proposal: "Proposal") -> str:
    """What an approval signs: the body's bytes with kind, target and scope."""
    return digest(("lesson/1", proposal.kind, proposal.project, proposal.target, proposal.body))


def lesson_id(proposal: "Proposal", taken: Iterable[str] = ()) -> str:
    """`GR-1A2B3C4D` and the like: the same for every version of one identity.

    It is made of project, kind, target and key; where another identity in `taken` has
    the same eight digits, it grows by a digit at a time.
    """
    full = digest(
        ("identity/1", proposal.project, proposal.kind, proposal.target, proposal.key)
    ).upper()
    used = frozenset(taken)
    for length in range(8, len(full) + 1):
        short = f"{letters(proposal.kind)}-{full[:length]}"
        if short not in used:
            return short
    raise AssertionError("two identities with one 256-bit digest")


def slug(name: str) -> str:
    """A tool's or skill's name as a file's name: lower case, dashes for the rest."""
    words = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "-" for c in name.lower())
    return "-".join(filter(None, words.split("-")))[:64].strip("_-")


def event_id(project: str, session: str, own: str, *, source: str | None = None) -> str:
    """The id of a recorded event that has one of its own, within its project and session.

    `source` is given for whoever is not trusted to name an event that others send.
    """
    return digest(
        ("event/1", project, session, own, *(() if source is None else (source,))), size=16
    )


def server(tool: str) -> str:
    """The MCP server in a client's name of a tool, empty where there is none."""
    parts = tool.split("__")
    return parts[1] if len(parts) >= 3 and parts[0] == "mcp" else ""


def gap_id(project: str, need: str) -> str:
    """Content-addressed by the need, so a gap found again is the same gap (F7)."""
    return digest(("gap/1", project, need), size=8)


def event_hash(previous: str, seq: int, event: "Event") -> str:
    """The audit chain's link: covers every field of the event and the link before.

    `via` is part of it where there is one: entries that older versions wrote had none.
    """
    return digest(
        (
            "audit/1",
            previous,
            str(seq),
            event.at.isoformat(),
            event.actor,
            event.action,
            event.subject,
            str(event.version),
            event.before or "",
            event.after or "",
            event.mode or "",
            event.digest,
            event.reason,
            *([event.via] if event.via else []),
        )
    )


def intact(lesson: "Lesson") -> bool:
    """True where the lesson's bytes are those of its digest."""
    return body_digest(lesson.proposal) == lesson.digest
