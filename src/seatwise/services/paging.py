"""Pages by key: the next page begins behind the last row shown, so that every page costs the same, however deep.

A cursor is opaque to those who pass it on: the values of the order's columns at that row, and the direction.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from django.db.models import Model, Q, QuerySet

from .errors import Refusal

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)
MOST = 500
"""Rows a page has at most."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next` and `previous` are cursors, None at the ends. `total` is exact where it is given."""

    items: list[T]
    next: str | None = None
    previous: str | None = None
    total: int | None = None


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
    limit = max(1, min(limit, MOST))
    values, backwards = decode(cursor, len(order)) if cursor else ([], False)
    if values:
        rows = rows.filter(_behind(order, values, backwards=backwards))
    turned = [_turn(column) for column in order] if backwards else list(order)
    found = list(rows.order_by(*turned)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    at = [_values(row, order) for row in (found[:1] + found[-1:])]
    has_next, has_previous = (bool(cursor), more) if backwards else (more, bool(cursor))
    return Page(
        [to_item(row) for row in found],
        encode(at[-1], backwards=False) if found and has_next else None,
        encode(at[0], backwards=True) if found and has_previous else None,
        total,
    )


def encode(values: Sequence[Any], *, backwards: bool) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return urlsafe_b64encode(json.dumps([backwards, *plain]).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> tuple[list[Any], bool]:
    """Raises Refusal."""
    try:
        backwards, *values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        backwards, values = None, []
    if not isinstance(backwards, bool) or len(values) != length:
        raise Refusal(
            "This page's address is not complete. Go back to the first page.", fields={"cursor": "No cursor."}
        )
    return values, backwards


def _behind(order: Sequence[str], values: Sequence[Any], *, backwards: bool) -> Q:
    """Rows behind these values: (a > x) or (a = x and b > y) …"""
    condition = Q(pk__in=[])
    for depth, column in enumerate(order):
        same = Q(**{name.lstrip("-"): value for name, value in zip(order[:depth], values[:depth], strict=True)})
        smaller = column.startswith("-") is not backwards
        condition |= same & Q(**{f"{column.lstrip('-')}__{'lt' if smaller else 'gt'}": values[depth]})
    return condition


def _turn(column: str) -> str:
    return column[1:] if column.startswith("-") else f"-{column}"


def _values(row: Model, order: Sequence[str]) -> list[Any]:
    return [getattr(row, column.lstrip("-")) for column in order]
