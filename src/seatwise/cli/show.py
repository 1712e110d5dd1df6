"""Listings on standard output: a table on a terminal, aligned text in a pipe, one JSON array, or CSV.

Rows are written as they come, so memory stays flat; what a vendor sent never steers the terminal or a spreadsheet.
"""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

import click

Row = Mapping[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])

ON_SCREEN = 200
"""As many rows as a table on a terminal shows unless --limit says otherwise."""


class Form(NamedTuple):
    """How a listing was asked for: `kind` is json, csv or None (for people), `limit` the number of rows."""

    kind: str | None
    limit: int | None

    @property
    def on_terminal(self) -> bool:
        return self.kind is None and sys.stdout.isatty()


def listing(command: Command) -> Command:
    """Gives a command --json, --csv and --limit, as its first argument `form`."""
    options = (
        click.option("--json", "written", flag_value="json", help="One JSON array of objects, nothing else."),
        click.option("--csv", "written", flag_value="csv", help="Comma-separated values."),
        click.option("--limit", type=click.IntRange(1), metavar="N", help=f"At most N rows (a terminal: {ON_SCREEN})."),
    )

    def with_form(written: str | None, limit: int | None, **others: Any) -> Any:
        return command(Form(written, limit), **others)

    with_form.__name__, with_form.__doc__ = command.__name__, command.__doc__
    with_form.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(options):
        option(with_form)
    return with_form  # type: ignore[return-value]


def show(form: Form, rows: Iterable[Row], columns: Iterable[str], table: Mapping[str, Callable[[Row], Any]]) -> None:
    """Prints the rows. `columns` are the names of the CSV file, `table` people's headings and what stands there."""
    limit = form.limit or (ON_SCREEN if form.on_terminal else None)
    rows = iter(rows)
    shown = islice(rows, limit)
    if form.kind == "json":
        _json(shown)
    elif form.kind == "csv":
        _csv(shown, list(columns))
    else:
        lines = ([text(tell(row)) for tell in table.values()] for row in shown)
        (_table if form.on_terminal else _aligned)(list(table), lines)
        if form.on_terminal and not form.limit and next(rows, None) is not None:
            click.echo(f"The first {limit}. More with --limit, all with --json or --csv.", err=True)


def say(sentences: Iterable[str], of: str = "") -> None:
    """What is not known, on standard error: a listing never looks whole when it is not."""
    for said in sentences:
        click.echo(harmless(f"{of}: {said}" if of else said), err=True)


def field(name: str) -> Callable[[Row], Any]:
    return lambda row: row[name]


def text(value: Any) -> str:
    """A value as people read it, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value, "seconds")
    if isinstance(value, (list, tuple)):
        return ", ".join(map(text, value))
    return harmless(str(value))


def moment(value: datetime, timespec: str = "auto") -> str:
    return value.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def harmless(said: str) -> str:
    """No line break, escape sequence or change of direction gets to a terminal."""
    return said if said.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in said)


def _json(rows: Iterator[Row]) -> None:
    import msgspec

    encode, out = msgspec.json.Encoder().encode, sys.stdout.buffer
    before = b"[\n"  # written with the first row: what fails before it leaves nothing on standard output
    for row in rows:
        out.write(before + encode(row))
        before = b",\n"
    out.write(b"[]\n" if before == b"[\n" else b"\n]\n")
    out.flush()


def _csv(rows: Iterator[Row], columns: list[str]) -> None:
    rows = chain(list(islice(rows, 1)), rows)  # what fails before the first row leaves nothing on standard output
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows([_cell(row[column]) for column in columns] for row in rows)
        out.flush()
    finally:
        out.detach()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (list, tuple)) and not any(isinstance(part, dict) for part in value):
        return _no_formula("; ".join(map(str, value)))
    if isinstance(value, (dict, list, tuple)):
        import msgspec

        return msgspec.json.encode(value).decode() if value else ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, (int, float)) else _no_formula(str(value))


def _no_formula(said: str) -> str:
    """What a spreadsheet would take for a formula is kept as text."""
    return "'" + said if said.startswith(("=", "+", "-", "@", "\t", "\r")) else said


def _aligned(headings: list[str], lines: Iterator[list[str]]) -> None:
    first = list(islice(lines, 1000))  # enough to guess the widths by
    widths = [max(map(len, column)) for column in zip(headings, *first, strict=True)]
    for line in chain([headings], first, lines):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _table(headings: list[str], lines: Iterator[list[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for line in lines:
        table.add_row(*map(Text, line))
    Console().print(table)
