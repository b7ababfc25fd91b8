"""What templates ask of Python: hostile text stays text, and addresses keep their filters."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from failonce.language.visibility import hidden, unseen
from failonce.surfaces.server import look
from failonce.surfaces.server.look import (
    Address,
    asset,
    bars,
    diff_lines,
    exactly,
    number,
    percent,
    plainly,
    shown,
    templates,
    when,
    when_text,
)

FOLDER = Path(look.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))


@given(st.text())
def test_whatever_is_shown_can_be_seen_and_is_no_markup(text: str) -> None:
    """Of every text: no tag of its own, and nothing that hides, but the mark of an emoji."""
    html = str(shown(text))
    bare = re.sub(r'</?bdi>|<span class="unseen" title="[^"<>]*">|</span>', "", html)
    assert "<" not in bare
    assert set(hidden(unescape(bare))) <= {"U+0009", "U+000D"}


@given(st.text())
def test_what_is_printed_plainly_can_be_seen(text: str) -> None:
    """The same for every value that a template prints, in an attribute too."""
    printed = templates().from_string('<a title="{{ x }}">').render(x=text)
    inner = printed[len('<a title="') : -len('">')]
    assert not set(inner) & set('<>"')
    assert set(hidden(unescape(inner))) <= {"U+0009", "U+000D"}


@given(st.text())
def test_a_field_holds_the_text_itself(text: str) -> None:
    """What is edited is given back unchanged."""
    assert templates().from_string("{{ x|exactly }}").render(x=text) == str(exactly(text))
    assert unescape(str(exactly(text))) == text


def test_what_turns_the_direction_is_named() -> None:
    """A reader learns which character it is."""
    assert shown("a\u202eb") == (
        '<bdi>a<span class="unseen" title="right-to-left override">[U+202E]</span>b</bdi>'
    )
    assert plainly("a\u202eb") == "a[U+202E]b"
    assert plainly("❤\ufe0f") == "❤\ufe0f"
    assert plainly(7) == 7


def test_marks_do_not_pile_up_over_what_stands_around() -> None:
    """A letter keeps the marks of any language; the rest is counted."""
    assert plainly("Z" + "\u0321" * 12 + "x") == "Z" + "\u0321" * 3 + "[+9 marks]x"
    assert "[+9 marks]" in shown("Z" + "\u0321" * 12)
    for word in ("Việt", "e\u0302\u0301", "עִבְרִית", "ที่นี่", "क्षत्रिय"):
        assert plainly(word) == word


def test_a_long_text_says_how_much_is_left() -> None:
    """Nothing is cut in silence."""
    assert shown("x" * 1_300, 300).endswith('<span class="cut">… 1,000 more characters</span>')
    assert "more" not in shown("x" * 300, 300)


def test_numbers_of_a_proof_stand_out() -> None:
    """Numbers, not the digits of a name; and nothing else becomes markup."""
    proof = templates().from_string("{{ x|counted_out }}")
    assert proof.render(x="repaired 41 of 1,204 (97 %), v2 <b>3x</b>.") == (
        "<bdi>repaired <b>41</b> of <b>1,204</b> (<b>97 %</b>), v2 &lt;b&gt;3x&lt;/b&gt;.</bdi>"
    )


def test_an_address_keeps_its_filters() -> None:
    """Sorting, paging and filtering change their own part only."""
    address = Address(path="/failures", query=(("q", "a&b"), ("sort", "-seen"), ("after", "9")))
    assert address.get("q") == "a&b"
    assert address.get("none") == ""
    assert address.sorted_by("seen") == "descending"
    assert address.sorted_by("calls") is None
    assert address.sorting("seen") == "/failures?q=a%26b&sort=seen"
    assert address.sorting("calls") == "/failures?q=a%26b&sort=-calls"
    assert address.having(q=None, sort="", after=None) == "/failures"
    assert address.having(after=10) == "/failures?q=a%26b&sort=-seen&after=10"


@given(st.lists(st.floats(min_value=0, max_value=1e12), min_size=1, max_size=90))
def test_bars_stay_in_their_box(values: list[float]) -> None:
    """Each value has a bar; the highest fills the height; what is more than nothing is seen."""
    drawn = bars(values)
    assert len(drawn) == len(values)
    assert all(0 <= bar.y <= 20 and bar.y + bar.height == pytest.approx(20) for bar in drawn)
    assert all(bar.height >= 1.5 for bar, value in zip(drawn, values, strict=True) if value > 0)


def test_a_diff_is_read_line_by_line() -> None:
    """The names of the files are left out; a line inside that looks like one is not."""
    lines = diff_lines("--- a\n+++ b\n@@ -1 +1 @@\n-one\n+two\n same\n\\ No newline\n")
    assert [(line.mark, line.text) for line in lines] == [
        ("@", "@@ -1 +1 @@"),
        ("-", "one"),
        ("+", "two"),
        (" ", "same"),
        (" ", "\\ No newline"),
    ]
    inner = diff_lines("--- a\n+++ b\n@@ -1 +1 @@\n--- dashes\n+++ pluses\n")
    assert [line.text for line in inner[1:]] == ["-- dashes", "++ pluses"]
    assert diff_lines("") == ()
    assert len(diff_lines("@@\n+one\u2028-two\x0b-three")) == 2, "only a line end ends a line"


def test_times_are_in_utc_for_machines_and_people() -> None:
    """Whatever zone a time comes in."""
    at = datetime(2026, 11, 22, 1, 5, tzinfo=timezone(timedelta(hours=2)))
    assert when(at) == "2026-11-21T23:05:00Z"
    assert when_text(at) == "2026-11-21 23:05 UTC"
    assert when(at.astimezone(UTC).date()) == "2026-11-21"
    assert when_text(date(2026, 1, 2)) == "2026-01-02"


def test_shares_are_not_rounded_to_certainty() -> None:
    """What is not all is not 100 %, and what is more than nothing is not 0 %."""
    assert [percent(share) for share in (0, 0.001, 0.5, 0.999, 1)] == [
        "0 %",
        "< 1 %",
        "50 %",
        "> 99 %",
        "100 %",
    ]
    assert [number(n) for n in (0, 12345, 0.25, 3.0)] == ["0", "12,345", "0.25", "3"]


def test_what_a_page_forgot_is_an_error() -> None:
    """A misspelt name is no empty text."""
    with pytest.raises(UndefinedError):
        templates().from_string("{{ lesson }}").render()


def test_a_file_that_changed_has_another_address() -> None:
    """Browsers may keep what is served; what is not there has no address."""
    assert re.fullmatch(r"/static/failonce\.css\?v=[0-9a-f]{12}", asset("failonce.css"))
    assert asset("vendor/none.js") == ""


def test_pages_are_whole_without_what_comes_from_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where npm is missing, a page names no file that is not there."""
    for name in ("failonce.css", "failonce.js", "mark.svg"):
        (tmp_path / name).write_bytes((look.STATIC / name).read_bytes())
    monkeypatch.setattr(look, "STATIC", tmp_path)
    asset.cache_clear()
    try:
        html = (
            templates({"version": "1"})
            .get_template("bare.html")
            .render(
                page={"title": "Sign in"}, csrf="", theme="system", flash=[], here="/", person=None
            )
        )
    finally:
        asset.cache_clear()
    files = re.findall(r"/static/([^?\"]+)", html)
    assert files == ["mark.svg", "failonce.css", "failonce.js"]
    assert "htmx" not in html


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_policy_refuses(template: Path) -> None:
    """No inline style, script or handler; no text that is declared safe."""
    source = template.read_text(encoding="utf-8")
    assert not re.search(r"""\sstyle=|\son[a-z]+=|<style|<script(?! src=)|javascript:""", source)
    assert "|safe" not in source
    assert "//" not in re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)


def test_the_script_evaluates_no_text() -> None:
    """Nothing in our script turns text into code or into elements."""
    script = (FOLDER / "static/failonce.js").read_text(encoding="utf-8")
    assert not re.search(r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacent", script)
    assert all(not unseen(c) for c in script)
