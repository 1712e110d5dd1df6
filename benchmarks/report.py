"""Medians and ratios as Markdown tables."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

from rounds import CHAIN, FLOOR, PRODUCT, Result

Cells = Sequence[str]


def table(headings: Cells, lines: Iterable[Cells]) -> str:
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def by_contestant(results: Iterable[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.contestant, []).append(result)
    return found


def middle(results: Sequence[Result], name: str) -> float:
    values = [float(getattr(result, name)) for result in results]
    known = [value for value in values if not math.isnan(value)]
    return median(known) if known else math.nan


def syncs(results: Sequence[Result], floor: float | None = None) -> str:
    """`floor` is L where it is not the longest chain as served, measured beside."""
    found = by_contestant(results)
    least = floor or (middle(found[CHAIN], "seconds") if CHAIN in found else math.nan)
    raw = middle(found[FLOOR], "cpu") if FLOOR in found else math.nan
    first = found.get(PRODUCT)
    headings = [
        "contestant", "sync s", "× L", "CPU s", "× raw", "CPU s in the sync", "× first", "peak MiB", "requests",
        "429", "rows", "written", "n",
    ]  # fmt: skip
    lines = []
    for name, some in found.items():
        seconds, cpu, inside = middle(some, "seconds"), middle(some, "cpu"), middle(some, "cpu_sync")
        again = inside / middle(first, "cpu_sync") if first and name.startswith(PRODUCT) else math.nan
        requests, limited = middle(some, "requests"), middle(some, "limited")
        failed = [result for result in some if not result.complete]
        lines.append([
            name, number(seconds, 2), number(seconds / least, 2), number(cpu, 2),
            number(cpu / raw, 2) if name != CHAIN else "–", number(inside, 2), number(again, 2),
            f"{middle(some, 'peak'):.0f}", f"{requests:.0f}", f"{limited:.0f} ({limited / max(requests, 1):.1%})",
            failed[0].note or "incomplete" if failed else f"{middle(some, 'rows'):.0f}",
            "–" if some[0].written is None else f"{middle([r for r in some if r.written is not None], 'written'):.0f}",
            str(len(some)),
        ])  # fmt: skip
    return table(headings, lines)


def number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
