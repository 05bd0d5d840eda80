"""The variables that scripts touch, as the request form wants them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..catalogue import load_catalogue
from ..catalogue_model import Variable, View, ViewColumn
from ..errors import LeoError
from ..years import format_ranges
from .result import script_text
from .touched import columns, read_script, unread

__all__ = ["Touched", "VariableList", "tsql_variables", "write_variables"]


@dataclass(frozen=True)
class Touched:
    """One variable of the request form that scripts read.

    Attributes
    ----------
    table_id, sheet, variable : str
        The table, the sheet of the request form, the name on it.
    columns : str
        The columns as the scripts meet them.
    years, terms : str
        END years of the views that were read in which the variable exists, and census terms.
        Of a pooled view these are all its years: a WHERE is not looked at.
    request : str
        ``default``, ``by_request`` or ``included``.
    sensitivity : str
        The class on the form; empty where the form has none.
    how : str
        ``named``, or ``star`` where only a ``SELECT *`` reads it.
    """

    table_id: str
    sheet: str
    variable: str
    columns: str
    years: str
    terms: str
    request: str
    sensitivity: str
    how: str


@dataclass(frozen=True)
class VariableList:
    """The variables, and what could not be looked into (script, line and why)."""

    rows: tuple[Touched, ...]
    unread: tuple[str, ...]


def tsql_variables(scripts: Iterable[str | os.PathLike[str]]) -> VariableList:
    """List the tables, variables and years that scripts touch, in the request form's order.

    Parameters
    ----------
    scripts : iterable of str or path
        T-SQL texts or ``.sql`` files.

    Returns
    -------
    VariableList
        ``rows``, one a variable, and ``unread``: what the list may lack.

    Raises
    ------
    LeoError
        If a file cannot be read or cut into statements.

    Examples
    --------
    >>> query = "select gender_spr11, gender_aut10 from npd_i2..spring_census_2011"
    >>> found = tsql_variables([query])
    >>> [(row.variable, row.years, row.terms) for row in found.rows]
    [('Gender_[term][yy]', '2011', 'SPR')]
    >>> found.unread
    ('script 1, line 1: gender_aut10 is in none of the views of its query',)
    """
    met: dict[Variable, dict[str, set]] = {}
    skipped: list[str] = []
    for number, given in enumerate(scripts, 1):
        text = script_text(given)
        label = f"script {number}" if text is given else Path(given).name
        for read in read_script(text):
            where = f"{label}, line {read.statement.line}"
            if unread(read.statement):
                problem = read.statement.problem
                why = problem.message if problem else "its text is not looked into"
                skipped.append(f"{where}: {read.statement.word} - {why}")
            for source, database in read.unknown:
                skipped.append(f"{where}: {database} has no view {source.parts[-1]}")
            for column, _ in read.lacking:
                skipped.append(f"{where}: {column.name} is in none of the views of its query")
            for _, view, item in read.used:
                _note(met, view, item, "named")
            for _, view in read.stars:
                for item in columns(view).values():
                    _note(met, view, item, "star")
    catalogue = load_catalogue()
    rows = [
        _row(variable, met[variable])
        for table in catalogue.tables
        for variable in catalogue.variables(table)
        if variable in met
    ]
    return VariableList(tuple(rows), tuple(skipped))


def _note(met: dict[Variable, dict[str, set]], view: View, item: ViewColumn, how: str) -> None:
    held = met.setdefault(
        item.variable, {"columns": set(), "years": set(), "terms": set(), "how": set()}
    )
    years = view.years if view.year is None else (view.year,)
    formed = item.variable.years
    held["columns"].add(item.column)
    held["years"] |= {y for y in years if view.year or not formed or y in formed}
    held["terms"] |= {view.term} if view.term else set()
    held["how"].add(how)


def _row(variable: Variable, held: dict[str, set]) -> Touched:
    return Touched(
        variable.table_id,
        load_catalogue().tables[variable.table_id].request_sheet,
        variable.name,
        ", ".join(sorted(held["columns"])),
        format_ranges(sorted(held["years"])) if held["years"] else "",
        ", ".join(t for t in ("PLASC", "AUT", "SPR", "SUM") if t in held["terms"]),
        variable.request,
        variable.sensitivity,
        "named" if "named" in held["how"] else "star",
    )


def write_variables(rows: Iterable[Touched], path: str | os.PathLike[str]) -> Path:
    """Write a list of variables as CSV, which ``approved=`` and ``--approved`` read.

    Parameters
    ----------
    rows : iterable of Touched
        The variables.
    path : path
        The file to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    LeoError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "request.csv"
    >>> write_variables([], out).read_text().split(",")[:3]
    ['table_id', 'sheet', 'variable']
    """
    path = Path(path).expanduser()
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(Touched.__dataclass_fields__))
            writer.writeheader()
            writer.writerows(asdict(row) for row in rows)
    except OSError as error:
        raise LeoError(
            f"The file {path} cannot be written ({error.strerror}).", "Choose another with --out."
        ) from None
    return path
