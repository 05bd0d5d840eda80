"""The catalogue of LEO: every table, variable and code list, read from ``data/catalogue``.

The three files are read with the standard library, turned into typed records by msgspec and
checked against the rules of `catalogue_rules`; an error names the file, line and column.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .catalogue_model import Code, Table, Variable, View, ViewColumn
from .catalogue_names import ENDING, distinct, plain_name, table_names, variable_names
from .catalogue_rules import check_rules
from .csv_rows import read_rows, split_list
from .errors import CatalogueError, UnknownName
from .years import parse_ranges, parse_terms

__all__ = ["Catalogue", "Code", "Table", "Variable", "View", "ViewColumn", "load_catalogue"]


class Catalogue:
    """Everything that is known about the tables of LEO.

    Made by `load_catalogue`; reads as ``catalogue.tables["ks4_pupil"]``.

    Parameters
    ----------
    tables : dict of str to Table
        The tables by id.
    variables : dict of str to tuple of Variable
        The variables of each table, in order.
    codes : dict of str to tuple of Code
        The codes of each code list, in order.
    """

    def __init__(
        self,
        tables: dict[str, Table],
        variables: dict[str, tuple[Variable, ...]],
        codes: dict[str, tuple[Code, ...]],
    ) -> None:
        self.tables = tables
        self.codelists = codes
        self._variables = variables
        self._by_name: dict[str, dict[str, Variable]] = {}
        self._by_column: dict[str, dict[str, Variable]] = {}
        self._columns: dict[tuple, tuple[ViewColumn, ...]] = {}
        self._names = table_names(tables)
        self._sharing: dict[tuple[str, str], list[str]] = {}
        for table in tables.values():
            for view in table.views():
                owners = self._sharing.setdefault((view.database, view.name), [])
                owners.append(table.table_id)

    def __repr__(self) -> str:
        count = sum(map(len, self._variables.values()))
        return (
            f"<Catalogue: {len(self.tables)} tables, {count:,} variables, "
            f"{len(self.codelists)} code lists>"
        )

    def resolve_table(self, name: str | Table) -> Table:
        """Return the table that a name stands for.

        Parameters
        ----------
        name : str or Table
            The id, a friendly name, the title, or the name of one of its views, in any case.

        Returns
        -------
        Table
            The table.

        Raises
        ------
        UnknownName
            If no table has that name; the nearest names are suggested.

        Examples
        --------
        >>> load_catalogue().resolve_table("School Census").table_id
        'sc_pupil'
        """
        if isinstance(name, Table):
            return name
        found = self._names.get(plain_name(str(name)))
        if found is None:
            view = str(name).strip().casefold().rpartition(".")[2]
            owners = [ids for (_, held), ids in self._sharing.items() if held.casefold() == view]
            if len(owners) == 1 and len(owners[0]) == 1:
                found = owners[0][0]
        if found is None:
            names = [*self.tables, *(a for t in self.tables.values() for a in t.aliases)]
            if owner := self._names.get(plain_name(str(name).partition(".")[0])):
                raise UnknownName("table", name, next_step=f"Did you mean {owner}?")
            raise UnknownName("table", name, names, next_step="See leo.tables() for all of them.")
        return self.tables[found]

    def variables(self, table: str | Table) -> tuple[Variable, ...]:
        """Return the variables of a table, in the order of the request form.

        Parameters
        ----------
        table : str or Table
            The table or one of its names.

        Returns
        -------
        tuple of Variable
            All of them.

        Examples
        --------
        >>> load_catalogue().variables("sc_pupil")[0].name
        'Gender_[term][yy]'
        """
        return self._variables[self.resolve_table(table).table_id]

    def variable(self, table: str | Table, name: str) -> Variable:
        """Return one variable.

        Parameters
        ----------
        table : str or Table
            The table or one of its names.
        name : str
            The name on the request form, the name of a column, or the name without term and
            year, in any case; also a former name.

        Returns
        -------
        Variable
            The variable.

        Raises
        ------
        UnknownName
            If the table has no such variable; the nearest names are suggested.

        Examples
        --------
        >>> load_catalogue().variable("school census", "gender_spr11").name
        'Gender_[term][yy]'
        """
        table_id = self.resolve_table(table).table_id
        names = self._by_name.get(table_id)
        if names is None:
            names = self._by_name[table_id] = variable_names(self._variables[table_id])
        key = str(name).strip().casefold()
        found = names.get(key)
        if found is None or (found.name.casefold() != key and key[-1:].isdigit()):
            found = self._physical(table_id).get(key) or found or names.get(ENDING.sub("", key))
        if found is None:
            known = [v.name for v in self._variables[table_id]] + list(names)
            step = f"See leo.variables({table_id!r}) for all of them."
            raise UnknownName("variable", name, distinct(known), f"in {table_id}", step)
        return found

    def _physical(self, table_id: str) -> dict[str, Variable]:
        """Map every column that the table has in any of its views to its variable."""
        names = self._by_column.get(table_id)
        if names is None:
            names = self._by_column[table_id] = {
                item.column.casefold(): item.variable
                for view in reversed(self.tables[table_id].views())
                for item in self.view_columns(view)
                if item.variable.table_id == table_id
            }
        return names

    def find(self, name: str) -> Variable:
        """Return the variable that ``table.variable`` stands for.

        Parameters
        ----------
        name : str
            A table and a variable with a full stop between.

        Returns
        -------
        Variable
            The variable.

        Raises
        ------
        UnknownName
            If either does not exist.

        Examples
        --------
        >>> load_catalogue().find("ks4_pupil.ks4_level2_em").name
        'KS4_LEVEL2_EM'
        """
        table, _, variable = name.partition(".")
        return self.variable(table, variable)

    def codes(self, codelist: str) -> tuple[Code, ...]:
        """Return the codes of a code list, in order.

        Parameters
        ----------
        codelist : str
            The id of the list.

        Returns
        -------
        tuple of Code
            All of them.

        Raises
        ------
        UnknownName
            If there is no such list; the nearest ids are suggested.

        Examples
        --------
        >>> [code.code for code in load_catalogue().codes("sex_mf")][:2]
        ['M', 'F']
        """
        if codelist not in self.codelists:
            raise UnknownName("code list", codelist, self.codelists)
        return self.codelists[codelist]

    def view_columns(self, view: View) -> tuple[ViewColumn, ...]:
        """Return the columns of a view, in order.

        Parameters
        ----------
        view : View
            One of the views of a table.

        Returns
        -------
        tuple of ViewColumn
            When several tables share the view, as the seven blocks of children in need do,
            the columns of all of them, each once. For a year after the request form ends
            they are those of the last year and marked as assumed.

        Examples
        --------
        >>> catalogue = load_catalogue()
        >>> view = catalogue.tables["sc_pupil"].views(2011, "spring")[0]
        >>> catalogue.view_columns(view)[0].column
        'gender_spr11'
        """
        key = (view.database, view.name)
        if key not in self._columns:
            self._columns[key] = tuple(self._collect(view))
        return self._columns[key]

    def same_column(self, variable: Variable) -> set[Variable]:
        """Return the variables that are one column: several blocks of a shared view may list it.

        Parameters
        ----------
        variable : Variable
            A variable of the catalogue.

        Returns
        -------
        set of Variable
            The variable, and those of other tables in the same views under its name and column.

        Examples
        --------
        >>> catalogue = load_catalogue()
        >>> key = catalogue.find("cin_disabilities.CIN_ChildTableID")
        >>> sorted(item.table_id for item in catalogue.same_column(key))[:2]
        ['cin_cpp', 'cin_details']
        """
        views = self.tables[variable.table_id].views()
        tables = {name for view in views for name in self._sharing[view.database, view.name]}
        key = (variable.name, variable.column_pattern)
        held = (item for name in tables for item in self._variables[name])
        return {item for item in held if (item.name, item.column_pattern) == key}

    def _collect(self, view: View) -> Iterator[ViewColumn]:
        """Columns of a view; one that several blocks of the form list is that of the most years."""
        found: dict[str, ViewColumn] = {}
        for column in self._listed(view):
            before = found.get(column.column.casefold())
            if before is None or len(before.variable.years) < len(column.variable.years):
                found[column.column.casefold()] = column
        yield from found.values()

    def _listed(self, view: View) -> Iterator[ViewColumn]:
        for table_id in self._sharing.get((view.database, view.name), [view.table_id]):
            last = self.tables[table_id].last_year
            assumed = view.year is not None and last is not None and view.year > last
            for variable in self._variables[table_id]:
                if view.year is None:
                    names = variable.every_column(view.years)
                else:
                    names = variable.columns(view.year, view.term)
                for n, name in enumerate(names, 1):
                    yield ViewColumn(name, variable, n if variable.repeats else 1, assumed)


def load_catalogue(root: str | os.PathLike[str] | None = None) -> Catalogue:
    """Read and check the catalogue; a second call returns the same object.

    Parameters
    ----------
    root : path, optional
        The folder with ``tables.csv``, ``variables.csv`` and ``codes.csv``; without it the
        catalogue that comes with the package.

    Returns
    -------
    Catalogue
        The catalogue.

    Raises
    ------
    CatalogueError
        If a file is missing or breaks a rule.

    Examples
    --------
    >>> len(load_catalogue().tables)
    47
    """
    if root is None:
        from .paths import data_dir

        root = data_dir() / "catalogue"
    return _load(Path(root).absolute())


@cache
def _load(folder: Path) -> Catalogue:
    lines: dict[tuple, int] = {}
    tables: dict[str, Table] = {}
    readers = {"aliases": split_list, "key_columns": split_list}
    for line, row in read_rows(folder / "tables.csv", Table, readers):
        if row.table_id in tables:
            raise CatalogueError(f"{row.table_id} stands twice.", "tables.csv", line, "table_id")
        tables[row.table_id] = row
        lines["tables", row.table_id] = line
    last = {name: table.last_year for name, table in tables.items()}
    variables: dict[str, list[Variable]] = {}
    taken: dict[tuple, int] = {}
    readers = {"years": parse_ranges, "terms": parse_terms, "old_names": split_list}
    for line, row in read_rows(
        folder / "variables.csv",
        Variable,
        readers,
        lambda raw: {"table_last_year": last.get(raw["table_id"])},
        ("table_last_year",),
    ):
        other = taken.setdefault((row.table_id, row.name.casefold()), line)
        if other != line:
            message = f"{row.table_id}.{row.name} already stands in line {other}."
            raise CatalogueError(message, "variables.csv", line, "name")
        variables.setdefault(row.table_id, []).append(row)
        lines["variables", row.table_id, row.name] = line
    codes: dict[str, list[Code]] = {}
    for line, row in read_rows(folder / "codes.csv", Code, {}):
        if lines.setdefault(("codes", row.codelist, row.code), line) != line:
            message = f"{row.codelist} has the code {row.code!r} twice."
            raise CatalogueError(message, "codes.csv", line, "code")
        codes.setdefault(row.codelist, []).append(row)
    frozen_variables = {name: tuple(rows) for name, rows in variables.items()}
    frozen_codes = {name: tuple(rows) for name, rows in codes.items()}
    check_rules(tables, frozen_variables, frozen_codes, lines)
    return Catalogue(tables, frozen_variables, frozen_codes)
