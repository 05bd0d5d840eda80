"""Every column name that documents of LEO give, and how the project treats it."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import msgspec

from .catalogue import Catalogue, load_catalogue
from .catalogue_model import Variable
from .crosswalk import Crosswalk, load_crosswalk
from .csv_rows import read_rows
from .errors import CrosswalkError, UnknownName
from .paths import data_dir
from .years import parse_ranges, parse_terms

__all__ = ["DocumentedName", "Treatment", "documented_names", "treatment"]

_TERMS = ("", "spr", "aut", "sum")


class DocumentedName(msgspec.Struct, frozen=True):
    """A name that a document gives a column (``data/crosswalk/documented_names.csv``).

    Attributes
    ----------
    document : str
        ``R`` and a number for a row of the list of renames; ``C`` for the columns that a
        published script reads from the census views.
    table_id, name : str
        The table, and the name with ``{term}`` and ``{yy}`` for term and year;
        ``*`` at the end stands for a family of names.
    kind : str
        Why it is listed, such as a note of the request form, or ``census_lacks``: the script
        puts NULL there.
    years : tuple of int
        END years, if the document says any.
    terms : str
        Census terms.
    """

    document: str
    table_id: str
    name: str
    kind: str
    years: tuple[int, ...] = ()
    terms: str = ""


class Treatment(NamedTuple):
    """How a documented name is treated.

    ``how`` is one of ``same variable`` (the catalogue has that column in all the years, under one
    variable), ``old name`` (the catalogue knows it as a former name of a variable), ``not
    collected`` (the script lacks it and so does the form), ``break`` (an entry of the breaks says
    what to do instead) or ``unaccounted``.
    """

    how: str
    variable: str
    rules: tuple[str, ...]
    note: str


@cache
def documented_names() -> tuple[DocumentedName, ...]:
    """Read the names.

    Returns
    -------
    tuple of DocumentedName
        In the order of the file.

    Examples
    --------
    >>> documented_names()[0].table_id
    'sc_pupil'
    """
    path = data_dir() / "crosswalk" / "documented_names.csv"
    readers = {"years": parse_ranges}
    return tuple(row for _, row in read_rows(path, DocumentedName, readers, error=CrosswalkError))


def treatment(item: DocumentedName) -> Treatment:
    """Say how a documented name is treated.

    Parameters
    ----------
    item : DocumentedName
        The name.

    Returns
    -------
    Treatment
        How, by which variable, and which harmonised concepts read that variable.

    Examples
    --------
    >>> treatment(documented_names()[1]).how
    'same variable'
    """
    catalogue, crosswalk = load_catalogue(), load_crosswalk()
    columns = _columns(catalogue, item.table_id)
    wanted = _expected(catalogue, item)
    met = [_matching(columns, names, year) for names, year in wanted]
    found = sorted({v for held in met for v in held}, key=str)
    if wanted and all(met):
        return _by(crosswalk, item, "same variable", found[0])
    if item.kind == "census_lacks" and not any(met):
        return Treatment(
            "not collected", "", (), "the form has no such column in these views either"
        )
    if item.kind == "census_lacks":
        return _by(crosswalk, item, "same variable", found[0])
    for entry in crosswalk.breaks:
        if entry.table_id == item.table_id and f"`{item.name}`" in entry.what:
            return Treatment("break", str(found[0]) if found else "", (), entry.advice)
    try:
        old = catalogue.variable(item.table_id, item.name)
    except UnknownName:
        return Treatment("unaccounted", "", (), "")
    return _by(crosswalk, item, "old name", old)


def _matching(
    columns: dict[tuple[str, int | None], Variable], names: tuple[str, ...], year: int | None
) -> set[Variable]:
    """The variables that have one of some names in a year; a name may end in ``*``."""
    if "*" in names[0]:
        start = names[0].partition("*")[0]
        return {v for (c, y), v in columns.items() if y == year and c.startswith(start)}
    return {columns[name, year] for name in names if (name, year) in columns}


def _by(crosswalk: Crosswalk, item: DocumentedName, how: str, variable: Variable) -> Treatment:
    return Treatment(
        how, str(variable), _readers(crosswalk, item.table_id).get(variable.name, ()), ""
    )


@cache
def _readers(crosswalk: Crosswalk, table_id: str) -> dict[str, tuple[str, ...]]:
    """The concepts that read each variable of a table."""
    out: dict[str, list[str]] = {}
    for (table, concept), sources in crosswalk.sources.items():
        for source in sources if table == table_id else ():
            for name in source.variables:
                held = out.setdefault(name.partition("#")[0], [])
                if concept not in held:
                    held.append(concept)
    return {name: tuple(held) for name, held in out.items()}


@cache
def _columns(catalogue: Catalogue, table_id: str) -> dict[tuple[str, int | None], Variable]:
    """Every column of a table in every END year."""
    out: dict[tuple[str, int | None], Variable] = {}
    for view in catalogue.tables[table_id].views():
        for item in catalogue.view_columns(view):
            for year in view.years or (None,):
                if year is None or item.variable.exists(year, view.term):
                    out[item.column.lower(), year] = item.variable
    return out


def _expected(
    catalogue: Catalogue, item: DocumentedName
) -> list[tuple[tuple[str, ...], int | None]]:
    """The columns that a name stands for: for each year in which the table has a view, any of."""
    table = catalogue.tables[item.table_id]
    terms = _TERMS
    if item.terms and ":" not in item.terms:
        terms = tuple("" if t == "PLASC" else t.lower() for t in item.terms.split(";"))
    by_year = (
        {y: t for t, ys in parse_terms(item.terms).items() for y in ys} if ":" in item.terms else {}
    )
    held = {y for view in table.views() for y in view.years}
    years = [y for y in item.years if y in held and (not by_year or y in by_year)]
    out: list[tuple[tuple[str, ...], int | None]] = []
    for year in years or ([] if item.years else [None]):
        name = item.name if year is None else item.name.replace("{yy}", f"{year % 100:02d}")
        out.append((tuple(dict.fromkeys(name.replace("{term}", t) for t in terms)), year))
    return out
