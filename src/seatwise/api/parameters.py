"""What routes ask for, with the names and bounds the screens have."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any

from ninja import Field, Path, Schema
from pydantic import BeforeValidator

LARGEST = 2**63 - 1
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Path(ge=1, le=LARGEST)]
"""The number of a row, in a path."""


def _moment(said: str) -> datetime:
    try:
        found = datetime.fromisoformat(said)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("a time is written 2026-03-01T12:00:00Z; without a zone it is UTC") from None


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""A time; pydantic alone would take 0.5 for one, and leave it without a zone."""


def _day(said: object) -> date:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        raise ValueError("a day is written 2026-03-01") from None


Day = Annotated[date, BeforeValidator(_day)]
"""A UTC day; pydantic alone would take seconds since 1970 for one."""


class Paged(Schema):
    """`cursor` is `next` or `previous` of an earlier page; without it the first page comes."""

    cursor: Annotated[str, Field(max_length=2000, pattern=r"^[\w=-]*$")] = ""
    limit: int = Field(50, ge=1, le=200)


def sorts(columns: Iterable[str]) -> Any:
    """A column to sort by; with - in front, the other way round."""
    return Annotated[str, Field(pattern=rf"^-?({'|'.join(columns)})$", description=sorts.__doc__)]
