"""Listings as CSV files, streamed row by row: memory stays flat whatever their length."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse


class _Echo:
    """csv wants a file; this one hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A download named `<name>-<day>.csv`. Times are ISO 8601 in UTC, lists are joined with '; ', absent is empty.
    Streaming begins at once, so whatever can be refused must be refused before."""
    day = datetime.now(UTC).date().isoformat()
    return StreamingHttpResponse(
        _lines(columns, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{day}.csv"'},
    )


def _lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return _plain("; ".join(map(str, value)))
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, (int, float)) else _plain(str(value))


def _plain(text: str) -> str:
    """A name that a spreadsheet would take for a formula is kept as text."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
