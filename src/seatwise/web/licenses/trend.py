"""How the numbers of a license went, as lines: places in a drawing of 100 by 100 that is stretched to the screen."""

from collections.abc import Sequence
from typing import NamedTuple

from seatwise.services.license_advice import LicenseTrend

from .groups import GROUPS


class Line(NamedTuple):
    """One group; `points` as SVG takes them, `last` its present number."""

    name: str
    label: str
    points: str
    last: int


class Trend(NamedTuple):
    """`top` is the number at the upper edge; `says` the same in a sentence, for whoever does not see the drawing."""

    lines: list[Line]
    days: list[LicenseTrend]
    top: int
    says: str


def trend(days: Sequence[LicenseTrend]) -> Trend | None:
    """None where there is no line to draw: fewer than two days."""
    if len(days) < 2:
        return None
    top = _round_up(max(getattr(day, name) for day in days for name in GROUPS) or 1)
    begin, span = days[0].day, (days[-1].day - days[0].day).days
    lines = []
    for name, label in GROUPS.items():
        at = ((100 * (day.day - begin).days / span, 100 - 100 * getattr(day, name) / top) for day in days)
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in at)
        lines.append(Line(name, label, points, getattr(days[-1], name)))
    told = (f"{line.label.lower()} from {getattr(days[0], line.name):,} to {line.last:,}" for line in lines)
    return Trend(lines, list(reversed(days)), top, f"From {days[0].day} to {days[-1].day}: {', '.join(told)}.")


def _round_up(number: int) -> int:
    """To a number with one or two figures, so that the edge of the drawing can be read."""
    step = int("1" + "0" * max(0, len(str(number)) - 2))
    return -(-number // step) * step
