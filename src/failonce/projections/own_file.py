"""A whole file of ours: one line in it says so, and what was written.

The line is a comment of YAML. It holds the digest of what the file is made of, so that nothing
is made anew in vain, and that of the text, so that a later reader can tell whether people wrote
into it. A file without the line is somebody else's, and is never touched.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from failonce.errors import BadInput
from failonce.projections.piece import Laid

_MARK: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(---\r?\n)?"
    rb"# failonce:file ([0-9a-f]{16}) ([0-9a-f]{16}) \(kept by failonce\)\r?\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFile:
    """A `Piece`: a file that is ours from its first byte to its last."""

    source: str
    """A digest of all that the text is made of, 16 digits."""
    text: Callable[[], str]
    """Makes the text; asked only where that is not in the file yet."""

    def onto(self, content: bytes | None) -> Laid:
        """The file as it is to be. Raises `BadInput` where somebody else's is in its place."""
        held = _held(content)
        if content is not None and held is None:
            raise BadInput("a file that failonce did not write is in its place. Move it away")
        if content is not None and held == (self.source, False):
            return Laid(content=content, held=True)
        edited = content if content is not None and held is not None and held[1] else b""
        new = _sealed(self.source, self.text())
        return Laid(content=new, edited=edited, held=held is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A `Piece`: no file of ours; one of somebody else's stays."""

    def onto(self, content: bytes | None) -> Laid:
        """Nothing, where the file is ours."""
        held = _held(content)
        if content is None or held is None:
            return Laid(content=content)
        return Laid(content=None, edited=content if held[1] else b"", held=True)


def without_mark(text: str) -> str:
    """The text of such a file without the line that marks it."""
    raw = text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")
    return _MARK.sub(rb"\1", raw, count=1).decode("utf-8", "surrogatepass")


def _held(content: bytes | None) -> tuple[str, bool] | None:
    """What our file in it is made of, and whether somebody changed it; None where it is none."""
    found = None if content is None else _MARK.match(content)
    if content is None or found is None:
        return None
    rest = (found[1] or b"") + content[found.end() :]
    return found[2].decode(), _digest(found[2], rest) != found[3]


def _sealed(source: str, text: str) -> bytes:
    raw = text.encode()
    head = b"---\n" if raw.startswith(b"---\n") else b""
    mark = b"# failonce:file %b %b (kept by failonce)\n" % (
        source.encode(),
        _digest(source.encode(), raw),
    )
    return head + mark + raw[len(head) :]


def _digest(source: bytes, text: bytes) -> bytes:
    """Line ends do not count: version control may change them on the way."""
    plain = text.replace(b"\r\n", b"\n")
    return blake2b(plain, digest_size=8, key=b"file/1" + source).hexdigest().encode()
