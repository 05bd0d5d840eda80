"""What the catalogue knows about a column that a view does not have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from ..catalogue import load_catalogue
from ..errors import nearest

if TYPE_CHECKING:
    from .store import LeoView

__all__ = ["views_like", "years_of"]


_YEAR = re.compile(r"\d{4}")
_SUFFIX = re.compile(r"_(?:(aut|spr|sum)|ab|ex)?(\d\d)$")


def views_like(name: str, views: Iterable[str]) -> tuple[str, ...]:
    """Return the views that someone may mean who writes a name that none has.

    Parameters
    ----------
    name : str
        The name as written; it may be the table's on the request form.
    views : iterable of str
        The names of the views of the database, in small letters.

    Returns
    -------
    tuple of str
        The same view of the nearest years, the view of that table of the form, or else the views
        that look most like it.

    Examples
    --------
    >>> views_like("plams_amended_2007", ["plams_amended_2021", "plams_amended_2008"])
    ('plams_amended_2008', 'plams_amended_2021')
    >>> views_like("LEARNER_AE_ID_TO_RECID_LOOKUP", ["education_records_lookup"])
    ('education_records_lookup',)
    """
    held, low = list(views), name.lower()
    of_form = [
        view.name.lower()
        for table in load_catalogue().tables.values()
        if table.request_sheet.lower() == low
        for view in table.views()
    ]
    if set(of_form) & set(held):
        return tuple(view for view in of_form if view in held)[:3]
    year = _YEAR.search(low)
    same = [view for view in held if year and _YEAR.sub("", view) == _YEAR.sub("", low)]
    if year and same:
        same.sort(key=lambda view: abs(int(_YEAR.search(view)[0]) - int(year[0])))
        return tuple(same[:3])
    return nearest(name, held)


def years_of(view: LeoView, name: str) -> list[str]:
    """Say in which years LEO has a column, when the view of this year has not.

    Parameters
    ----------
    view : LeoView
        The view that was read.
    name : str
        The column that it lacks.

    Returns
    -------
    list of str
        One sentence, or nothing when no view of the table has such a column.
    """
    from ..year_ranges import format_ranges

    if name.lower() in _columns(view.database.lower(), view.name.lower()):
        return ["LEO has it in this view; it is not in your extract."]
    base = _SUFFIX.sub("", name.lower())
    years = _years(view.database.lower(), view.name.lower(), base)
    if not years:
        return []
    return [f"LEO has {base} in views of the same table for {format_ranges(years)}."]


@lru_cache(maxsize=256)
def _columns(database: str, name: str) -> frozenset[str]:
    """What the catalogue has in a view."""
    catalogue = load_catalogue()
    views = (view for table in catalogue.tables.values() for view in table.views())
    found = (v for v in views if (v.database, v.name.lower()) == (database, name))
    return frozenset(c.column.lower() for v in found for c in catalogue.view_columns(v))


@lru_cache(maxsize=256)
def _years(database: str, name: str, base: str) -> tuple[int, ...]:
    catalogue = load_catalogue()
    found: set[int] = set()
    for table in catalogue.tables.values():
        views = table.views()
        if not any(v.database == database and v.name.lower() == name for v in views):
            continue
        for view in views:
            if view.year is not None and view.year not in found:
                names = {_SUFFIX.sub("", c.column.lower()) for c in catalogue.view_columns(view)}
                if base in names:
                    found.add(view.year)
    return tuple(sorted(found))
