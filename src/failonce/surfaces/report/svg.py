"""A report as one SVG picture: self-contained, light and dark, readable without seeing it.

No script, no font, no address: it can be mailed, committed and shown by any browser.
"""

from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from failonce.surfaces.report.values import Bin, Panel, Report
from failonce.surfaces.report.wording import spell

WIDTH: Final = 760
_LEFT: Final = 64
_RIGHT: Final = 20
_HEAD: Final = 64
_PANEL: Final = 196
_EMPTY: Final = 68
_FOOT: Final = 28
_PLOT: Final = 92
_ROOM: Final = WIDTH - _LEFT - _RIGHT

STYLE: Final = """
svg { --paper: #ffffff; --ink: #1c2127; --faint: #5f6b7a; --line: #d3d8de;
  --bad: #c2410c; --good: #15803d; --calm: #1d5fbf; --limit: #1c2127; }
@media (prefers-color-scheme: dark) { svg { --paper: #14181d; --ink: #e6e9ed; --faint: #9aa5b1;
  --line: #39424d; --bad: #f0853f; --good: #4cc27a; --calm: #6aa7ff; --limit: #e6e9ed; } }
.paper { fill: var(--paper); }
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  fill: var(--ink); }
.head { font-size: 20px; font-weight: 600; }
.title { font-size: 15px; font-weight: 600; }
.faint { fill: var(--faint); font-size: 12px; }
.axis { stroke: var(--line); stroke-width: 1; }
.none { fill: var(--faint); }
.failures { fill: var(--bad); }
.prevented, .mended, .calls_saved, .seconds_saved { fill: var(--good); }
.in_force { fill: var(--calm); }
.failures, .prevented, .mended, .calls_saved, .seconds_saved, .in_force { fill-opacity: 0.82; }
.limit { stroke: var(--limit); stroke-width: 1.25; stroke-opacity: 0.85; }
"""


def drawing(report: Report) -> str:
    """The picture as a text that begins with `<svg`."""
    heights = [_PANEL if p.bins else _EMPTY for p in report.panels]
    height = _HEAD + sum(heights) + _FOOT
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
            "aria-labelledby": "title",
            "aria-describedby": "desc",
        },
    )
    whose = f" in {_printable(report.project)}" if report.project else ""
    head = f"What failed and what lessons changed{whose}"
    _add(root, "title", head, id="title")
    _add(root, "desc", described(report), id="desc")
    _add(root, "style", STYLE)
    _add(root, "rect", width="100%", height="100%", cls="paper")
    _add(root, "text", _cut(head, 68), x=20, y=38, cls="head")
    y = _HEAD
    for panel, tall in zip(report.panels, heights, strict=True):
        group = _add(root, "g", transform=f"translate(0 {y})")
        _add(group, "text", panel.title, x=20, y=16, cls="title")
        _add(group, "text", panel.summary, x=20, y=36, cls="faint")
        if panel.bins:
            _plot(group, panel)
        y += tall
    if legend(report):
        _add(root, "text", legend(report), x=20, y=y + 4, cls="faint")
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def described(report: Report) -> str:
    """The picture in words, for who does not see it."""
    said: list[str] = []
    for panel in report.panels:
        said.append(f"{panel.title}: {panel.summary}")
        measured = [b for b in panel.bins if b.estimate is not None]
        if len(measured) > 1:
            ends = (measured[0], measured[-1])
            said += [f"{_days(b)}: {b.says}." for b in ends]
    return " ".join(said)


def legend(report: Report) -> str:
    """What the marks mean, as far as they occur."""
    bins = [b.estimate for p in report.panels for b in p.bins]
    said = ["A line across a bar spans its 95 % limits."] * any(e and e.low < e.high for e in bins)
    return " ".join([*said, *["A dot: nothing was measured."] * (None in bins)])


def _plot(group: Element, panel: Panel) -> None:
    top, base = 56, 56 + _PLOT
    most = panel.top or 1.0
    _add(group, "line", x1=_LEFT, y1=top, x2=_LEFT + _ROOM, y2=top, cls="axis")
    _add(group, "line", x1=_LEFT, y1=base, x2=_LEFT + _ROOM, y2=base, cls="axis")
    for value, y in ((most, top), (0.0, base)):
        words = spell(value, panel.unit)
        _add(group, "text", words, x=_LEFT - 8, y=y + 4, cls="faint", anchor="end")
    step = _ROOM / len(panel.bins)
    for i, each in enumerate(panel.bins):
        _bar(group, panel, each, left=_LEFT + i * step, step=step, base=base)
    _dates(group, panel.bins, base + 18)


def _bar(group: Element, panel: Panel, each: Bin, *, left: float, step: float, base: float) -> None:
    wide = min(max(step * 0.72, 1.5), 44)
    x, scale = left + (step - wide) / 2, _PLOT / (panel.top or 1.0)
    words = f"{_days(each)}: {each.says}"
    if each.estimate is None:
        dot = _add(group, "circle", cx=x + wide / 2, cy=base - 3, r=1.75, cls="none")
        _add(dot, "title", words)
        return
    tall = each.estimate.value * scale
    bar = _add(
        group, "rect", x=x, y=base - tall, width=wide, height=tall, rx=min(2, wide / 4),
        cls=panel.name,
    )  # fmt: skip
    _add(bar, "title", words)
    if each.estimate.low < each.estimate.high:
        middle = x + wide / 2
        low, high = base - each.estimate.low * scale, base - each.estimate.high * scale
        _add(group, "line", x1=middle, y1=low, x2=middle, y2=high, cls="limit")
        for y in (low, high):
            arm = min(wide / 2, 5)
            _add(group, "line", x1=middle - arm, y1=y, x2=middle + arm, y2=y, cls="limit")


def _dates(group: Element, bins: Sequence[Bin], y: float) -> None:
    step = _ROOM / len(bins)
    middle = len(bins) // 2
    ends = {0: "start", len(bins) - 1: "end"} if len(bins) > 1 else {}
    marks = ends | ({middle: "middle"} if len(bins) == 1 or len(bins) >= 7 else {})
    for i, anchor in sorted(marks.items()):
        at = {"start": i * step, "middle": (i + 0.5) * step, "end": (i + 1) * step}[anchor]
        day = bins[i].last if anchor == "end" else bins[i].first
        _add(group, "text", str(day), x=_LEFT + at, y=y, cls="faint", anchor=anchor)


def _days(each: Bin) -> str:
    return str(each.first) if each.first == each.last else f"{each.first} to {each.last}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


_NAMES: Final = {"cls": "class", "anchor": "text-anchor"}


def _add(parent: Element, tag: str, text: str = "", **given: str | float) -> Element:
    """An element below another; numbers with at most two digits after the point."""
    attributes = {
        _NAMES.get(name, name): value if isinstance(value, str) else f"{round(value, 2):g}"
        for name, value in given.items()
    }
    made = SubElement(parent, tag, attributes)
    made.text = text or None
    return made
