"""What the catalogue knows about a column that a view does not have."""

from __future__ import annotations

import re
from functools import lru_cache

from .store import LeoView

__all__ = ["years_of"]


_SUFFIX = re.compile(r"_(?:(aut|spr|sum)|ab|ex)?(\d\d)$")


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
    from ..catalogue import load_catalogue

    catalogue = load_catalogue()
    views = (view for table in catalogue.tables.values() for view in table.views())
    found = (v for v in views if (v.database, v.name.lower()) == (database, name))
    return frozenset(c.column.lower() for v in found for c in catalogue.view_columns(v))


@lru_cache(maxsize=256)
def _years(database: str, name: str, base: str) -> tuple[int, ...]:
    from ..catalogue import load_catalogue

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
