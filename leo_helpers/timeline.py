"""One synthetic life: every row that a person has in any table, by date."""

from __future__ import annotations

import csv
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from .catalogue import View, load_catalogue
from .connect import DEFAULT_PROJECT, connect
from .errors import LeoError
from .link import person_keys
from .paths import data_dir
from .store import NOTICE, data_root, read_manifest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BOOK_PERSON", "timeline"]

#: The person whose life the book follows through the tables (any data set of 120 people or more).
BOOK_PERSON = 119

#: How the year columns of pooled views are read.
_MACROS = (
    "create macro academic_end(y) as cast(right(cast(y as varchar), 4) as integer)",
    "create macro tax_end(y) as cast(left(cast(y as varchar), 4) as integer) + 1",
)
_NAME = re.compile(r"\{(\w+)\}")
_COLUMNS = ["start", "end", "table_id", "view", "what"]


@cache
def entries() -> tuple[dict[str, str], ...]:
    """Return the lines of ``data/timeline/timeline.csv``: where each table keeps its dates.

    Returns
    -------
    tuple of dict
        ``table_id``, ``key``, ``start``, ``end`` and ``details``; the last three hold SQL or words
        in which ``{name}`` stands for a column without year and term.

    Examples
    --------
    >>> entries()[0]["table_id"]
    'sc_pupil'
    """
    path = data_dir() / "timeline" / "timeline.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def timeline(
    person: int | str = BOOK_PERSON,
    tables: str | list[str] | None = None,
    root: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """List every row that one synthetic person has, by date.

    Parameters
    ----------
    person : int or str
        The number of a synthetic person (the same life in a data set of any size), or an AE_ID,
        PMR or EDUKEY. Without it, ``BOOK_PERSON`` (119): school, college, university, jobs and
        benefits of the life that the book follows.
    tables : str or list of str, optional
        Only these tables (ids or friendly names).
    root : path, optional
        Folder of a data set; without it the default one, made on first use.

    Returns
    -------
    pandas.DataFrame
        One line a row: ``start``, ``end`` (dates; ``end`` is empty for something that happened on
        one day or is still open), ``table_id``, ``view`` and ``what`` (the row in a few words).
        ``attrs`` holds the keys of the person and what was skipped.

    Raises
    ------
    UnknownName
        If there is no such person or table.

    Examples
    --------
    >>> life = timeline(tables="lookup_pmr")
    Traceback (most recent call last):
    ...
    leo_helpers.errors.LeoError: lookup_pmr has no dates. Choose other tables.
    >>> timeline(tables="school census").columns.tolist()
    ['start', 'end', 'table_id', 'view', 'what']
    """
    import pandas as pd

    catalogue, folder = load_catalogue(), data_root(root)
    wanted = _wanted(tables)
    con = connect(root=folder)
    for macro in _MACROS:
        con.execute(macro)
    keys = person_keys(con, person)
    held, rows, skipped = read_manifest(folder).views, [], []
    for entry in wanted:
        for view in catalogue.tables[entry["table_id"]].views():
            if f"{view.database}.{view.name}" not in held:
                skipped.append(f"{view.name}: not in this data set.")
                continue
            names = {i.variable.base.lower(): i for i in catalogue.view_columns(view) if i.n == 1}
            query = _query(entry, view, names)
            if query is None:
                skipped.append(f"{view.name}: a column with the date or the key is not there.")
                continue
            kind = "pmr" if "matchingref" in entry["key"] else entry["key"]
            for start, end, *values in con.execute(query, [keys[kind]]).fetchall():
                what = _words(entry["details"], names, values)
                rows.append((start, end, entry["table_id"], view.name, what))
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    frame = frame.sort_values(["start", "table_id", "what"], ignore_index=True)
    frame.attrs = {"notice": NOTICE, "keys": keys, "skipped": skipped}
    return frame


def _wanted(tables: str | list[str] | None) -> list[dict[str, str]]:
    if tables is None:
        return list(entries())
    asked = [tables] if isinstance(tables, str) else tables
    ids = {load_catalogue().resolve_table(name).table_id for name in asked}
    lacking = sorted(ids - {entry["table_id"] for entry in entries()})
    if lacking:
        raise LeoError(f"{', '.join(lacking)} has no dates.", "Choose other tables.")
    return [entry for entry in entries() if entry["table_id"] in ids]


def _query(entry: dict[str, str], view: View, names: dict[str, Any]) -> str | None:
    """SQL for one view, or None where the key or the date is missing from it."""
    constants = {"year": str(view.year)} if view.year else {}
    lacking = []

    def column(match: re.Match[str]) -> str:
        name = match[1]
        if name in constants:
            return constants[name]
        if name not in names:
            lacking.append(name)
            return "null"
        return f'"{names[name].column}"'

    start = _NAME.sub(column, entry["start"])
    if lacking or entry["key"] not in names:
        return None
    end = _NAME.sub(column, entry["end"]) or "null"
    details = [_NAME.sub(column, "{" + name + "}") for name in _NAME.findall(entry["details"])]
    key = names[entry["key"]].column
    return (
        f"select try_cast({start} as date), try_cast({end} as date)"
        + "".join(f", {item}" for item in details)
        + f' from {view.database}."{DEFAULT_PROJECT}"."{view.name}"'
        + f' where list_contains(?, "{key}")'
    )


def _words(details: str, names: dict[str, Any], values: list[Any]) -> str:
    """The row in a few words: codes by their labels, parts without a value left out."""
    shown = dict(zip(_NAME.findall(details), values, strict=True))
    parts = []
    for part in details.split("; "):
        inside = _NAME.findall(part)
        if all(shown[name] not in (None, "") for name in inside):
            parts.append(_NAME.sub(lambda m: _label(names[m[1]].variable, shown[m[1]]), part))
    return "; ".join(parts)


@cache
def _labels(codelist: str) -> dict[str, str]:
    return {code.code: code.label for code in load_catalogue().codes(codelist)}


def _label(variable: Any, value: Any) -> str:
    text = f"{value:,}" if isinstance(value, int) and variable.type == "integer" else str(value)
    return _labels(variable.codelist).get(text, text) if variable.codelist else text
