"""Look things up in the catalogue: what `leo.tables`, `leo.codes` and their kin do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .catalogue import Catalogue, Code, Table, Variable, load_catalogue
from .errors import UnknownName, YearError
from .years import TERMS, academic_year, format_ranges, format_terms, year_list

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["codes", "coverage", "frame", "tables", "variables"]

Years = int | str | Iterable[int | str] | None


def tables() -> pd.DataFrame:
    """List the tables of LEO.

    Returns
    -------
    pandas.DataFrame
        One row a table, by ``table_id``: title, what a row is, years, variables and views.

    Examples
    --------
    >>> tables().loc["sc_pupil", "title"]
    'School Census'
    """
    return frame(table_rows(), index="table_id")


def table_rows() -> list[dict[str, Any]]:
    """Return the rows of `tables` as plain dictionaries.

    Returns
    -------
    list of dict
        One per table.

    Examples
    --------
    >>> table_rows()[0]["table_id"]
    'sc_pupil'
    """
    catalogue = load_catalogue()
    return [
        {
            "table_id": table.table_id,
            "title": table.title,
            "dataset": table.dataset,
            "unit": table.unit,
            "first_year": table.first_year,
            "last_year": table.last_year,
            "year_kind": table.year_kind,
            "variables": len(catalogue.variables(table)),
            "views": len(table.views()),
            "database": table.database,
            "view_status": table.view_status,
        }
        for table in catalogue.tables.values()
    ]


def variables(table: str, years: Years = None) -> pd.DataFrame:
    """List the variables of a table.

    Parameters
    ----------
    table : str
        The table's id or a friendly name.
    years : int, str or iterable, optional
        Only variables that exist in at least one of these years: ``2011``, ``"2010/11"``,
        ``"2006-2010"`` or a list or range of them.

    Returns
    -------
    pandas.DataFrame
        One row a variable, by ``name``.

    Raises
    ------
    UnknownName
        If there is no such table.
    YearError
        If a year cannot be read or lies outside the table.

    Examples
    --------
    >>> "LSOA11_[term][yy]" in variables("school census", years=2007).index
    False
    """
    return frame(variable_rows(table, years), index="name")


def variable_rows(table: str, years: Years = None) -> list[dict[str, Any]]:
    """Return the rows of `variables` as plain dictionaries.

    Parameters
    ----------
    table : str
        As for `variables`.
    years : int, str or iterable, optional
        As for `variables`.

    Returns
    -------
    list of dict
        One per variable.

    Examples
    --------
    >>> variable_rows("cla")[0]["type"]
    'id'
    """
    catalogue = load_catalogue()
    found = catalogue.resolve_table(table)
    wanted = _years_of(found, years)
    return [
        {
            "name": v.name,
            "label": v.label,
            "type": v.type,
            "codelist": v.codelist or None,
            "range": v.range or None,
            "years": format_ranges(v.years),
            "terms": format_terms(v.terms) or None,
            "column": v.column_pattern,
            "request": v.request,
            "sensitivity": v.sensitivity or None,
            "years_status": v.years_status,
        }
        for v in catalogue.variables(found)
        if wanted is None or not v.years or any(v.exists(year) for year in wanted)
    ]


def codes(name: str, year: int | str | None = None) -> pd.DataFrame:
    """List the codes of a variable or of a code list.

    Parameters
    ----------
    name : str
        ``"ks4_pupil.KS4_GENDER"``, or the id of a code list such as ``"sex_mf"``.
    year : int or str, optional
        Only codes that are in use in this year.

    Returns
    -------
    pandas.DataFrame
        One row a code, by ``code``: its label and, where known, its years.

    Raises
    ------
    UnknownName
        If there is no such name, or the variable has no code list.
    YearError
        If the year cannot be read, or the variable does not exist in it.

    Examples
    --------
    >>> codes("sex_mf").index.tolist()[:2]
    ['M', 'F']
    """
    return frame(code_rows(name, year), index="code", columns=_CODE_COLUMNS)


_CODE_COLUMNS = ("code", "label", "first_year", "last_year", "status")


def code_rows(name: str, year: int | str | None = None) -> list[dict[str, Any]]:
    """Return the rows of `codes` as plain dictionaries.

    Parameters
    ----------
    name : str
        As for `codes`.
    year : int or str, optional
        As for `codes`.

    Returns
    -------
    list of dict
        One per code.

    Examples
    --------
    >>> code_rows("sex_mf")[0]["label"]
    'Male'
    """
    catalogue = load_catalogue()
    wanted = None if year is None else academic_year(year)
    if name in catalogue.codelists:
        listed = catalogue.codes(name)
    elif "." in name:
        variable = catalogue.find(name)
        listed = _codes_of(catalogue, variable)
        if wanted is not None and variable.years and wanted not in variable.years:
            held = format_ranges(variable.years)
            raise YearError(f"{variable} does not exist in {wanted}.", f"It has {held}.")
    else:
        from .search import written_out

        raise UnknownName(
            "code list",
            name,
            catalogue.codelists,
            next_step=f"For the codes of a variable write {written_out(name)}.",
        )
    return [
        {column: getattr(code, column) for column in _CODE_COLUMNS}
        for code in listed
        if wanted is None or code.valid_in(wanted)
    ]


def coverage(table: str) -> pd.DataFrame:
    """Show in which years the variables of a table exist.

    Parameters
    ----------
    table : str
        The table's id or a friendly name.

    Returns
    -------
    pandas.DataFrame
        One row a variable and one column a year, true where it exists. The School Census
        has one column a year and term.

    Raises
    ------
    YearError
        If the table has no years, as a lookup.

    Examples
    --------
    >>> bool(coverage("school census").loc["LSOA11_[term][yy]", (2013, "SPR")])
    True
    """
    import pandas as pd

    names, keys, rows = coverage_rows(table)
    if isinstance(keys[0], tuple):
        columns = pd.MultiIndex.from_tuples(keys, names=["year", "term"])
    else:
        columns = pd.Index(keys, name="year")
    index = pd.Index(names, name="name")
    return pd.DataFrame(rows, index=index, columns=columns, dtype="bool[pyarrow]")


def coverage_rows(table: str) -> tuple[list[str], list[Any], list[list[bool]]]:
    """Return names, years (or years and terms) and truths of `coverage`.

    Parameters
    ----------
    table : str
        As for `coverage`.

    Returns
    -------
    tuple of lists
        The variables, the years, and for each variable a truth per year.

    Examples
    --------
    >>> coverage_rows("cla")[1][:2]
    [2006, 2007]
    """
    catalogue = load_catalogue()
    found = catalogue.resolve_table(table)
    if found.first_year is None or found.last_year is None:
        raise YearError(f"{found.table_id} is a lookup and has no years.")
    listed = catalogue.variables(found)
    keys: list[Any] = list(range(found.first_year, found.last_year + 1))
    if found.view_kind == "per_year_term":
        held = {(y, t) for v in listed for t, years in v.terms.items() for y in years}
        keys = sorted(held, key=lambda key: (key[0], TERMS.index(key[1])))
        rows = [[v.exists(*key) for key in keys] for v in listed]
    else:
        rows = [[year in v.years for year in keys] for v in listed]
    return [v.name for v in listed], keys, rows


def _codes_of(catalogue: Catalogue, variable: Variable) -> tuple[Code, ...]:
    if not variable.codelist:
        what = f"its values go from {variable.range}" if variable.range else variable.type
        raise UnknownName(
            "code list", str(variable), where=f"({what})", next_step="It has no codes."
        )
    return catalogue.codes(variable.codelist)


def _years_of(table: Table, years: Years) -> list[int] | None:
    if years is None:
        return None
    wanted = list(year_list(years))
    held = {year for view in table.views() for year in view.years}
    if held and not held & set(wanted):
        raise YearError(
            f"{table.table_id} has no data for {format_ranges(wanted) or 'no year'}.",
            f"It has {format_ranges(held)}.",
        )
    return wanted


def frame(
    rows: list[dict[str, Any]], index: str | None = None, columns: Sequence[str] = ()
) -> pd.DataFrame:
    """Turn plain rows into a data frame with pyarrow types.

    Parameters
    ----------
    rows : list of dict
        The rows.
    index : str, optional
        The column that names the rows.
    columns : sequence of str, optional
        The columns to have even when there are no rows.

    Returns
    -------
    pandas.DataFrame
        The same rows.

    Examples
    --------
    >>> str(frame([{"a": 1}])["a"].dtype)
    'int64[pyarrow]'
    """
    import pandas as pd
    import pyarrow as pa

    names = list(rows[0]) if rows else list(columns)
    table = pa.table({name: [row[name] for row in rows] for name in names})
    for place, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            kind = pa.int64() if field.name.endswith("_year") else pa.string()
            table = table.set_column(place, field.name, table.column(place).cast(kind))
    data = table.to_pandas(types_mapper=pd.ArrowDtype)
    return data.set_index(index) if index and len(data.columns) else data
