"""What the catalogue is made of: tables, their views, variables, columns and codes."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from .catalogue_parse import name_entries, range_bounds, view_entries
from .errors import YearError
from .years import census_term

__all__ = ["Code", "Table", "Variable", "View", "ViewColumn"]

Status = Literal["seen", "implied", "assumed"]
_TERM_OF_VIEW = {"plasc": "PLASC", "autumn": "AUT", "spring": "SPR", "summer": "SUM"}


class View(msgspec.Struct, frozen=True):
    """One view of the secure service.

    Attributes
    ----------
    database : str
        The database it is in, such as ``npd_i2``.
    name : str
        Its name, such as ``spring_census_2011``.
    table_id : str
        The table that it belongs to.
    year : int or None
        The end year of a yearly view; None for a pooled view or a lookup.
    term : str or None
        ``PLASC``, ``AUT``, ``SPR`` or ``SUM`` for a census.
    years : tuple of int
        Every end year that it holds; empty for a lookup.
    status : {"seen", "implied", "assumed"}
        Whether the name was met in public code.
    """

    database: str
    name: str
    table_id: str
    year: int | None
    term: str | None
    years: tuple[int, ...]
    status: Status


class Code(msgspec.Struct, frozen=True):
    """One code of a code list and what it means."""

    codelist: str
    code: str
    label: str
    first_year: int | None = None
    last_year: int | None = None
    order: int = 0
    status: str = "form"

    def valid_in(self, year: int) -> bool:
        """Tell whether the code is in use in a year.

        Parameters
        ----------
        year : int
            The end year.

        Returns
        -------
        bool
            True when no limit is known.

        Examples
        --------
        >>> Code("sen", "A", "School Action", last_year=2015).valid_in(2016)
        False
        """
        return (self.first_year or year) <= year <= (self.last_year or year)


class Table(msgspec.Struct, frozen=True):
    """One table of LEO; its fields are the columns of ``data/catalogue/tables.csv``."""

    table_id: str
    title: str
    dataset: Literal["npd", "lilr", "hesa", "ucas", "leo"]
    unit: str
    year_kind: Literal["academic", "tax", "cycle", "care", "none"]
    view_kind: Literal["per_year_term", "per_year", "pooled", "lookup"]
    database: str
    view_pattern: str
    view_status: Status
    aliases: tuple[str, ...] = ()
    sub_table: str = ""
    first_year: int | None = None
    last_year: int | None = None
    key_columns: tuple[str, ...] = ()
    year_column: str = ""
    request_sheet: str = ""
    chapter: str = ""
    notes: str = ""

    def __str__(self) -> str:
        return self.table_id

    def views(self, year: int | None = None, term: str | None = None) -> tuple[View, ...]:
        """Return the views of the table.

        Parameters
        ----------
        year : int, optional
            Only those that hold this end year. Lookups hold every year.
        term : str, optional
            Only those of this census term.

        Returns
        -------
        tuple of View
            In the catalogue's order; a pooled view has no year of its own.

        Examples
        --------
        >>> from leo_helpers.catalogue import load_catalogue
        >>> [view.name for view in load_catalogue().tables["sc_pupil"].views(2004)]
        ['plasc_2004']
        """
        wanted = census_term(term) if term else None
        return tuple(
            view
            for pattern, years, status in view_entries(self.view_pattern)
            for view in self._expand(pattern, years, status)
            if (year is None or not view.years or year in view.years)
            and (wanted is None or view.term == wanted)
        )

    def _expand(self, pattern: str, years: tuple[int, ...], status: str) -> list[View]:
        term = None
        if self.view_kind == "per_year_term":
            term = _TERM_OF_VIEW.get(pattern.split("_")[0])
        if "{year}" not in pattern:
            return [View(self.database, pattern, self.table_id, None, term, years, status)]
        return [
            View(
                self.database,
                pattern.replace("{year}", str(year)),
                self.table_id,
                year,
                term,
                (year,),
                status,
            )
            for year in years
        ]


class Variable(msgspec.Struct, frozen=True):
    """One variable of a table; its fields are the columns of ``variables.csv``.

    ``years`` and ``terms`` are what the request form says. Some yearly views exist for years
    after the form ends: there `columns` assumes what the table's last year had.
    """

    table_id: str
    name: str
    type: Literal["category", "flag", "integer", "number", "date", "text", "id"]
    column_pattern: str
    years: tuple[int, ...] = ()
    label: str = ""
    codelist: str = ""
    range: str = ""
    terms: dict[str, tuple[int, ...]] = {}
    years_status: str = ""
    columns_by_year: str = ""
    view_status: Status = "implied"
    old_names: tuple[str, ...] = ()
    repeats: int = 0
    request: Literal["default", "by_request", "included"] = "default"
    sensitivity: str = ""
    identifiability: str = ""
    missing_as: str = "null"
    hidden: bool = False
    notes: str = ""
    table_last_year: int | None = None

    def __hash__(self) -> int:
        return hash((self.table_id, self.name))

    def __str__(self) -> str:
        return f"{self.table_id}.{self.name}"

    @property
    def base(self) -> str:
        """The physical name without year and term: ``gender`` for ``gender_{term}{yy}``."""
        name = self.column_pattern.replace("{term}", "").replace("{yy}", "").replace("{n}", "")
        return re.sub(r"_+", "_", name).strip("_")

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The smallest and the largest value, if the catalogue has a range."""
        return range_bounds(self.range) if self.range else None

    def exists(self, year: int | None = None, term: str | None = None) -> bool:
        """Tell whether the variable exists in a year and term.

        Parameters
        ----------
        year : int, optional
            The end year; without it any year counts. After the table's last year the
            answer is that of the last year (an assumption).
        term : str, optional
            The census term; without it any term counts.

        Returns
        -------
        bool
            False outside its years. A variable with no years at all, as in a lookup,
            always exists.

        Examples
        --------
        >>> from leo_helpers.catalogue import load_catalogue
        >>> lsoa = load_catalogue().variable("sc_pupil", "LSOA11_[term][yy]")
        >>> lsoa.exists(2019, "spring"), lsoa.exists(2007, "spring")
        (True, False)
        """
        years = self.years
        if self.terms and term:
            years = self.terms.get(census_term(term), ())
        if year is None or not self.years:
            return bool(years) or not self.years
        return self._form_year(year) in years

    def columns(self, year: int | None = None, term: str | None = None) -> tuple[str, ...]:
        """Return the names of its columns in the view of a year and term.

        Parameters
        ----------
        year : int, optional
            The end year. May be left out when the name does not change with the year.
        term : str, optional
            The census term; without it the columns of every term of the year.

        Returns
        -------
        tuple of str
            One name, several for numbered columns, none where it does not exist.

        Raises
        ------
        YearError
            If the name needs a year and none is given.

        Examples
        --------
        >>> from leo_helpers.catalogue import load_catalogue
        >>> gender = load_catalogue().variable("sc_pupil", "Gender_[term][yy]")
        >>> gender.columns(2011, "spring"), gender.columns(2004)
        (('gender_spr11',), ('gender_04',))
        """
        if not self.exists(year, term):
            return ()
        if year is None and "{yy}" in self.column_pattern:
            raise YearError(
                f"The column of {self} has another name every year.",
                "Give a year (and a term for a census).",
            )
        if term is None and self.terms and year is not None:
            held = [name for name, years in self.terms.items() if self._form_year(year) in years]
            return tuple(
                dict.fromkeys(column for name in held for column in self.columns(year, name))
            )
        name = self._pattern(year, term)
        mark = census_term(term).lower() if term else ""
        name = name.replace("{term}", "" if mark == "plasc" else mark)
        if year is not None:
            name = name.replace("{yy}", f"{year % 100:02d}")
        if "{n}" not in name:
            return (name,)
        return tuple(name.replace("{n}", str(n)) for n in range(1, self.repeats + 1))

    def every_column(self, years: tuple[int, ...]) -> tuple[str, ...]:
        """Return its columns in a view that pools some years.

        Parameters
        ----------
        years : tuple of int
            The end years that the view holds; empty for a lookup.

        Returns
        -------
        tuple of str
            Every name that it has in one of them, each once.

        Examples
        --------
        >>> from leo_helpers.catalogue import load_catalogue
        >>> load_catalogue().variable("cla", "cla_POC_START").every_column((2010, 2011))
        ('cla_poc_start',)
        """
        if not years or not self.years:
            return self.columns()
        if not self.columns_by_year and "{yy}" not in self.column_pattern:
            return self.columns() if set(years) & set(self.years) else ()
        return tuple(dict.fromkeys(column for year in years for column in self.columns(year)))

    def _form_year(self, year: int) -> int:
        last = self.table_last_year
        return year if last is None else min(year, last)

    def _pattern(self, year: int | None, term: str | None) -> str:
        if self.columns_by_year and year is not None:
            wanted = census_term(term) if term else None
            for pattern, terms, years in name_entries(self.columns_by_year):
                if self._form_year(year) in years and (not terms or wanted in terms):
                    return pattern
        return self.column_pattern


class ViewColumn(msgspec.Struct, frozen=True):
    """One column of one view.

    Attributes
    ----------
    column : str
        Its name in the view.
    variable : Variable
        The variable that it holds.
    n : int
        Its number, from 1, when the variable has several columns.
    assumed : bool
        True when the view's year is after the last year of the request form.
    """

    column: str
    variable: Variable
    n: int = 1
    assumed: bool = False
