"""Which views and columns a request for data means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .catalogue import Catalogue, load_catalogue
from .catalogue_model import Table, Variable, View
from .errors import DataSetError, UnknownName, YearError
from .store import Manifest
from .years import census_term, format_ranges, year_list

__all__ = [
    "OTHER_YEARS",
    "Slice",
    "in_order",
    "is_approved",
    "select",
    "views_for",
    "written",
    "year_filter",
]


@dataclass(frozen=True)
class Slice:
    """One view of a selection, and the columns wanted from it under their result names."""

    view: View
    columns: dict[str, str]  # physical name -> result name
    variables: dict[str, Variable]  # result name -> variable
    year_column: str = ""  # of a pooled view, when only some of its years are wanted
    year_values: tuple[str, ...] = ()  # how that column writes the wanted years


def select(
    table: str,
    manifest: Manifest,
    years: object = None,
    terms: str | Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
) -> tuple[Table, list[Slice], list[str]]:
    """Work out the views and columns of a request.

    One view keeps its own column names; several views are put on the names without year and term.
    The third result says what was skipped: views that were not collected or not generated, and
    columns that some of the views lack.

    Raises
    ------
    UnknownName
        For a table or column that does not exist anywhere (nearest names are given).
    YearError
        For years or terms that the table does not have, or in which a column does not exist.
    DataSetError
        For views that were left out when the data set was generated.
    """
    catalogue = load_catalogue()
    found = catalogue.resolve_table(table)
    views = views_for(found, years, terms)
    held = [v for v in views if f"{v.database}.{v.name}" in manifest.views]
    if not held:
        raise DataSetError(
            f"The data set holds no view of {found.table_id} for this request "
            f"(looked for {', '.join(v.name for v in views[:3])}).",
            "It was generated with --tables or --years; generate those as well."
            if manifest.approved is None
            else "It is an extract; put variables of that table on your list of approved ones.",
        )
    wanted = None if columns is None else [columns] if isinstance(columns, str) else list(columns)
    column, values = year_filter(found, years)
    approved = None if manifest.approved is None else frozenset(manifest.approved)
    slices = _slices(catalogue, found, held, wanted, column, values, approved)
    skipped = _skipped(found, years, terms, views, slices, wanted)
    return found, slices, skipped + _not_approved(catalogue, found, held, wanted, approved)


def _skipped(
    table: Table,
    years: object,
    terms: str | Iterable[str] | None,
    views: list[View],
    slices: list[Slice],
    wanted: list[str] | None,
) -> list[str]:
    """One sentence for everything that was asked for and is not in the result."""
    out = []
    if years is not None and terms is not None:
        asked = [terms] if isinstance(terms, str) else terms
        found = {(v.year, v.term) for v in views}
        out += [
            f"{table.table_id}: no {t} census in {y}."
            for y in year_list(years)
            for t in map(census_term, asked)
            if (y, t) not in found
        ]
    taken = {part.view for part in slices}
    out += [f"{v.name}: not in this data set." for v in views if v not in taken]
    for part in slices:
        names = {n.lower() for n in (*part.columns, *part.columns.values())}
        names |= {n.lower() for v in part.variables.values() for n in (v.name, v.base)}
        lacking = [n for n in wanted or () if n.lower() not in names]
        if lacking:
            out.append(f"{part.view.name}: no column {', '.join(lacking)}.")
    return out


def views_for(table: Table, years: object, terms: str | Iterable[str] | None) -> list[View]:
    """Return the views of a table that hold some years and terms.

    Raises
    ------
    YearError
        For years or terms that the table does not have.
    """
    views = list(table.views())
    known = sorted({y for v in views for y in v.years})
    if years is not None:
        wanted = set(year_list(years))
        if not known:
            raise YearError(f"{table.table_id} has no years.", "Leave years out.")
        lacking = sorted(wanted - set(known))
        if lacking:
            raise YearError(
                f"{table.table_id} has no data for {format_ranges(lacking)}.",
                f"It has END years {format_ranges(known)}.",
            )
        views = [v for v in views if wanted & set(v.years)]
    if terms is not None:
        asked = {census_term(t) for t in ([terms] if isinstance(terms, str) else terms)}
        if not any(v.term for v in views):
            raise YearError(f"{table.table_id} has no census terms.", "Leave terms out.")
        kept = [v for v in views if v.term in asked]
        if not kept:
            have = ", ".join(f"{v.year} {v.term}" for v in views)
            raise YearError(
                f"{table.table_id} has no {'/'.join(sorted(asked))} census there.",
                f"For these years there is: {have}.",
            )
        views = kept
    return views


#: Year columns that say something else than the year of the row.
OTHER_YEARS = {
    "leo_idbr": "sourceyear is the year of the register extract (2019 or 2020); filter on that",
    "ypmad_snapshot": "it is one picture of 2021; filter on ypmad_base_year for a cohort",
}


def year_filter(table: Table, years: object) -> tuple[str, tuple[str, ...]]:
    """Give the year column of a pooled table, and how it writes the wanted END years."""
    if years is None or table.view_kind in ("per_year", "per_year_term"):
        return "", ()
    if table.table_id in OTHER_YEARS:
        raise YearError(
            f"{table.table_id} cannot be chosen by year:", OTHER_YEARS[table.table_id] + "."
        )
    if not table.year_column:
        raise YearError(
            f"{table.table_id} has no year column.",
            "Leave years out and filter on its dates, or join to a table that has one.",
        )
    return table.year_column, tuple(written(table, y) for y in year_list(years))


def written(table: Table, year: int) -> str:
    """An END year as the year column of a pooled table writes it, as text.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> tables = load_catalogue().tables
    >>> written(tables["leo_earnings"], 2011), written(tables["lilr_aims"], 2011)
    ('201011', '2010')
    """
    if table.year_kind == "tax":
        return f"{year - 1}{year % 100:02d}"
    if table.dataset == "lilr":
        return str(year - 1)
    return str(year) if table.year_kind in ("care", "cycle") else f"{year - 1}/{year}"


def _slices(
    catalogue: Catalogue,
    table: Table,
    views: list[View],
    wanted: list[str] | None,
    column: str,
    values: tuple[str, ...],
    approved: frozenset[str] | None,
) -> list[Slice]:
    single = len(views) == 1
    out, met = [], set()
    for view in views:
        columns, variables = {}, {}
        items = [
            i
            for i in catalogue.view_columns(view)
            if i.variable.table_id == table.table_id
            or _shared_key(i.variable.name)
            # a view that several tables share has each column once, as one of them names it
            or any(v.table_id == table.table_id for v in catalogue.same_column(i.variable))
            if is_approved(i.variable, approved)
        ]
        index: dict[str, list] = {}
        for item in items:
            names = {item.column.lower(), item.variable.name.lower(), item.variable.base.lower()}
            for name in names:
                index.setdefault(name, []).append(item)
        for name in wanted if wanted is not None else [i.column for i in items]:
            for item in index.get(name.lower(), ()):
                met.add(name.lower())
                number = f"_{item.n}" if item.variable.repeats else ""
                result = item.column if single else item.variable.base.lower() + number
                columns[item.column], variables[result] = result, item.variable
        out.append(Slice(view, columns, variables, column, values))
    for name in wanted or ():
        if name.lower() not in met:
            raise _no_column(catalogue, table, name, views, approved)
    return out


def is_approved(variable: Variable, approved: frozenset[str] | None) -> bool:
    """Tell whether a variable may be used; what always comes along needs no approval.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> gender = load_catalogue().find("sc_pupil.gender")
    >>> is_approved(gender, None), is_approved(gender, frozenset())
    (True, False)
    """
    return approved is None or variable.request == "included" or str(variable) in approved


def _not_approved(
    catalogue: Catalogue,
    table: Table,
    views: list[View],
    wanted: list[str] | None,
    approved: frozenset[str] | None,
) -> list[str]:
    """One sentence for the variables that an extract was made without."""
    if approved is None or wanted is not None:
        return []
    left = {
        str(i.variable)
        for view in views
        for i in catalogue.view_columns(view)
        if i.variable.table_id == table.table_id and not is_approved(i.variable, approved)
    }
    if not left:
        return []
    words = "1 variable is" if len(left) == 1 else f"{len(left)} variables are"
    return [f"{table.table_id}: {words} not in your extract."]


def in_order(names: Iterable[str], slices: list[Slice], wanted: Iterable[str] | str) -> list[str]:
    """Names of a result over several views in the order asked for; year and term come first."""
    asked = [name.lower() for name in ([wanted] if isinstance(wanted, str) else wanted)]
    place: dict[str, int] = {}
    for part in slices:
        for column, result in part.columns.items():
            variable = part.variables[result]
            known = {column.lower(), variable.name.lower(), variable.base.lower()}
            first = next(n for n, name in enumerate(asked) if name in known)
            place[result] = min(first, place.get(result, first))
    return sorted(names, key=lambda name: place.get(name, -1))


def _shared_key(name: str) -> bool:
    """Keys that all blocks of the shared view of children in need lean on."""
    return name in ("CIN_PupilMatchingRefAnonymous", "CIN_ACADYR")


def _no_column(
    catalogue: Catalogue,
    table: Table,
    name: str,
    views: list[View],
    approved: frozenset[str] | None,
) -> Exception:
    try:
        variable = catalogue.variable(table, name)
    except UnknownName as error:
        return error
    if not is_approved(variable, approved):
        return DataSetError(
            f"{variable} is not in your extract.",
            "Put it on your list of approved variables and make the extract again.",
        )
    looked = ", ".join(v.name for v in views[:3]) + (" ..." if len(views) > 3 else "")
    there = [c.column for v in views for c in catalogue.view_columns(v) if c.variable == variable]
    if there:
        return YearError(
            f"{name} is no column of {looked}.",
            f"{table.table_id}.{variable.name} is {there[0]} there.",
        )
    where = format_ranges(variable.years) if variable.years else "no year that is known"
    terms = ""
    if variable.terms:
        terms = " (" + "; ".join(f"{t} {format_ranges(y)}" for t, y in variable.terms.items()) + ")"
    return YearError(
        f"{table.table_id}.{variable.name} does not exist in {looked}.",
        f"It exists in END years {where}{terms}.",
    )
