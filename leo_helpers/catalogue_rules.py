"""The rules that hold between the three catalogue files, checked every time they are read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .catalogue_model import Code, Table, Variable
from .catalogue_parse import name_entries, range_bounds, view_entries
from .errors import CatalogueError, LeoError

__all__ = ["check_rules"]

Lines = dict[tuple, int]
_PLACEHOLDER = re.compile(r"[{\[][^}\]]*[}\]]")
_ALLOWED = {"{term}", "{yy}", "{n}"}


def check_rules(
    tables: dict[str, Table],
    variables: dict[str, tuple[Variable, ...]],
    codes: dict[str, tuple[Code, ...]],
    lines: Lines,
) -> None:
    """Raise the first rule that the catalogue breaks.

    Parameters
    ----------
    tables : dict of str to Table
        The tables by id.
    variables : dict of str to tuple of Variable
        The variables of each table.
    codes : dict of str to tuple of Code
        The codes of each code list.
    lines : dict
        Where each row stands: ``("tables", id)``, ``("variables", table, name)`` or
        ``("codes", list, code)`` to the line in the file.

    Raises
    ------
    CatalogueError
        Names the file, the line and the column.

    Examples
    --------
    >>> check_rules({}, {}, {}, {})
    """
    for table in tables.values():
        _table(table, lines)
    _aliases(tables, lines)
    for table_id, rows in variables.items():
        for variable in rows:
            _variable(variable, tables.get(table_id), codes, lines)
        _same_labels(rows, lines)
    for table in tables.values():
        if not variables.get(table.table_id):
            raise _at(lines, table, "table_id", f"{table.table_id} has no variables.")
        _same_columns(table, variables[table.table_id], lines)
    used = {variable.codelist for rows in variables.values() for variable in rows}
    for name, rows in codes.items():
        _codes(rows, name in used, lines)


def _at(lines: Lines, item: Table | Variable | Code, column: str, message: str) -> CatalogueError:
    if isinstance(item, Table):
        file, key = "tables.csv", ("tables", item.table_id)
    elif isinstance(item, Variable):
        file, key = "variables.csv", ("variables", item.table_id, item.name)
    else:
        file, key = "codes.csv", ("codes", item.codelist, item.code)
    return CatalogueError(message, file, lines.get(key), column)


def _read(lines: Lines, item: Any, column: str, reader: Callable, text: str) -> Any:
    try:
        return reader(text)
    except LeoError as error:
        raise _at(lines, item, column, str(error)) from error


def _table(table: Table, lines: Lines) -> None:
    first, last = table.first_year, table.last_year
    if (first is None) != (last is None) or (first or 0) > (last or 0):
        raise _at(lines, table, "first_year", f"The years {first} to {last} are no range.")
    if not _read(lines, table, "view_pattern", view_entries, table.view_pattern):
        raise _at(lines, table, "view_pattern", f"{table.table_id} has no view.")
    views = table.views()
    names = [view.name.casefold() for view in views]
    for name in names:
        if names.count(name) > 1:
            raise _at(lines, table, "view_pattern", f"The view {name} comes out twice.")
    if _PLACEHOLDER.search("".join(names)):
        raise _at(lines, table, "view_pattern", "Only {year} may stand in a view's name.")
    if table.view_kind == "per_year_term" and any(view.term is None for view in views):
        raise _at(lines, table, "view_pattern", "A census view's name must begin with its term.")


def _aliases(tables: dict[str, Table], lines: Lines) -> None:
    owner: dict[str, str] = {}
    for table in tables.values():
        for alias in {table.table_id, *(a.casefold() for a in table.aliases)}:
            other = owner.setdefault(alias.replace("_", " "), table.table_id)
            if other != table.table_id:
                raise _at(lines, table, "aliases", f"{alias!r} already stands for {other}.")


def _variable(
    variable: Variable, table: Table | None, codes: dict[str, tuple[Code, ...]], lines: Lines
) -> None:
    if table is None:
        raise _at(lines, variable, "table_id", f"There is no table {variable.table_id!r}.")
    if variable.codelist and variable.codelist not in codes:
        raise _at(lines, variable, "codelist", f"There is no code list {variable.codelist!r}.")
    if variable.range:
        _read(lines, variable, "range", range_bounds, variable.range)
    _variable_years(variable, table, lines)
    for column, pattern in _patterns(variable, lines):
        marks = set(_PLACEHOLDER.findall(pattern))
        # Square brackets may be part of a real name; braces may not.
        wrong = [mark for mark in marks if mark not in _ALLOWED and mark[0] == "{"]
        if not pattern or wrong or ("[term]" in marks or "[yy]" in marks or "[n]" in marks):
            raise _at(lines, variable, column, f"{pattern!r} may hold {{term}}, {{yy}} and {{n}}.")
        if ("{n}" in marks) != (variable.repeats > 0):
            raise _at(lines, variable, "repeats", f"{pattern!r} and repeats do not agree.")


def _variable_years(variable: Variable, table: Table, lines: Lines) -> None:
    years = variable.years
    if not years:
        if table.first_year is not None:
            raise _at(lines, variable, "years", f"{variable.name} has no years.")
        return
    if table.first_year is None or table.last_year is None:
        raise _at(lines, variable, "years", f"{table.table_id} has no years of its own.")
    if years[0] < table.first_year or years[-1] > table.last_year:
        raise _at(
            lines,
            variable,
            "years",
            f"{years[0]} to {years[-1]} is outside {table.table_id}, which has "
            f"{table.first_year} to {table.last_year}.",
        )
    if variable.terms and {y for ys in variable.terms.values() for y in ys} != set(years):
        raise _at(lines, variable, "terms", "The years of the terms together are not its years.")


def _patterns(variable: Variable, lines: Lines) -> Iterator[tuple[str, str]]:
    yield "column_pattern", variable.column_pattern
    text = variable.columns_by_year
    for pattern, _, years in _read(lines, variable, "columns_by_year", name_entries, text):
        yield "columns_by_year", pattern
        if not set(years) <= set(variable.years):
            raise _at(
                lines,
                variable,
                "columns_by_year",
                f"{pattern!r} has years in which {variable.name} does not exist.",
            )


def _same_labels(rows: Sequence[Variable], lines: Lines) -> None:
    seen: dict[str, str] = {}
    for variable in rows:
        other = seen.setdefault(variable.label.casefold(), variable.name)
        if variable.label and other != variable.name:
            raise _at(lines, variable, "label", f"{other} has the same label.")


def _same_columns(table: Table, rows: Sequence[Variable], lines: Lines) -> None:
    seen: dict[tuple, str] = defaultdict(str)
    for view in table.views():
        for variable in rows:
            if view.year is None:
                columns = variable.every_column(view.years)
            else:
                columns = variable.columns(view.year, view.term)
            for column in columns:
                key = (view.name, column.casefold())
                if seen[key]:
                    raise _at(
                        lines,
                        variable,
                        "column_pattern",
                        f"{seen[key]} has the same column {column} in {view.name}.",
                    )
                seen[key] = variable.name


def _codes(rows: Sequence[Code], used: bool, lines: Lines) -> None:
    if not used:
        raise _at(lines, rows[0], "codelist", f"No variable uses {rows[0].codelist!r}.")
    last_order = None
    for code in rows:
        if (code.first_year or 0) > (code.last_year or 9999):
            raise _at(lines, code, "first_year", f"{code.code!r} ends before it begins.")
        if last_order is not None and code.order <= last_order:
            raise _at(lines, code, "order", f"{code.code!r} is out of order.")
        last_order = code.order
