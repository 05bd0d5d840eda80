"""Read CSV tables into typed records, with errors that name the file, the line and the column."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from .errors import CatalogueError, LeoError

__all__ = ["read_rows", "split_list"]

_SAVE = "Save it as CSV UTF-8, with commas between the cells."


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
    except OSError as problem:
        raise error(f"The file cannot be read ({problem}).", file) from problem
    except UnicodeDecodeError as problem:
        message = f"The file is not in UTF-8 ({problem.reason} in byte {problem.start})."
        raise error(f"{message} {_SAVE}", file) from problem
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, [])
        needed = [f.encode_name for f in fields if whole or f.required]
        message = _header_problem(header, needed, expected)
        if message:
            raise error(message, file, 1)
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) != len(header) and any(cells):
                message = (
                    f"There are {len(cells)} cells instead of {len(header)}. Put a cell that holds "
                    "a comma in double quotes."
                )
                raise error(message, file, line)
            raw = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
            if not raw:  # a spreadsheet leaves empty rows behind
                line = reader.line_num + 1
                continue
            if extra is not None:
                raw |= extra({"table_id": "", **raw})
            yield line, _record(raw, kind, readers, file, line, error)
            line = reader.line_num + 1
    except csv.Error as problem:
        raise error(f"This is not valid CSV ({problem}).", file, line) from problem


def _header_problem(header: list[str], needed: list[str], expected: list[str]) -> str:
    """Say what is wrong with a header row; nothing if all is well."""
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        mark = {";": "semicolons", "\t": "tabs", "|": "bars"}[re.search(r"[;\t|]", header[0])[0]]
        return f"The cells are divided by {mark}. {_SAVE}"
    known = f"The columns are {', '.join(expected)}, in lower case and without blanks."
    for name in header:
        if name not in expected:
            return (
                f"There is no column {name!r} in this file. {known}"
                if name.strip()
                else ("A cell of the header is empty. Remove that column.")
            )
        if header.count(name) > 1:
            return f"The column {name!r} stands there twice. Remove one of them."
    lacking = [name for name in needed if name not in header]
    return f"The column {lacking[0]!r} is missing. {known}" if lacking else ""


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
        text = "The cell is empty. Fill it in, or remove the row."
        if not missing:
            text = f"{str(raw.get(column))!r} {_wanted(kind, column, message)}"
        raise error(text, file, line, column) from problem


def _wanted(kind: type, column: str, message: str) -> str:
    """Say what a cell should hold instead."""
    hint = next(f.type for f in msgspec.structs.fields(kind) if f.encode_name == column)
    if get_origin(hint) is Literal:
        return f"is not known here. Write one of: {', '.join(map(str, get_args(hint)))}."
    if "`int" in message:
        year = ", such as 2011 for the academic year 2010/11" if "year" in column else ""
        return f"is no whole number. Write plain digits{year}."
    if "`float" in message:
        return "is no number. Write it with a full stop, such as 0.5."
    return f"does not fit ({message})."


def split_list(text: str) -> tuple[str, ...]:
    """Split a cell at ``;`` and drop blanks.

    Examples
    --------
    >>> split_list("a; b;")
    ('a', 'b')
    """
    return tuple(part.strip() for part in text.split(";") if part.strip())
