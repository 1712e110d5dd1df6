"""What the vendor did not tell of days that are read: kept with the stream in stretches, said in words, and read once
more when it may be told by now."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from seatwise.connectors.catalog import connectors
from seatwise.sdk.streams import Window

Lacking = Mapping[date, tuple[str, ...]]
"""Fields that the records of a day are without."""
ONE = timedelta(days=1)
STEP = timedelta(days=31)
"""Days that are read once more in one go."""
WORDS = {"user_id": "user", "api_key_id": "key"}


class Stretch(NamedTuple):
    """Days from `first` to `last`, both included, that lack the same fields."""

    first: date
    last: date
    lacks: tuple[str, ...]


def stretches(lacking: Lacking) -> list[Stretch]:
    """In the order of the days."""
    found: list[Stretch] = []
    for day in sorted(lacking):
        before = found[-1] if found else None
        if before and before.last + ONE == day and before.lacks == lacking[day]:
            found[-1] = before._replace(last=day)
        else:
            found.append(Stretch(day, day, lacking[day]))
    return found


def packed(lacking: Lacking) -> list[list[str]]:
    """As it is stored."""
    return [[str(first), str(last), *lacks] for first, last, lacks in stretches(lacking)]


def unpacked(stored: Iterable[list[str]]) -> list[Stretch]:
    return [
        Stretch(date.fromisoformat(first), date.fromisoformat(last), tuple(lacks)) for first, last, *lacks in stored
    ]


def days_of(stored: Iterable[list[str]]) -> dict[date, tuple[str, ...]]:
    return {
        first + number * ONE: lacks
        for first, last, lacks in unpacked(stored)
        for number in range((last - first).days + 1)
    }


def windows(lacking: Lacking, begin: date, end: date) -> Iterator[tuple[Window, frozenset[str]]]:
    """What to read once more of the days from `begin` to before `end`, newest first, each with what it lacks."""
    within = {day: lacks for day, lacks in lacking.items() if begin <= day < end}
    for first, last, lacks in reversed(stretches(within)):
        until = last + ONE
        while until > first:
            yield Window(max(first, until - STEP), until), frozenset(lacks)
            until -= STEP


def said(integration: str, what: str, stretch: Stretch) -> str:
    """Of one stretch, in a sentence; `what` is that of which the days are."""
    first, last, lacks = stretch
    vendor = connectors()[integration].manifest.name
    days = f"of {first}" if first == last else f"from {first} to {last}"
    if "amount" in lacks:
        return f"{vendor} sent {what} {days} without all of their amounts: their sum is not the whole."
    by = " and ".join(WORDS.get(field, field) for field in lacks)
    return f"{vendor} refused to group {what} {days} by {by}: these days are not told by {by}."
