"""Sums of usage that screens read, by day: call these in the transaction that changes a day's rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection as database

from seatwise.sdk.records import Usage
from seatwise.store.sums import COUNTED, USED

from . import rollups
from .tables import enter

COLUMNS = ("connection_id", "dimension", "day", "stream", "key", "unit", *COUNTED)


def add(connection_id: int, stream: str, fresh: Mapping[date, Iterable[Usage]]) -> None:
    """Of days that have these rows and no others. They are added up here: the database would read each three times."""
    lines = [
        (connection_id, dimension, day if database.vendor == "postgresql" else str(day), stream, key, *cell)
        for day, records in fresh.items()
        for dimension, cells in _added(records).items()
        for key, cell in cells.items()
    ]
    enter("store_usageday", COLUMNS, lines)
    rollups.renew(connection_id, "usage")


def rebuild(connection_id: int, stream: str, days: Sequence[date]) -> None:
    """Of days whose rows have changed."""
    dates = days if database.vendor == "postgresql" else [*map(str, days)]
    among = f"connection_id = %s AND day IN ({', '.join(['%s'] * len(days))}) AND stream = %s"
    dimensions, counted = ", ".join(f"'{name}'" for name in USED), ", ".join(f"SUM({name})" for name in COUNTED)
    with database.cursor() as cursor:
        whose = [connection_id, *dates, stream]
        cursor.execute(f"DELETE FROM store_usageday WHERE {among} AND dimension IN ({dimensions})", whose)
        for name, column in USED.items():
            cursor.execute(
                f"INSERT INTO store_usageday ({', '.join(COLUMNS)}) "
                f"SELECT {int(connection_id)}, '{name}', day, stream, COALESCE({column}, ''), MAX(unit), {counted} "
                f"FROM store_usage WHERE {among} GROUP BY day, stream, COALESCE({column}, '')",
                whose,
            )
    rollups.renew(connection_id, "usage")


def _added(records: Iterable[Usage]) -> dict[str, dict[str, list[Any]]]:
    """Dimension: key: the unit and what is counted."""
    found: dict[str, dict[str, list[Any]]] = {name: {} for name in USED}
    keyed = [(column, found[name]) for name, column in USED.items()]
    for record in records:
        unit, requests, quantity = record.unit, record.requests, record.quantity
        given, cached, output = record.input_tokens, record.cached_tokens, record.output_tokens
        for column, cells in keyed:
            key = getattr(record, column) or ""
            if (cell := cells.get(key)) is None:
                cells[key] = [unit, requests, given, cached, output, quantity]
            else:
                cell[1] += requests
                cell[2] += given
                cell[3] += cached
                cell[4] += output
                cell[5] += quantity
                cell[0] = cell[0] or unit
    return found
