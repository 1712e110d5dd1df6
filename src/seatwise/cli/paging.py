"""Pages from services as one long listing, one page in memory at a time; and the WHEN and the order of options."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from .show import Form

Item = TypeVar("Item")
Command = TypeVar("Command", bound=Callable[..., Any])
PAGE = 500


def every(form: Form, listing: Callable[..., Any], operator: Any, **filters: Any) -> Iterator[Any]:
    """All items of a service that gives pages, in its order; `form` says when enough is enough."""
    cursor: str | None = ""
    while cursor is not None:
        page = listing(operator, cursor=cursor, limit=min(form.limit or PAGE, PAGE), **filters)
        yield from page.items
        cursor = page.next


def in_order(columns: Sequence[str], usual: str) -> Callable[[Command], Command]:
    """--sort, with the names the API has for it."""
    choices = [*columns, *(f"-{name}" for name in columns)]
    said = f"By {', '.join(columns)}; with - in front, the other way round."
    return click.option("--sort", type=click.Choice(choices), default=usual, metavar="COLUMN", help=said)


class When(click.ParamType[datetime]):
    """A time: 2026-03-01, 2026-03-01T12:00:00Z, or so long ago: 90m, 12h, 7d. Without a zone it is UTC."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        units = {"m": "minutes", "h": "hours", "d": "days"}
        try:
            if ago := re.fullmatch(r"(\d{1,6})([mhd])", value):
                return datetime.now(UTC) - timedelta(**{units[ago[2]]: int(ago[1])})
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time. Write 2026-03-01, 2026-03-01T12:00:00Z, or 7d, 12h, 90m for so long ago.")
