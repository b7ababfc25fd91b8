"""The block of learned rules inside somebody else's file, as bytes in and bytes out.

A block is a begin marker, a heading, one list item per rule and an end marker. The begin
marker holds a digest of the block, so a later reader can tell whether people wrote into
it, and what it takes to give the file its own bytes back: `created` where there was no
file, `joined` or `joined-crlf` where the line end before the block is ours.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from failonce.errors import BadInput
from failonce.projections.piece import Laid
from failonce.projections.rule_lines import Item, listed

HEADING = "## Learned rules"

_BEGIN = re.compile(
    rb"^<!-- failonce:begin ([0-9a-f]{16})( created)?( joined(?:-crlf)?)?"
    rb" \(kept by failonce: write outside this block\) -->\r?\n",
    re.MULTILINE,
)
_END = re.compile(rb"^<!-- failonce:end -->(?:\r?\n|\Z)", re.MULTILINE)
_MARKER = re.compile(rb"^<!-- failonce:(begin|end)", re.MULTILINE)
_JOINED = {b"": b"", b" joined": b"\n", b" joined-crlf": b"\r\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A `Piece`: rules in somebody else's file; without any the block goes."""

    items: tuple[Item, ...] = ()

    def onto(self, content: bytes | None) -> Laid:
        """The file with these rules in its block."""
        if not self.items and _MARKER.search(content or b"") is None:
            return Laid(content=content)
        found = find(content)
        return Laid(
            content=found.with_items(self.items),
            edited=found.block if found.edited else b"",
            held=bool(found.block),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A file around its block. `block` is empty where there is none."""

    before: bytes
    block: bytes
    after: bytes
    created: bool = False
    joined: bytes = b""
    """The line end before the block that is ours, because the file had none."""
    edited: bool = False
    """Somebody changed the block since it was written."""

    def with_items(self, items: Sequence[Item]) -> bytes | None:
        """The file's new bytes, None where failonce created it and nothing is left in it.

        Everything outside the block stays as it is; the same items give the same bytes.
        """
        if not items:
            return self._alone()
        new = _render(items, self.created, self.joined)
        if _unix(self.block) == new:
            return self.before + self.block + self.after
        if _crlf(self.before + self.after):
            new = new.replace(b"\n", b"\r\n")
        return self.before + new + self.after

    def _alone(self) -> bytes | None:
        before = self.before if self.after else self.before.removesuffix(self.joined)
        rest = before + self.after
        return None if self.created and not rest else rest


def find(content: bytes | None) -> Managed:
    """The file taken apart; None is a file that does not exist.

    Raises `BadInput` where markers are damaged or doubled, or the file is no text that
    UTF-8 can be added to. The new block of a file without one belongs at its end.
    """
    if content is None:
        return Managed(before=b"", block=b"", after=b"", created=True)
    markers = _MARKER.findall(content)
    if not markers:
        return _without(content)
    begin, end = _BEGIN.search(content), _END.search(content)
    if markers != [b"begin", b"end"] or begin is None or end is None or end.start() < begin.end():
        raise BadInput(
            "its failonce markers are damaged or doubled. Put back the lines that begin with "
            "`<!-- failonce:`, or delete them with what is between them"
        )
    created, joined = begin[2] is not None, _JOINED[begin[3] or b""]
    inner = _unix(content[begin.end() : end.start()])
    return Managed(
        before=content[: begin.start()],
        block=content[begin.start() : end.end()],
        after=content[end.end() :],
        created=created,
        joined=joined,
        edited=_digest(inner, created, joined) != begin[1],
    )


def _without(content: bytes) -> Managed:
    if b"\0" in content or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("it is binary or UTF-16. Save it as UTF-8")
    if not content or content.endswith(b"\n"):
        return Managed(before=content, block=b"", after=b"")
    joined = b"\r\n" if _crlf(content) else b"\n"
    return Managed(before=content + joined, block=b"", after=b"", joined=joined)


def _render(items: Sequence[Item], created: bool, joined: bytes) -> bytes:
    inner = f"{HEADING}\n\n{listed(items)}".encode()
    flags = b" created" * created + next(f for f, ends in _JOINED.items() if ends == joined)
    return (
        b"<!-- failonce:begin " + _digest(inner, created, joined) + flags
        + b" (kept by failonce: write outside this block) -->\n"
        + inner + b"<!-- failonce:end -->\n"
    )  # fmt: skip


def rendered(items: Sequence[Item]) -> str:
    """The block with its markers, as in a file that was there before."""
    return _render(items, created=False, joined=b"").decode()


def _digest(inner: bytes, created: bool, joined: bytes) -> bytes:
    """Line ends do not count: version control may change them on the way."""
    seed = b"block/1%d" % created + joined
    return blake2b(inner, digest_size=8, key=seed).hexdigest().encode()


def _crlf(content: bytes) -> bool:
    return content.count(b"\r\n") * 2 > content.count(b"\n")


def _unix(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")
