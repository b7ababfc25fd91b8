"""The page on error mining: its kinds, limits, reasons and sentences are those of the code."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from failonce.accounting import Mined
from failonce.compose.settings import Settings
from failonce.errors import StoreBusy
from failonce.identity import letters
from failonce.model import GapReason, KindName, Mode, Verdict
from failonce.surfaces.mined import mined
from failonce.surfaces.server.lookout import look
from tests.docs.pages import ROOT, page, part, quoted, rows
from tests.surfaces.server.made import Served, configuration

pytestmark = pytest.mark.proves("S31")

PAGE = page("mining.md")


def test_every_kind_and_verdict_is_on_the_page() -> None:
    first = part(PAGE, "## What it looks at")
    told = {quoted(row[0])[0]: quoted(row[2])[0] for row in rows(first)}
    assert told == {kind: f"{letters(kind)}-" for kind in KindName}
    named = set(quoted(first.split("\n2. ")[0]))
    assert {v for v in Verdict if v is not Verdict.FAILURE} <= named


def test_every_limit_is_the_default_of_its_setting() -> None:
    """And each option of the table stands beside the setting that it stands above."""
    settings = Settings()
    for cell, default, _ in rows(part(PAGE, "## Thresholds")):
        names = [x for x in quoted(cell) if not x.startswith("--")]
        values = default.split(", ")
        assert len(names) == len(values)
        for name, value in zip(names, values, strict=True):
            section, key = name.split(".")
            assert getattr(getattr(settings, section), key) == float(value), name
    impact = settings.impact
    assert f"`{impact.week} × failures in 7 days + {impact.month} × failures in 30 days`" in PAGE
    assert settings.mine.windows == "7d/30d"


def test_what_a_run_says_is_what_the_page_explains(tmp_path: Path) -> None:
    """Each sentence as it is said, numbers aside."""
    said = {
        Mined(project="p").outcome,
        Mined(project="p", below=3).outcome,
        Mined(project="p", gaps=3, classes=2).outcome,
        Mined(project="p", known=("GR-1",)).outcome,
    }
    served = Served(configuration(tmp_path))
    parts = served.parts()
    parts.review.set_mode(Mode.OFF, project="p")
    said.add(look(served.config, "p").outcome)
    now = datetime.now(UTC)
    served.house.main.acquire("mine:q", "somebody", until=now + timedelta(minutes=1), now=now)
    with pytest.raises(StoreBusy) as busy:
        mined(parts, "q")
    said.add(" ".join(str(busy.value).split()[:4]))
    served.house.close()
    told = [quoted(row[0])[0] for row in rows(part(PAGE, "## Why nothing was proposed"))]
    assert sorted(re.sub(r"\b[NM]\b|\d+", "N", x.removesuffix(" …")) for x in told) == sorted(
        re.sub(r"\b\d+\b", "N", x) for x in said
    )


def test_every_reason_of_a_gap_is_on_the_page() -> None:
    told = [quoted(row[0])[0] for row in rows(part(PAGE, "## Why nothing was proposed"), 1)]
    assert told == [reason.replace("_", " ") for reason in GapReason]


def test_every_line_of_status_is_on_the_page() -> None:
    """As `reporting` prints them: a word, with blanks up to the ninth place; and what is next."""
    source = (ROOT / "src/failonce/surfaces/cli/reporting.py").read_text(encoding="utf-8")
    padded = re.findall(r'f?"([A-Z][a-z]+ +)(?=[^ "])', source)
    printed = {label.strip() for label in padded if len(label) == 9} | {"Next"}
    assert "Next: failonce " in source
    told = rows(part(PAGE, "## Reading `failonce status`"))
    assert {label for row in told for label in quoted(row[0])} == printed
