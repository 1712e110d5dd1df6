"""Pages by key: the next page begins behind the last row shown, so that every page costs the same, however deep.

A cursor is opaque to those who pass it on: the values of the order's columns at that row, and the direction.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any, Generic, TypeVar

import msgspec
from django.db.models import DateTimeField, IntegerField, Model, Q, QuerySet, TextField
from django.db.models.functions import Coalesce, Lower

from .errors import Refusal
from .texts import plain

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)
MOST = 500
"""Rows a page has at most."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next` and `previous` are cursors, None at the ends. `total` is exact where it is given; where a search finds too
    many to count, `more_than` says how many it has found for sure."""

    items: list[T]
    next: str | None = None
    previous: str | None = None
    total: int | None = None
    more_than: int | None = None


def page_of(
    rows: "QuerySet[Row]",
    order: Sequence[str],
    cursor: str,
    limit: int,
    to_item: Callable[[Row], T],
    total: int | None = None,
) -> Page[T]:
    """One page of rows ordered by `order`: columns without nulls, the last unique, each with - for downwards and
    all in one direction. Raises Refusal for a cursor that is none."""
    names = [column.lstrip("-") for column in order]

    def read(values: list[Any], backwards: bool, limit: int) -> list[Row]:
        found = rows
        if values:
            typed = [_typed(rows, name, value) for name, value in zip(names, values, strict=True)]
            found = rows.filter(_behind(order, typed, backwards=backwards))
        return list(found.order_by(*map(_turned, order) if backwards else order)[:limit])

    found, following, previous = turn(
        read, lambda row: [getattr(row, name) for name in names], len(names), cursor, limit
    )
    return Page([to_item(row) for row in found], following, previous, total)


def described_page(
    rows: "QuerySet[Row]",
    order: Sequence[str],
    cursor: str,
    limit: int,
    describe: Callable[[list[Row]], list[T]],
    total: int | None = None,
) -> Page[T]:
    """As `page_of`, the rows of the page described together."""
    page = page_of(rows, order, cursor, limit, lambda row: row, total)
    return Page(describe(page.items), page.next, page.previous, page.total)


def every_described(
    rows: "QuerySet[Row]", order: Sequence[str], describe: Callable[[list[Row]], list[T]]
) -> Iterator[T]:
    """All of them, one page in memory at a time."""
    cursor: str | None = ""
    while cursor is not None:
        page = described_page(rows, order, cursor, MOST, describe)
        yield from page.items
        cursor = page.next


def order_of(things: str, sort: str, columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What `page_of` orders by, for a column with - in front where it goes downwards. Raises Refusal for another."""
    column, down = sort.removeprefix("-"), "-" if sort.startswith("-") else ""
    if column not in columns:
        said = f"{things} cannot be sorted by {plain(column)}."
        raise Refusal(said, fields={"sort": f"One of {', '.join(columns)}."})
    return (*(f"{down}{name}" for name in columns[column]), f"{down}id")


BY_NAME, BY_CREATION = ("name_key",), ("created_key",)
"""Columns that `sortable` makes."""


def sortable(rows: "QuerySet[Row]") -> "QuerySet[Row]":
    """With `name_key`, and with `created_key` where the vendor may tell when it was made: neither is ever null."""
    made: dict[str, Any] = {"name_key": Lower(Coalesce("name", "vendor_id", output_field=TextField()))}
    if any(field.name == "created_at" for field in rows.model._meta.get_fields()):
        made["created_key"] = Coalesce("created_at", "first_seen_at")
    named: QuerySet[Row] = rows.annotate(**made)
    return named


def check_place(unknown: Any, key: Any, pk: Any, by: str) -> None:
    """A cursor's place in an order by `by`: whether it has a key there, its key and number. Raises Refusal for one of
    another order, or one that was tampered with."""
    if type(pk) is not int or unknown is not (key is None) or not isinstance(key, str | NoneType):
        raise bad_cursor()
    if by.endswith("_at") and key is not None:
        try:
            datetime.fromisoformat(key)
        except ValueError:
            raise bad_cursor() from None


def rows_at(model: type[Row], keys: Iterable[int]) -> list[Row]:
    """The rows with these numbers, in this order, each with its connection."""
    numbers = list(keys)
    rows = model._default_manager.prefetch_related("connection").in_bulk(numbers)  # few connections, many rows
    return [rows[pk] for pk in numbers if pk in rows]


def turn(
    read: Callable[[list[Any], bool, int], list[T]],
    values_of: Callable[[T], Sequence[Any]],
    length: int,
    cursor: str,
    limit: int,
) -> tuple[list[T], str | None, str | None]:
    """What `read(values, backwards, limit)` finds behind a cursor of `length` values (none: from the beginning), with
    the cursors of the next and the previous page. Backwards it reads the nearest first. Raises Refusal."""
    limit = max(1, min(limit, MOST))
    values, backwards = decode(cursor, length) if cursor else ([], False)
    found = read(values, backwards, limit + 1)
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    if not found:
        return [], None, None
    has_next, has_previous = (True, more) if backwards else (more, bool(cursor))
    return (
        found,
        encode(values_of(found[-1]), backwards=False) if has_next else None,
        encode(values_of(found[0]), backwards=True) if has_previous else None,
    )


def encode(values: Sequence[Any], *, backwards: bool) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return urlsafe_b64encode(json.dumps([backwards, *plain]).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> tuple[list[Any], bool]:
    """Raises Refusal."""
    try:
        backwards, *values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError):
        backwards, values = None, []
    if not isinstance(backwards, bool) or len(values) != length or not all(map(_storable, values)):
        raise bad_cursor()
    return values, backwards


def bad_cursor() -> Refusal:
    return Refusal("This page's address is not complete. Go back to the first page.", fields={"cursor": "No cursor."})


def _storable(value: Any) -> bool:
    """Whether a database can take it: no text that is none, no number beyond 64 bits."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**63)


def _typed(rows: "QuerySet[Row]", name: str, value: Any) -> Any:
    """A cursor's value as its column holds it. Raises Refusal."""
    annotation = rows.query.annotations.get(name)
    field = annotation.output_field if annotation else rows.model._meta.get_field(name)
    if isinstance(field, DateTimeField):
        try:
            value = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise bad_cursor() from None
        fits = value.tzinfo is not None
    else:
        fits = type(value) is (int if isinstance(field, IntegerField) else str)
    if not fits:
        raise bad_cursor()
    return value


def _behind(order: Sequence[str], values: Sequence[Any], *, backwards: bool) -> Q:
    """Rows behind these values: (a > x) or (a = x and b > y) …"""
    condition = Q(pk__in=[])
    for depth, column in enumerate(order):
        same = Q(**{name.lstrip("-"): value for name, value in zip(order[:depth], values[:depth], strict=True)})
        smaller = column.startswith("-") is not backwards
        condition |= same & Q(**{f"{column.lstrip('-')}__{'lt' if smaller else 'gt'}": values[depth]})
    return condition


def _turned(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"
