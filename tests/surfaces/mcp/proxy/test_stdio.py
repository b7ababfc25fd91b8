"""What comes over a pipe, cut into messages."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from failonce.surfaces.mcp.proxy.messages import Message
from failonce.surfaces.mcp.proxy.stdio import Lines


@dataclass
class Heard:
    """Keeps what it hears."""

    raw: list[bytes] = field(default_factory=list)
    bad: list[tuple[bytes, str]] = field(default_factory=list)
    over: int = 0

    def message(self, message: Message) -> None:
        self.raw.append(message.raw)

    def garbled(self, line: bytes, why: str) -> None:
        self.bad.append((line, why))

    def full(self) -> None: ...

    def drained(self) -> None: ...

    def ended(self) -> None:
        self.over += 1


messages = st.integers(0, 300).map(lambda n: b'{"id":%d,"result":"%s"}' % (n, b"x" * n))
noise = st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"?"))


@given(st.lists(messages | noise, max_size=8), st.lists(st.integers(1, 40)), st.booleans())
def test_however_it_is_cut_it_is_the_same(lines: list[bytes], cuts: list[int], last: bool) -> None:
    """In pieces of any size, with a line end behind the last one or without."""
    whole = b"\n".join(lines) + (b"\n" if last else b"")
    heard, pieces = Heard(), Heard()
    reading, piecewise = Lines(heard, 200), Lines(pieces, 200)
    reading.feed(whole)
    reading.end()
    at = 0
    for size in [*cuts, len(whole)]:
        piecewise.feed(whole[at : at + size])
        at += size
    piecewise.end()
    assert (heard.raw, heard.over) == (pieces.raw, 1)
    assert [why for _, why in heard.bad] == [why for _, why in pieces.bad]
    fitting = [x for x in lines if x.startswith(b'{"id"') and len(x) <= 200]
    assert heard.raw == fitting


def test_of_a_line_that_is_too_long_the_beginning_is_kept() -> None:
    """And no more of it, however long it is."""
    heard = Heard()
    reading = Lines(heard, 1_000)
    reading.feed(b'{"id":1,"result":"')
    for _ in range(5_000):
        reading.feed(b"x" * 1_000)
        assert sum(map(len, reading._parts)) <= 2_000
    reading.feed(b'"}\n{"id":2,"result":1}\n')
    ((head, why),) = heard.bad
    assert head.startswith(b'{"id":1,')
    assert "longer than 1,000 bytes" in why
    assert heard.raw == [b'{"id":2,"result":1}']
