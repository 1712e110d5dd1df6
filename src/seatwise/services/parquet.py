"""Rows as a Parquet file, where many are wanted: amounts are exact decimals, days are dates. Needs pyarrow, which comes
with `pip install seatwise[parquet]`: 55 MB that few installs need."""

from collections.abc import Iterable
from datetime import date, datetime
from importlib.util import find_spec
from itertools import islice
from types import NoneType
from typing import IO, Any, get_args, get_origin

import msgspec

from .errors import Refusal
from .money import AMOUNTS

AT_ONCE = 20_000
DECIMALS = (*AMOUNTS, "month_spend")


def available() -> bool:
    return find_spec("pyarrow") is not None


def write(kind: type[msgspec.Struct], rows: Iterable[Any], file: IO[bytes], names: Iterable[str] = ()) -> int:
    """Writes values of this kind, these fields (or all), a group of rows at a time; how many there were. Raises Refusal
    without pyarrow."""
    if not available():
        raise Refusal("Parquet files need pyarrow: install it with pip install 'seatwise[parquet]'.")
    import pyarrow
    import pyarrow.parquet

    declared = {field.name: field.type for field in msgspec.structs.fields(kind)}
    schema = pyarrow.schema([(name, _type(pyarrow, name, declared[name])) for name in list(names) or declared])
    rows, count = iter(rows), 0
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while some := list(islice(rows, AT_ONCE)):
            columns = [_column(pyarrow, field.type, [getattr(row, field.name) for row in some]) for field in schema]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))
            count += len(some)
    return count


def _column(pyarrow: Any, kind: Any, values: list[Any]) -> Any:
    if pyarrow.types.is_decimal(kind):
        return pyarrow.array(values, pyarrow.string()).cast(kind)
    if any(isinstance(value, dict | list) for value in values) and not pyarrow.types.is_list(kind):
        values = [None if value is None else msgspec.json.encode(value).decode() for value in values]
    return pyarrow.array(values, kind)


def _type(pyarrow: Any, name: str, declared: Any) -> Any:
    """What is absent is null in any column; what has parts of its own (but a list of texts) is JSON."""
    if name in DECIMALS:
        return pyarrow.decimal128(30, 10)
    if get_origin(declared) is list and get_args(declared) == (str,):
        return pyarrow.list_(pyarrow.string())
    types = {
        date: pyarrow.date32(), datetime: pyarrow.timestamp("us", tz="UTC"), bool: pyarrow.bool_(),
        int: pyarrow.int64(), float: pyarrow.float64(),
    }  # fmt: skip
    own = [part for part in (get_args(declared) or (declared,)) if part is not NoneType]
    return (
        types.get(own[0], pyarrow.string()) if len(own) == 1 and get_origin(declared) is not list else pyarrow.string()
    )
