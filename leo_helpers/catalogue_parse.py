"""Read the small notations inside the cells of the catalogue: patterns, years, ranges."""

from __future__ import annotations

import re

from .errors import UnknownName, YearError
from .years import parse_ranges, parse_terms

__all__ = ["name_entries", "range_bounds", "view_entries"]

_STATUSES = ("seen", "implied", "assumed")
_CONTINUES = re.compile(r"\d{4}(-\d{4})?(@|$)")


def view_entries(text: str) -> list[tuple[str, tuple[int, ...], str]]:
    """Read a view pattern into its parts: name, end years and status.

    Parameters
    ----------
    text : str
        Entries ``pattern@years@status``, divided by ``;``.

    Returns
    -------
    list of tuple
        The parts of each entry.

    Examples
    --------
    >>> view_entries("hesa_{year}@2005-2006@seen;learners@@seen")
    [('hesa_{year}', (2005, 2006), 'seen'), ('learners', (), 'seen')]
    """
    entries = []
    for piece in _pieces(text):
        name, *rest = (part.strip() for part in piece.split("@"))
        status = "assumed"
        years: tuple[int, ...] = ()
        for part in filter(None, rest):
            if part in _STATUSES:
                status = part
            else:
                years = parse_ranges(part)
        if "{year}" in name and not years:
            raise YearError(f"The view pattern {name!r} has a year in its name but no years.")
        entries.append((name, years, status))
    return entries


def name_entries(text: str) -> list[tuple[str, tuple[str, ...], tuple[int, ...]]]:
    """Read the names that a variable had in some years only: name, terms and end years.

    Parameters
    ----------
    text : str
        Entries ``pattern@years`` or ``pattern@TERM:years``, divided by ``;``.

    Returns
    -------
    list of tuple
        The parts of each entry; no terms means all.

    Examples
    --------
    >>> name_entries("senstage_{yy}@2002;senstatus_{yy}@2003-2004")
    [('senstage_{yy}', (), (2002,)), ('senstatus_{yy}', (), (2003, 2004))]
    """
    entries = []
    for piece in _pieces(text):
        name, at, when = piece.partition("@")
        if not at or not when:
            raise YearError(f"The name {piece!r} says no years.")
        if ":" in when:
            entries.extend((name, (term,), years) for term, years in parse_terms(when).items())
        else:
            entries.append((name, (), parse_ranges(when)))
    return entries


def range_bounds(text: str) -> tuple[float, float]:
    """Read a range of numbers.

    Parameters
    ----------
    text : str
        Such as ``"0..100"``; an end may be left open.

    Returns
    -------
    tuple of float
        The smallest and the largest value.

    Examples
    --------
    >>> range_bounds("0..100")
    (0.0, 100.0)
    """
    low, dots, high = text.partition("..")
    try:
        bounds = float(low or "-inf"), float(high or "inf")
    except ValueError:
        bounds = (1.0, 0.0)
    if not dots or bounds[1] < bounds[0]:
        raise UnknownName("range", text, next_step="Write it like 0..100.")
    return bounds


def _pieces(text: str) -> list[str]:
    """Split at ``;``, but not inside a list of years."""
    pieces: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        if pieces and _CONTINUES.match(part):
            pieces[-1] += ";" + part
        else:
            pieces.append(part)
    return pieces
