"""The picture: whole without anything from elsewhere, and readable without being seen."""

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.surfaces.report import build, drawing
from failonce.surfaces.report.svg import WIDTH
from tests.surfaces.report.made import fixer, lively, material

SVG = "{http://www.w3.org/2000/svg}"


def elements(text: str, name: str) -> Iterator[ElementTree.Element]:
    return ElementTree.fromstring(text).iter(SVG + name)  # noqa: S314 - our own text


def numbers(element: ElementTree.Element, *names: str) -> list[float]:
    return [float(element.attrib[n]) for n in names]


def test_it_is_one_file_without_scripts_addresses_or_fonts_of_others() -> None:
    text = drawing(build(lively()))
    assert text.startswith("<svg")
    rest = text.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"script|https?:|//|@import|url\(|href|on[a-z]+=", rest)
    assert "@media (prefers-color-scheme: dark)" in text


def test_a_screen_reader_gets_a_title_and_the_numbers() -> None:
    text = drawing(build(lively()))
    root = ElementTree.fromstring(text)  # noqa: S314
    assert (root.attrib["role"], root.attrib["aria-labelledby"]) == ("img", "title")
    title, desc = root.find(SVG + "title"), root.find(SVG + "desc")
    assert title is not None
    assert desc is not None
    assert title.text == "What failed and what lessons changed in p"
    for panel in build(lively()).panels:
        assert f"{panel.title}: {panel.summary}" in (desc.text or "")


def test_every_bar_says_its_day_and_its_numbers() -> None:
    report = build(lively())
    bars = [e for e in elements(drawing(report), "rect") if e.attrib["class"] != "paper"]
    measured = [b for p in report.panels for b in p.bins if b.estimate is not None]
    assert len(bars) == len(measured)
    for bar, each in zip(bars, measured, strict=True):
        days = f"{each.first}" if each.first == each.last else f"{each.first} to {each.last}"
        assert bar[0].text == f"{days}: {each.says}"


def test_what_was_not_measured_is_a_dot_and_not_a_bar() -> None:
    text = drawing(build(lively()))
    dots = [e[0].text for e in elements(text, "circle")]
    assert dots[:2] == ["2026-03-08: no calls", "2026-03-09: no calls"]
    assert [text.split(": ")[1] for text in dots[2:] if text] == ["nobody met a lesson"]
    assert "A dot: nothing was measured." in text
    empty = drawing(build(material(fixer())))
    assert not list(elements(empty, "circle"))
    assert "Not measured yet" in empty


def test_everything_lies_inside_the_picture() -> None:
    text = drawing(build(lively()))
    height = float(ElementTree.fromstring(text).attrib["height"])  # noqa: S314
    for bar in elements(text, "rect"):
        if bar.attrib["class"] == "paper":
            continue
        x, y, wide, tall = numbers(bar, "x", "y", "width", "height")
        assert 0 <= x <= x + wide <= WIDTH
        assert 0 <= y <= y + tall <= height
        assert min(wide, tall) >= 0
    for line in elements(text, "line"):
        x1, y1, x2, y2 = numbers(line, "x1", "y1", "x2", "y2")
        assert 0 <= min(x1, x2) <= max(x1, x2) <= WIDTH
        assert min(y1, y2) >= 56


@pytest.mark.parametrize("bins", [1, 10, 60])
def test_any_number_of_bins_can_be_drawn(bins: int) -> None:
    assert list(elements(drawing(build(lively(), bins=bins)), "rect"))


@given(st.text(max_size=200))
def test_a_hostile_name_is_text_and_nothing_else(name: str) -> None:
    text = drawing(replace(build(material(fixer())), project=name or "p"))
    root = ElementTree.fromstring(text)  # noqa: S314
    tags = {e.tag.removeprefix(SVG) for e in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "g", "text"}
    assert all(c.isprintable() or c == "\n" for c in text)
