"""Rows as a Parquet file, where many are wanted: amounts are exact decimals, days are dates. Needs pyarrow, which comes
with `pip install seatwise[parquet]`: 55 MB that few installs need."""

from collections.abc import Iterable
from importlib.util import find_spec
from itertools import islice
from typing import IO, Any

import msgspec

from .errors import Refusal
from .money import AMOUNTS

AT_ONCE = 20_000


def available() -> bool:
    return find_spec("pyarrow") is not None


def write(kind: type[msgspec.Struct], rows: Iterable[Any], file: IO[bytes]) -> int:
    """Writes values of this kind, a group of rows at a time; how many there were. Raises Refusal without pyarrow."""
    if not available():
        raise Refusal("Parquet files need pyarrow: install it with pip install 'seatwise[parquet]'.")
    import pyarrow
    import pyarrow.parquet

    names = list(kind.__struct_fields__)
    schema = pyarrow.schema([(name, _type(pyarrow, name, kind)) for name in names])
    rows, count = iter(rows), 0
    with pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while some := list(islice(rows, AT_ONCE)):
            columns = [
                _column(pyarrow, schema.field(name).type, [getattr(row, name) for row in some]) for name in names
            ]
            writer.write_table(pyarrow.Table.from_arrays(columns, schema=schema))
            count += len(some)
    return count


def _column(pyarrow: Any, kind: Any, values: list[Any]) -> Any:
    if pyarrow.types.is_decimal(kind):
        return pyarrow.array(values, pyarrow.string()).cast(kind)
    if any(isinstance(value, dict) for value in values):
        values = [msgspec.json.encode(value).decode() for value in values]
    return pyarrow.array(values, kind)


def _type(pyarrow: Any, name: str, kind: type[msgspec.Struct]) -> Any:
    if name in AMOUNTS:
        return pyarrow.decimal128(30, 10)
    declared = str(kind.__annotations__[name])
    if "dict" in declared:
        return pyarrow.string()
    types = {"date": pyarrow.date32, "int": pyarrow.int64, "float": pyarrow.float64, "bool": pyarrow.bool_}
    return next((make() for word, make in types.items() if word in declared), pyarrow.string())
