"""A store with lessons that met calls, and numbers as a program reads them."""

from dataclasses import replace

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from failonce.model import Arm, Change, Effect, Lesson
from tests.surfaces.report.made import exposure
from tests.surfaces.server.made import Served

DONE = {Effect.PREVENTED: 3, Effect.REPAIRED: 2, Effect.RECOVERED: 1, Effect.HARMED: 1}
"""What a lesson of `met` did, and how often."""


def met(served: Served, lesson: Lesson) -> None:
    """Have a lesson meet calls: some of them it acted on, one it only watched."""
    found = [exposure(lesson, effect) for effect, times in DONE.items() for _ in range(times)]
    found.append(replace(exposure(lesson, Effect.PREVENTED, session="w"), arm=Arm.SHADOW))
    served.house.main.commit(Change(exposures=tuple(found)))


def read(text: str) -> dict[str, Metric]:
    """The families of an exposition, by name, as Prometheus' own reader has them."""
    found: dict[str, Metric] = {}
    for family in text_string_to_metric_families(text):
        assert family.name not in found, f"{family.name} stands there twice"
        found[family.name] = family
    return found


def value(text: str, name: str, **labels: str) -> float:
    """The one sample of this name with these labels."""
    samples = [s for family in read(text).values() for s in family.samples]
    (sample,) = [s for s in samples if (s.name, s.labels) == (name, labels)]
    return float(sample.value)
