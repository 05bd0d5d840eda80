"""Read CSV tables into typed records, with errors that name the file, the line and the column."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from .errors import CatalogueError, LeoError

__all__ = ["read_rows", "split_list"]


def read_rows(
    path: Path,
    kind: type,
    readers: dict[str, Callable[[str], Any]],
    extra: Callable[[dict], dict] | None = None,
    not_in_file: tuple[str, ...] = (),
    name: str = "",
    error: type[CatalogueError] = CatalogueError,
    whole: bool = True,
) -> Iterator[tuple[int, Any]]:
    """Yield each row of a file as a typed record with the line that it begins in.

    Parameters
    ----------
    path : Path
        The file, UTF-8 with a header row.
    kind : type
        A msgspec struct whose fields are the columns.
    readers : dict
        For some columns, what turns their text into a value.
    extra : callable, optional
        More fields, worked out from the raw row.
    not_in_file : tuple of str
        Fields that are no columns.
    name : str, optional
        What errors call the file; without it its own name.
    error : type
        The error to raise.
    whole : bool
        Whether every column must be there; else those with a default may be left out.

    Yields
    ------
    tuple of int and record
        The line, from 1 for the header, and the record.

    Raises
    ------
    CatalogueError
        Names the file, the line and the column.

    Examples
    --------
    >>> from leo_helpers.catalogue_model import Code
    >>> from leo_helpers.paths import data_dir
    >>> next(read_rows(data_dir() / "catalogue" / "codes.csv", Code, {}))[1].code
    'M'
    """
    file = name or path.name
    fields = [f for f in msgspec.structs.fields(kind) if f.encode_name not in not_in_file]
    expected = [f.encode_name for f in fields]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"The file cannot be read ({problem}).", file) from problem
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        needed = [f.encode_name for f in fields if whole or f.required]
        for column in [name for name in needed if name not in header]:
            raise error(f"The column {column!r} is missing.", file, 1)
        for column in [n for n in header if n not in expected]:
            raise error(f"Nobody knows a column {column!r}.", file, 1)
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) != len(header):
                message = f"There are {len(cells)} cells instead of {len(header)}."
                raise error(message, file, line)
            raw = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
            if extra is not None:
                raw |= extra({"table_id": "", **raw})
            yield line, _record(raw, kind, readers, file, line, error)
            line = reader.line_num + 1
    except csv.Error as problem:
        raise error(f"This is not valid CSV ({problem}).", file, line) from problem


def _record(
    raw: dict[str, Any],
    kind: type,
    readers: dict[str, Callable],
    file: str,
    line: int,
    error: type[CatalogueError],
) -> Any:
    for name, reader in readers.items():
        if name in raw:
            try:
                raw[name] = reader(raw[name])
            except LeoError as problem:
                raise error(str(problem), file, line, name) from problem
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError as problem:
        message, _, path = str(problem).partition(" - at `$.")
        missing = re.search(r"missing required field `(\w+)`", message)
        column = missing[1] if missing else path.strip("`").split(".")[0].split("[")[0]
        text = "The cell is empty." if missing else f"{message} ({raw.get(column)!r})."
        raise error(text, file, line, column) from problem


def split_list(text: str) -> tuple[str, ...]:
    """Split a cell at ``;`` and drop blanks.

    Examples
    --------
    >>> split_list("a; b;")
    ('a', 'b')
    """
    return tuple(part.strip() for part in text.split(";") if part.strip())
