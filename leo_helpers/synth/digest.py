"""Logical hashes of views: what the rows say, whatever the order, the files or the versions.

A row's hash sums a scrambled number for each cell; a view's hash sums the scrambled hashes of its
rows, modulo two to the power of 64. The hash of a view is therefore the sum of the hashes of its
parts, in any order and cut anywhere, and only integers are computed with.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..store import read_manifest
from .hashing import U64, mix, name_key

__all__ = ["logical_hash", "schema_text", "table_hash"]

_MISSING = np.uint64(0xD1B54A32D192ED03)
_WRAP = (1 << 64) - 1


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values, however they are encoded."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def schema_text(schema: pa.Schema) -> tuple[tuple[str, str], ...]:
    """Column names and value types as text, in order.

    Examples
    --------
    >>> schema_text(pa.schema([("a", pa.dictionary(pa.int8(), pa.string()))]))
    (('a', 'string'),)
    """
    return tuple((field.name, str(_plain_type(field.type))) for field in schema)


def _word_numbers(words: pa.Array) -> U64:
    data = [w.encode() if isinstance(w, str) else w or b"" for w in words.to_pylist()]
    digests = b"".join(hashlib.blake2b(w, digest_size=8).digest() for w in data)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _cells(column: pa.ChunkedArray) -> Iterator[U64]:
    """One number for each cell of a column, chunk by chunk."""
    kind = _plain_type(column.type)
    for chunk in column.chunks:
        if pa.types.is_string(kind) or pa.types.is_binary(kind):
            if not pa.types.is_dictionary(chunk.type):
                chunk = chunk.dictionary_encode()
            words = _word_numbers(chunk.dictionary)
            words = words if len(words) else np.zeros(1, dtype=np.uint64)
            numbers = words[pc.fill_null(chunk.indices, 0).to_numpy(zero_copy_only=False)]
        elif pa.types.is_floating(kind):
            values = pc.fill_null(chunk.cast(pa.float64()), 0.0)
            numbers = (values.to_numpy(zero_copy_only=False) + 0.0).view(np.uint64)  # -0.0 is 0.0
        else:
            values = pc.fill_null(chunk.cast(pa.int32()) if pa.types.is_date(kind) else chunk, 0)
            numbers = values.to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)
        if chunk.null_count:
            numbers = np.where(chunk.is_null().to_numpy(zero_copy_only=False), _MISSING, numbers)
        yield numbers


def table_hash(table: pa.Table) -> int:
    """Logical hash of a table: its columns' names, types and values, but not the order of rows.

    Parameters
    ----------
    table : pyarrow.Table
        Any part of a view. The hashes of two parts add up, modulo ``2**64``, to that of both.

    Returns
    -------
    int
        A number below ``2**64``; 0 for no rows.

    Examples
    --------
    >>> both = pa.table({"a": [1, None, 3]})
    >>> sum(table_hash(both.slice(i, 1)) for i in range(3)) % 2**64 == table_hash(both)
    True
    """
    total = np.zeros(table.num_rows, dtype=np.uint64)
    for name, column in zip(table.column_names, table.columns, strict=True):
        key, at = name_key("digest", name, _plain_type(column.type)), 0
        for numbers in _cells(column):
            total[at : at + len(numbers)] += mix(numbers * key + (key >> np.uint64(1)))
            at += len(numbers)
    return int(mix(total).sum(dtype=np.uint64)) if len(total) else 0


def logical_hash(root: str | os.PathLike[str] | pa.Table) -> dict[str, str] | str:
    """Logical hash of every view of a data set, or of one table.

    Parameters
    ----------
    root : path or pyarrow.Table
        Folder of a finished data set, or a table in memory.

    Returns
    -------
    dict of str to str, or str
        View to ``rows:columns:hash``; the same on every machine, Python, numpy and pyarrow.

    Raises
    ------
    DataSetError
        If the folder is not a data set.

    Examples
    --------
    >>> logical_hash(pa.table({"a": ["x"]}))[:4]
    '1:1:'
    """
    if isinstance(root, pa.Table):
        return f"{root.num_rows}:{root.num_columns}:{table_hash(root):016x}"
    out = {}
    for view, entry in sorted(read_manifest(root).views.items()):
        total = rows = 0
        columns: tuple[tuple[str, str], ...] = ()
        for part in sorted(entry.parts):
            table = _read(Path(root).joinpath(*view.split(".", 1), part))
            total, rows = (total + table_hash(table)) & _WRAP, rows + table.num_rows
            columns = schema_text(table.schema)
        schema = int(name_key("schema", columns))
        out[view] = f"{rows}:{len(columns)}:{(total + schema) & _WRAP:016x}"
    return out


def _read(path: Path) -> pa.Table:
    schema = pq.read_schema(path)
    words = [f.name for f in schema if pa.types.is_string(f.type) or pa.types.is_binary(f.type)]
    return pq.ParquetFile(path, read_dictionary=words).read()
