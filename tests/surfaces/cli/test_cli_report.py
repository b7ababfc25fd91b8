"""`failonce report`: the plot in a terminal, and the picture."""

import io
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failonce.surfaces.cli.plot import ASCII, AXIS, BLOCKS, ROWS, Ink, drawn, ink, legend
from failonce.surfaces.report import Panel, build
from failonce.surfaces.report.values import Bin, Estimate, Unit
from tests.made import START
from tests.surfaces.cli.made import PROJECT, Shell
from tests.surfaces.report.made import lively

DAY = START.date()


def panel(*estimates: Estimate | None, unit: Unit = Unit.COUNT) -> Panel:
    bins = [Bin(first=DAY, last=DAY, estimate=e, says="") for e in estimates]
    top = max((e.high for e in estimates if e is not None), default=0.0)
    return Panel(name="failures", title="t", unit=unit, summary="", bins=bins, top=top)


def exact(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value)


def columns(found: Panel, pen: Ink) -> list[str]:
    """The cells of each bin from the lowest up, where a bin is two columns wide."""
    rows = [line[AXIS:].ljust(80) for line in list(drawn(found, AXIS + 2 * len(found.bins), pen))]
    return ["".join(row[2 * n] for row in reversed(rows[:ROWS])) for n in range(len(found.bins))]


def test_bars_are_as_high_as_their_values() -> None:
    found = panel(exact(40), exact(20), exact(0), exact(0.1), None)
    assert columns(found, BLOCKS) == ["█████", "██▄  ", "     ", "▁    ", "·    "]
    assert columns(found, ASCII) == ["#####", "###  ", "     ", "#    ", ".    "]


def test_what_may_be_more_is_drawn_lightly_up_to_its_limit() -> None:
    found = panel(Estimate(value=0.4, low=0.1, high=1.0), exact(0.2), unit=Unit.SHARE)
    assert columns(found, BLOCKS) == ["██░░░", "█    "]
    assert columns(found, ASCII) == ["##:::", "#    "]


@given(st.integers(40, 120), st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=60))
def test_no_line_is_wider_than_the_terminal(width: int, given_: list[float | None]) -> None:
    found = panel(*(None if v is None else exact(v) for v in given_))
    for pen in (BLOCKS, ASCII):
        lines = list(drawn(found, width, pen))
        assert len(lines) == ROWS + 2
        assert max(map(len, lines)) <= max(width, AXIS + 24)


def test_the_marks_that_occur_are_explained() -> None:
    found = build(lively())
    said = list(legend(found.panels, BLOCKS))
    assert said == ["░ reaches up to the 95 % limit.", "· stands where nothing was measured."]
    assert list(legend([panel(exact(1))], BLOCKS)) == []


@pytest.mark.parametrize(
    ("encoding", "term", "pen"),
    [
        ("utf-8", "xterm", BLOCKS),
        ("utf-8", "dumb", ASCII),
        ("ascii", "xterm", ASCII),
        ("latin-1", "xterm", ASCII),
        ("cp437", "xterm", ASCII),
    ],
)
def test_ascii_stands_in_where_blocks_cannot_be_shown(
    monkeypatch: pytest.MonkeyPatch, encoding: str, term: str, pen: Ink
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert ink() == pen


# ------------------------------------------------------------------ the command


def test_the_report_draws_what_failed_and_says_what_is_not_measured(shell: Shell) -> None:
    shell.learned()
    said = shell.ok("report").out
    assert "Failures per day\n     24 ┤█████\n" in said
    assert "24 failures in 384 calls on 1 day." in said
    assert "Not measured yet: no session that is over went without a lesson." in said
    assert "No lesson was in force yet." in said
    assert "\x1b" not in said


def test_the_report_measures_what_lessons_did(shell: Shell) -> None:
    from failonce.compose import configure, opened
    from failonce.surfaces.sdk import Advisor

    shell.ok("approve", shell.lesson("fixer"))
    shell.set("FAILONCE_OUTCOME__HOLDOUT", "false")
    with opened(configure()) as parts:
        advisor = Advisor(parts.loop, parts.clock)
        for n in range(3):
            session = f"live{n}"
            advice = advisor.advise("read", {"path": "a"}, session=session, project=PROJECT)
            advisor.observe("read", advice.args, "fine", session=session, project=PROJECT)
    panels = {p["name"]: p for p in shell.ok("report", "--json").json["panels"]}
    assert panels["prevented"]["bins"] == []
    assert panels["in_force"]["bins"][-1]["estimate"]["value"] == 1
    assert panels["calls_saved"]["summary"] == "At most 3 calls (95 %: 3–3)."
    assert "1 lesson now" in shell.ok("report").out


def test_the_picture_is_written_where_one_says(shell: Shell) -> None:
    shell.learned()
    run = shell.ok("report", "--svg", "report.svg")
    assert run.out.endswith("Drawn into report.svg\n")
    assert (shell.project / "report.svg").read_text().startswith("<svg")
    assert shell.ok("report", "--svg", "other.svg", "--json").json["classes"] == 2
    refused = shell.run("report", "--svg", "missing/report.svg")
    assert refused.code == 2
    assert "cannot be written" in refused.err


def test_the_report_fits_a_narrow_terminal(shell: Shell) -> None:
    shell.learned()
    shell.set("COLUMNS", "60")
    assert max(map(len, shell.ok("report").out.splitlines())) <= 60


def test_a_report_of_nothing_says_how_to_begin(shell: Shell) -> None:
    assert "failonce import" in shell.ok("report").out
    found = shell.ok("report", "--json").json
    assert found["daily"] == []
    assert [p["bins"] for p in found["panels"]] == [[]] * 6


def test_a_smaller_number_of_bins_keeps_the_sums() -> None:
    report = lively()
    for bins in (10, 60):
        found = build(replace(report), bins=bins).panels[0]
        assert sum(b.estimate.value for b in found.bins if b.estimate) == sum(
            bad for *_, bad in report.daily
        )
