"""When the variables of the crosswalk exist, and what they are to a rule."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from .catalogue import Catalogue
from .catalogue_model import Table, Variable, View
from .crosswalk_model import Source
from .errors import LeoError, UnknownName
from .selection import OTHER_YEARS

__all__ = [
    "Occasion",
    "collected",
    "column_number",
    "every_occasion",
    "input_kind",
    "occasions",
    "says_year",
    "variable_of",
    "view_occasions",
]

#: An END year (None where a table's rows say no year) and a census term ("" without terms).
Occasion = tuple[int | None, str]


def column_number(name: str) -> tuple[str, int | None]:
    """Split ``Reason_[n]_ex[yy]#2`` into the variable and the number of its column.

    Examples
    --------
    >>> column_number("Reason_[n]#2"), column_number("Gender")
    (('Reason_[n]', 2), ('Gender', None))
    """
    base, mark, number = name.rpartition("#")
    return (base, int(number)) if mark and number.isdigit() else (name, None)


def variable_of(catalogue: Catalogue, table_id: str, name: str) -> Variable:
    """Return the variable of a table, or of a table in the same view, by its exact name.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    table_id : str
        The table.
    name : str
        The name on the request form; ``#2`` after it chooses a numbered column.

    Returns
    -------
    Variable
        The variable.

    Raises
    ------
    UnknownName
        If there is none; the nearest names are given.
    LeoError
        If the variable has several columns and no number says which.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> variable_of(load_catalogue(), "cla", "cla_SEX").type
    'category'
    """
    base, number = column_number(name)
    found = _by_name(catalogue, table_id).get(base)
    if found is None:
        names = [v.name for v in catalogue.variables(table_id)]
        raise UnknownName(
            "variable",
            base,
            names,
            f"in {table_id}",
            "Write it as in data/catalogue/variables.csv.",
        )
    if found.repeats and not (number and 1 <= number <= found.repeats):
        raise LeoError(
            f"{base} has {found.repeats} columns.", f"Say which one: {base}#1 to #{found.repeats}."
        )
    if number and not found.repeats:
        raise LeoError(f"{base} has one column.", "Leave out the number.")
    return found


@cache
def _by_name(catalogue: Catalogue, table_id: str) -> dict[str, Variable]:
    table = catalogue.tables[table_id]
    views = {(v.database, v.name) for v in table.views()}
    beside = [
        other
        for other in catalogue.tables.values()
        if other is not table and views & {(v.database, v.name) for v in other.views()}
    ]
    return {v.name: v for t in (*reversed(beside), table) for v in catalogue.variables(t)}


@cache
def collected(variable: Variable, table: Table) -> frozenset[Occasion]:
    """Return when a variable exists in the views of a table.

    Parameters
    ----------
    variable : Variable
        The variable.
    table : Table
        The table.

    Returns
    -------
    frozenset of (year, term)
        Every END year and census term; ``(None, "")`` for a table whose rows say no year.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> catalogue = load_catalogue()
    >>> lsoa = catalogue.variable("sc_pupil", "LSOA11_[term][yy]")
    >>> (2007, "SPR") in collected(lsoa, catalogue.tables["sc_pupil"])
    False
    """
    return frozenset(
        when
        for when, term in every_occasion(table)
        if when[0] is None or variable.exists(when[0], term)
    )


@cache
def every_occasion(table: Table) -> tuple[tuple[Occasion, str | None], ...]:
    """Return the years and terms of all views of a table, each with the view's own term.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> every_occasion(load_catalogue().tables["leo_benefit"])
    (((None, ''), None),)
    """
    return tuple(
        (when, view.term) for view in table.views() for when in view_occasions(view, table)
    )


def view_occasions(view: View, table: Table) -> tuple[Occasion, ...]:
    """Return the years and the term of a view; ``(None, "")`` when its rows say no year.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> spells = load_catalogue().tables["leo_benefit"]
    >>> view_occasions(spells.views()[0], spells)
    ((None, ''),)
    """
    if says_year(view, table):
        return tuple((year, view.term or "") for year in view.years)
    return ((None, view.term or ""),)


def says_year(view: View, table: Table) -> bool:
    """Tell whether the END year of each row of a view is known."""
    if len(view.years) == 1:
        return True
    return bool(table.year_column) and table.table_id not in OTHER_YEARS


def occasions(source: Source, among: Iterable[Occasion], table: Table) -> set[Occasion]:
    """Return those occasions that the years and terms of a source take in.

    A source that reaches the last year of the request form goes on in the views after it.
    """
    first, last = source.first_year or 0, source.last_year or 9999
    if table.last_year and last >= table.last_year:
        last = 9999
    return {
        (year, term)
        for year, term in among
        if (year is None or first <= year <= last) and (not source.terms or term in source.terms)
    }


def input_kind(variable: Variable) -> str:
    """What a variable is in an expression: text, integer, number or date.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> input_kind(load_catalogue().variable("cla", "cla_SEX"))
    'text'
    """
    if variable.type in ("integer", "number", "date") and not variable.codelist:
        return variable.type
    return "text"
