"""What goes to a worker and comes back: plain values that can be pickled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from failonce.model import Reject
from failonce.ports import Taken
from failonce.summing import Partial


class Form(StrEnum):
    """How a file can be read."""

    LINES = "lines"
    """Text that can be read from anywhere."""
    STREAM = "stream"
    """Text that can only be read from its beginning: compressed, or not UTF-8."""
    TABLE = "table"
    """Parquet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to read. `name` is what people see, `modified` microseconds since 1970."""

    url: str
    name: str
    size: int
    modified: int
    given: bool = True
    """Named by the user, not found in a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is the same for a whole run."""

    project: str
    latest: int
    """What a time beyond it becomes, in microseconds since 1970."""
    window: int
    """Bytes of a text that are recognised together."""
    rows: int
    """Rows of a table that are counted at once."""
    is_log: bool = False
    """The user says that everything is a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a file by which it is recognised: a window of a text, a row group of a table.

    `start` and `length` are bytes or rows; `begins` is where its first event begins, None where
    none does that tells its time, and `line` how many lines of the piece stand before that.
    """

    start: int
    length: int
    digest: str
    lines: int
    begins: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A row group: its rows, and where the bytes of the columns that are read lie."""

    start: int
    rows: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a first look at a file tells; `root` stands for what is before its first piece."""

    file: File
    form: Form
    root: str
    fields: bool = False
    """A log of JSON lines."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Those that are read: name and type."""
    groups: tuple[Group, ...] = ()
    broken: bool = False
    """It can be read up to some place only, and that was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Pieces of a file that one worker looks at, or events that one counts, up to before `end`.

    `n` tells it from others.
    """

    looked: Looked
    begin: int
    end: int | None
    """None for as far as it goes."""
    n: int = 0
    ends: bool = False
    """Nothing of the file follows."""
    line: int = 0
    """Lines of the file before `begin`."""
    window: int = 0
    """Where the first piece begins, of which a part may have been counted."""
    window_line: int = 0
    """Lines of the file before `window`."""
    before: tuple[Taken, ...] = ()
    """What was counted of files that begin as this one does, up to that piece."""
    tail: int = 0
    """Where the last piece begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """The pieces of a stretch; `broken` says why there are no more."""

    looked: Looked
    pieces: tuple[Piece, ...]
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was counted of a stretch."""

    n: int
    """Of the stretch."""
    partial: Partial = field(default_factory=Partial)
    known: int = 0
    """Lines that were counted before."""
    rejects: tuple[Reject, ...] = ()
    """The first of `partial.rejected`."""
    complete: tuple[int, str] | None = None
    """Length and digest of what is complete of the last piece, where its last event is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file, or the rest of it, that cannot be read."""

    file: File
    reason: str
    other: bool = False
    """It is readable, and no log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a worker made of the stretches that it was given in one go.

    `partial` is the sum of all, and `done` holds none of it: what travels is as much for many
    stretches as for one.
    """

    partial: Partial
    done: tuple[Done, ...]
    unreadable: tuple[Unreadable, ...]
    worker: str
    memory: int
    """Bytes that its process held at most."""
