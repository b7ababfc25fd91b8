"""The page on monitoring names every number there is, and no other."""

import re
from pathlib import Path

import pytest

from failonce.model import Barrier, Enforced, Scope, Strength
from failonce.surfaces.server.intake import Intake
from failonce.surfaces.server.metrics import Looked
from tests.surfaces.server.made import Served, configuration
from tests.surfaces.server.metrics.made import read
from tests.surfaces.server.stocked import stock

PAGE = (Path(__file__).parents[4] / "docs" / "monitoring.md").read_text(encoding="utf-8")
NAME = re.compile(r"failonce(?:_[a-z0-9]+)+")
_OF_HISTOGRAMS = ("_bucket", "_count", "_sum")


def named(family_name: str, kind: str) -> str:
    return f"{family_name}_total" if kind == "counter" else family_name


@pytest.fixture
def text(tmp_path: Path) -> str:
    """All numbers at once, also those that begin with the first of their kind."""
    served = Served(configuration(tmp_path))
    stock(served)
    served.house.measures.pushed(taken=True)
    served.house.measures.looked(Looked.DONE, 1.0, 1)
    served.house.intake = Intake(served.config, measures=served.house.measures)
    held = (Enforced(what=Barrier.TIME, how=Strength.ENFORCED),)
    served.house.slowly.get("sandbox", lambda: held, patience_s=5)
    found = served.program(Scope.METRICS).get("/metrics").text
    served.house.close()
    return str(found)


def test_every_number_is_on_the_page_and_no_other(text: str) -> None:
    """With its labels; alerts and the board ask for what there is."""
    there = {named(f.name, f.type): f for f in read(text).values()}
    tables, examples = PAGE.split("## Alerts")
    told = set(NAME.findall("".join(x for x in tables.splitlines() if x.startswith("| `"))))
    assert told == there.keys()
    for asked in set(NAME.findall(examples)):
        for end in _OF_HISTOGRAMS:
            asked = asked.removesuffix(end) if asked not in there else asked  # noqa: PLW2901
        assert asked in there, asked
    for name, family in there.items():
        labels = {label for s in family.samples for label in s.labels} - {"le"}
        shown = re.search(rf"`{name}\{{([a-z,]+)\}}`", tables)
        assert labels <= set(shown[1].split(",") if shown else ()), name


def test_every_value_of_a_label_in_an_alert_is_one(text: str) -> None:
    """`{outcome=~"refused|failed"}` would else be silent for ever."""
    for name, label, values in re.findall(
        r'(failonce[a-z_0-9]+)\{([a-z]+)=~?"([^"]+)"\}', PAGE.split("## Alerts")[1]
    ):
        family = next(f for f in read(text).values() if named(f.name, f.type) == name)
        known = {s.labels[label] for s in family.samples} | (
            {"5xx"} if label == "status" else set()
        )
        assert set(values.split("|")) <= known, name
