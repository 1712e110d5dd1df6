"""Listings as Parquet files, where rows are many: typed columns, the names of the CSV file, in flat memory."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import click

from .show import Form
from .stop import Stop

parquet_file = click.option(
    "--parquet", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Into a Parquet file."
)


def into(path: Path, form: Form, kind: Any, lines: Iterable[Any], names: Iterable[str] = ()) -> None:
    """Writes values of this kind: these fields, or all."""
    from seatwise.services import parquet

    if not parquet.available():
        raise Stop("Parquet files need pyarrow: install it with pip install 'seatwise[parquet]'.")
    with path.open("wb") as file:
        count = parquet.write(kind, islice(lines, form.limit), file, names)
    click.echo(f"{count:,} rows in {path}.", err=True)
