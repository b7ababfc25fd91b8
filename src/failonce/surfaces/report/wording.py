"""Numbers of a report in words."""

from math import ceil, floor

from failonce.surfaces.report.values import Estimate, Unit
from failonce.surfaces.words import duration


def spell(value: float, unit: Unit) -> str:
    """A number of a unit: `12`, `45 %`, `4 min`."""
    match unit:
        case Unit.SHARE:
            return f"{value * 100:.0f} %"
        case Unit.SECONDS:
            return duration(value)
        case _:
            return f"{value:,.0f}"


def interval(found: Estimate, unit: Unit) -> str:
    """`(95 %: 48–90 %)`, its ends rounded outwards."""
    if unit is Unit.SHARE:
        return f"(95 %: {floor(found.low * 100)}–{ceil(found.high * 100)} %)"
    low, high = spell(floor(found.low), unit), spell(ceil(found.high), unit)
    return f"(95 %: {low} to {high})" if unit is Unit.SECONDS else f"(95 %: {low}–{high})"
