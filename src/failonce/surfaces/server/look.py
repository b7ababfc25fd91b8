"""What the pages are drawn with: the templates, and the few things they ask of Python.

    pages = templates()
    pages.get_template("base.html").render(...)      what it wants: the top of that file

Text of failures is hostile. Every value that a template prints is escaped for HTML, and what
nobody sees in it (marks that turn the direction of reading, spaces of no width) is written out,
`[U+202E]`, wherever it stands. The filter `shown` marks them up as well; `exactly` leaves a text
as it is, for the one place that must give it back unchanged: a field in which it is edited.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final, Literal
from unicodedata import category, name
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from failonce.language.visibility import hidden, unseen
from failonce.surfaces.words import counted

STATIC: Final = Path(__file__).parent / "static"
"""The files that are served under `/static/`."""
POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
"""The Content-Security-Policy that these pages work under: nothing inline, nothing foreign."""

_LOOKED_AT: Final = re.compile(r"[^\x20-\x7e\n]")
_MARKS: Final = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILED: Final = re.compile(f"([{_MARKS}]{{3}})([{_MARKS}]+)")
"""Marks above and below a letter, more than any language sets: they cover what stands around."""
_FIGURES: Final = re.compile(r"(?<![\w.])([0-9][0-9,.]*(?: ?%)?)(?=[\s,;:.)–]|$)")
_EMOJI_STYLE: Final = "\ufe0f"
_LINE_CAP: Final = 500
"""Characters of a text of others within a line of ours."""

Tone = Literal["plain", "good", "bad", "quiet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table; with a `key` its head is a link that sorts by it."""

    label: str
    key: str = ""
    number: bool = False
    hidden: bool = False
    """Its head is for screen readers only."""


def column(label: str, *, number: bool = False, hidden: bool = False) -> Column:
    """A column of a table that nobody sorts, as templates name it."""
    return Column(label=label, number=number, hidden=hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One of a page's several views, with its address."""

    label: str
    href: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a page is, with the filters in it: every state of a list has an address."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    def get(self, key: str) -> str:
        """The value of a part, or nothing."""
        return next((value for k, value in self.query if k == key), "")

    def having(self, **changes: str | int | None) -> str:
        """The same place with some parts changed; an empty part is left out."""
        kept = [(k, v) for k, v in self.query if k not in changes]
        put = [(k, str(v)) for k, v in changes.items() if v not in (None, "")]
        parts = urlencode(kept + put)
        return f"{self.path}?{parts}" if parts else self.path

    def sorted_by(self, key: str) -> Literal["ascending", "descending"] | None:
        """How the list is sorted by a column, if it is: `sort=seen` or `sort=-seen`."""
        now = self.get("sort")
        return {key: "ascending", "-" + key: "descending"}.get(now)  # type: ignore[return-value]

    def sorting(self, key: str) -> str:
        """Where a click on the head of a column leads: most first, then the other way."""
        turned = key if self.sorted_by(key) == "descending" else "-" + key
        return self.having(sort=turned, page=None, after=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart: a value for each of its days, or none."""

    label: str
    values: Sequence[float | None]
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A line of a diff: `mark` is a plus, a minus, an `@` or a space."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a sparkline, in its own units."""

    x: float
    y: float
    width: float
    height: float


def plainly(value: object) -> object:
    """A value as templates print it: text with what nobody sees in it written out."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _visible(value)
    return value


def shown(text: str, cap: int = _LINE_CAP) -> Markup:
    """Text of others, apart from the direction of what surrounds it, unseen characters marked.

    After `cap` characters it says how many more there are.
    """
    lowered = _lowered(str(escape(text[:cap])))
    marked = Markup(_LOOKED_AT.sub(_marked, lowered))  # noqa: S704 - escaped
    if len(text) <= cap:
        return Markup("<bdi>{}</bdi>").format(marked)
    more = counted(len(text) - cap, "more character")
    return Markup('<bdi>{}</bdi><span class="cut">… {}</span>').format(marked, more)


def counted_out(text: str) -> Markup:
    """A sentence whose numbers stand out: the line of proof."""
    return Markup("<bdi>{}</bdi>").format(_figures(text))


def ticked(text: str) -> Markup:
    """A sentence of ours: names between backticks are code."""
    return Markup("<bdi>{}</bdi>").format(_joined(text, _visible))


def said(text: str) -> Markup:
    """The same, and its numbers stand out: for sentences that count."""
    return Markup("<bdi>{}</bdi>").format(_joined(text, _figures))


def _joined(text: str, plain: Callable[[str], str]) -> Markup:
    cap = 4 * _LINE_CAP
    more = f"… {counted(len(text) - cap, 'more character')}" if len(text) > cap else ""
    parts = f"{text[:cap]}{more}".split("`")
    if len(parts) % 2 == 0:  # one that nobody closed is a part of the text
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return Markup("").join(
        Markup("<code>{}</code>").format(shown(part)) if i % 2 else plain(part)
        for i, part in enumerate(parts)
    )


def _figures(text: str) -> Markup:
    return Markup("").join(
        Markup("<b>{}</b>").format(part) if i % 2 else _visible(part)
        for i, part in enumerate(_FIGURES.split(text))
    )


def exactly(text: str) -> Markup:
    """Text as it is, for a field that gives it back."""
    return Markup(str(escape(text)))  # noqa: S704 - escaped


def unseen_in(text: str) -> tuple[str, ...]:
    """What nobody sees in a text that is about to be edited: `U+202E`."""
    return tuple(code for code in hidden(text) if code not in ("U+0009", "U+000D"))


def diff_lines(unified: str) -> tuple[DiffLine, ...]:
    """The lines of a unified diff from its first hunk on; without a hunk, all of them."""
    lines = unified.removesuffix("\n").split("\n") if unified else []
    first = next((i for i, line in enumerate(lines) if line.startswith("@@")), 0)
    return tuple(_diff_line(line) for line in lines[first:])


def _diff_line(line: str) -> DiffLine:
    match line[:1]:
        case "+" | "-" | " ":
            return DiffLine(mark=line[0], text=line[1:])
        case "@":
            return DiffLine(mark="@", text=line)
        case _:
            return DiffLine(mark=" ", text=line)


def bars(values: Sequence[float], *, width: float = 4, gap: float = 1.5) -> tuple[Bar, ...]:
    """The bars of a sparkline 20 units high; what is more than nothing can be seen."""
    most = max((*values, 1e-9))
    heights = [max(value / most * 20, 1.5) if value > 0 else 0.75 for value in values]
    return tuple(
        Bar(x=round(i * (width + gap), 2), y=round(20 - h, 2), width=width, height=round(h, 2))
        for i, h in enumerate(heights)
    )


def when(at: datetime | date) -> str:
    """A time as machines read it, in UTC."""
    if isinstance(at, datetime):
        return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return at.isoformat()


def when_text(at: datetime | date) -> str:
    """A time as people read it where no script tells them their own."""
    if isinstance(at, datetime):
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{at:%Y-%m-%d}"


def number(value: float) -> str:
    """`12,345`, `0.25`."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """`97 %`; what is not all is not called so."""
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        return "> 99 %"
    if rounded == 0 and share > 0:
        return "< 1 %"
    return f"{rounded} %"


def templates(texts: Mapping[str, str] | None = None) -> Environment:
    """The environment of the pages; `texts` are for all of them, such as the version."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=plainly,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "shown": shown,
        "counted_out": counted_out,
        "said": said,
        "exactly": exactly,
        "number": number,
        "percent": percent,
        "ticked": ticked,
        "unseen_in": unseen_in,
        "when": when,
        "when_text": when_text,
    }
    made.globals |= {
        "asset": asset,
        "bars": bars,
        "col": column,
        "counted": counted,
        "diff_lines": diff_lines,
        **(texts or {}),
    }
    return made


@cache
def asset(path: str) -> str:
    """Where a file of `static/` is served, with its digest; nothing where it is not there.

    What comes from npm may be missing (`make assets` takes it); the pages work without.
    """
    file = STATIC / path
    if not file.is_file():
        return ""
    digest = blake2b(file.read_bytes(), digest_size=6).hexdigest()
    return f"/static/{path}?v={digest}"


def _code(character: str) -> str:
    return f"[U+{ord(character):04X}]"


def _kept(found: re.Match[str]) -> bool:
    """Whether it is seen, or is the mark that turns the symbol before it into an emoji."""
    character, before = found[0], found.string[found.start() - 1 : found.start()]
    emoji = character == _EMOJI_STYLE and before != "" and category(before) == "So"
    return emoji or character in "\t\r" or not unseen(character)


def _visible(text: str) -> str:
    return _LOOKED_AT.sub(_written, _lowered(text))


def _lowered(text: str) -> str:
    """Text whose letters carry three marks at most; how many more there were is said."""
    if text.isascii():
        return text
    return _PILED.sub(lambda found: f"{found[1]}[+{counted(len(found[2]), 'mark')}]", text)


def _written(found: re.Match[str]) -> str:
    return found[0] if _kept(found) else _code(found[0])


def _marked(found: re.Match[str]) -> str:
    if _kept(found):
        return found[0]
    title = escape(name(found[0], "a character that shows nothing").lower())
    return f'<span class="unseen" title="{title}">{_code(found[0])}</span>'
