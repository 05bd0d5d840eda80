"""Which views and columns a harmonisation may use: the data at hand and the approved variables."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from .catalogue import Catalogue
from .catalogue_model import Variable, View
from .errors import DataSetError, HarmoniseError, LeoError
from .selection import is_approved
from .store import data_root, read_manifest

__all__ = ["Column", "Held", "approved_variables", "expected_storage"]

Approved = Iterable[str] | str | os.PathLike[str] | None


class Column(NamedTuple):
    """A column that may be used: its name and what it is stored as."""

    name: str
    stored: str  # text, integer, float, date, binary


class Held:
    """The columns that may be used.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    root : path, optional
        Folder of a data set; the default one if there is none.
    approved : frozenset of str, optional
        Only these variables, as ``table.name``; the key variables are always there.
    from_data : bool
        False to take everything that the catalogue knows instead of a data set.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        root: str | os.PathLike[str] | None,
        approved: frozenset[str] | None,
        from_data: bool,
    ) -> None:
        self.catalogue = catalogue
        self.approved = approved
        self.from_data = from_data
        self._root = root
        self._views: dict[View, dict[str, Column] | None] = {}

    @cached_property
    def folder(self) -> Path:
        """Folder of the data set."""
        return data_root(self._root)

    @cached_property
    def _names(self) -> set[str]:
        return set(read_manifest(self.folder).views)

    def columns(self, view: View) -> dict[str, Column] | None:
        """Return the columns of a view by their name in lower case; None if it is not there."""
        if view not in self._views:
            self._views[view] = self._read(view) if self.from_data else self._assumed(view)
        return self._views[view]

    def column(self, view: View, variable: Variable, number: int | None) -> Column | None:
        """Return the column that a variable has in a view, if it may be used."""
        held = self.columns(view)
        if held is None or not self.allowed(variable):
            return None
        names = _names(variable, view)
        index = (number or 1) - 1
        return held.get(names[index].lower()) if index < len(names) else None

    def allowed(self, variable: Variable) -> bool:
        """Tell whether a variable was approved; what always comes along needs no approval."""
        return is_approved(variable, self.approved)

    def _read(self, view: View) -> dict[str, Column] | None:
        if f"{view.database}.{view.name}" not in self._names:
            return None
        import pyarrow.parquet as pq

        path = next(iter(sorted((self.folder / view.database / view.name).glob("*.parquet"))), None)
        if path is None:
            raise DataSetError(
                f"{view.database}.{view.name} has no files in {self.folder}.",
                "Generate the data set again with leo generate --overwrite.",
            )
        try:
            schema = pq.read_schema(path)
        except (OSError, ValueError) as error:
            raise DataSetError(
                f"The file {path} is damaged ({str(error).splitlines()[0]}).",
                "Check with leo check, then generate the data set again with --overwrite.",
            ) from None
        return {f.name.lower(): Column(f.name, _stored(f.type)) for f in schema}

    def _assumed(self, view: View) -> dict[str, Column]:
        return {
            item.column.lower(): Column(item.column, expected_storage(item.variable))
            for item in self.catalogue.view_columns(view)
        }


@lru_cache(maxsize=65_536)
def _names(variable: Variable, view: View) -> tuple[str, ...]:
    """The columns of a variable in a view; pure facts of the catalogue."""
    if view.year is None:
        return variable.every_column(view.years)
    return variable.columns(view.year, view.term)


def _stored(kind: object) -> str:
    import pyarrow as pa

    tests = (
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "float"),
        (pa.types.is_decimal, "float"),
        (pa.types.is_temporal, "date"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_binary, "binary"),
        (pa.types.is_large_binary, "binary"),
    )
    return next((name for test, name in tests if test(kind)), "text")


def expected_storage(variable: Variable) -> str:
    """Say what a column is probably stored as, by what the catalogue knows.

    Parameters
    ----------
    variable : Variable
        The variable.

    Returns
    -------
    str
        text, integer, float, date or binary.
    """
    if variable.missing_as == "0x":
        return "binary"
    if variable.codelist or variable.missing_as == "''":
        return "text"
    return {"integer": "integer", "number": "float", "date": "date"}.get(variable.type, "text")


def approved_variables(approved: Approved, catalogue: Catalogue) -> frozenset[str] | None:
    """Read a list of approved variables.

    Parameters
    ----------
    approved : iterable of str or path, optional
        Names such as ``"sc_pupil.gender"``, or a CSV file with the columns ``table_id`` and
        ``variable``.
    catalogue : Catalogue
        Where the names are looked up.

    Returns
    -------
    frozenset of str or None
        The variables as ``table.name``, with those of other tables that are the same column of
        the same view; None if there is no list.

    Raises
    ------
    HarmoniseError
        If a name is unknown or the file cannot be read; says which line.

    Examples
    --------
    >>> from leo_helpers.catalogue import load_catalogue
    >>> approved_variables(["sc_pupil.gender"], load_catalogue())
    frozenset({'sc_pupil.Gender_[term][yy]'})
    """
    if approved is None:
        return None
    if isinstance(approved, str | os.PathLike):
        named = _approved_file(Path(approved).expanduser())
    else:
        named = [(f"item {n}", str(name)) for n, name in enumerate(approved, 1)]
    found = set()
    for where, name in named:
        try:
            found |= set(map(str, catalogue.same_column(catalogue.find(name))))
        except LeoError as error:
            raise HarmoniseError(f"The approved variables, {where}: {error}") from error
    return frozenset(found)


def _approved_file(path: Path) -> list[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise HarmoniseError(
            f"The list of approved variables {path} cannot be read ({error}).",
            "Give a CSV file with the columns table_id and variable.",
        ) from None
    reader = csv.DictReader(text.splitlines())
    if not {"table_id", "variable"} <= set(reader.fieldnames or ()):
        raise HarmoniseError(
            f"{path.name} lacks the columns table_id and variable.",
            "Name them in the first row.",
        )
    return [
        (f"{path.name} line {reader.line_num}", f"{row['table_id']}.{row['variable']}")
        for row in reader
    ]
