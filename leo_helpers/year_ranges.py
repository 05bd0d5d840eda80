"""Years as the catalogue writes them: lists, ranges and census terms as text and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from .errors import UnknownName, YearError

__all__ = [
    "TERMS",
    "census_term",
    "format_ranges",
    "format_terms",
    "parse_ranges",
    "parse_terms",
    "plausible",
]

EARLIEST, LATEST = 1980, 2049
TERMS = ("PLASC", "AUT", "SPR", "SUM")
_TERM_NAMES = {
    "PLASC": ("plasc", "january"),
    "AUT": ("aut", "autumn", "october"),
    "SPR": ("spr", "spring"),
    "SUM": ("sum", "summer", "may"),
}


@lru_cache(maxsize=4096)
def parse_ranges(text: str) -> tuple[int, ...]:
    """Read end years written as single years and ranges.

    Parameters
    ----------
    text : str
        Such as ``"2002-2015;2017"``; empty means none.

    Returns
    -------
    tuple of int
        Every year, in order.

    Raises
    ------
    YearError
        If a part is neither a year nor a range, runs backwards, or repeats a year.

    Examples
    --------
    >>> parse_ranges("2002-2004;2006")
    (2002, 2003, 2004, 2006)
    """
    years: list[int] = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        found = re.fullmatch(r"(\d{4})(?:\s*-\s*(\d{4}))?", part)
        if not found:
            raise YearError(f"{part!r} is neither a year nor a range such as 2002-2015.")
        first, last = int(found[1]), int(found[2] or found[1])
        for year in (first, last):
            plausible(year, part, "year")
        if last < first:
            raise YearError(f"The range {part!r} runs backwards.")
        if years and first <= years[-1]:
            raise YearError(f"{part!r} in {text!r} repeats a year or is out of order.")
        years.extend(range(first, last + 1))
    return tuple(years)


def format_ranges(years: Iterable[int]) -> str:
    """Write end years as compact ranges, the opposite of `parse_ranges`.

    Parameters
    ----------
    years : iterable of int
        End years in any order.

    Returns
    -------
    str
        Such as ``"2002-2004;2006"``.

    Examples
    --------
    >>> format_ranges([2006, 2002, 2003, 2004])
    '2002-2004;2006'
    """
    runs: list[list[int]] = []
    for year in sorted(set(years)):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ";".join(f"{a}-{b}" if a < b else f"{a}" for a, b in runs)


def parse_terms(text: str) -> dict[str, tuple[int, ...]]:
    """Read the end years of each census term.

    Parameters
    ----------
    text : str
        Such as ``"PLASC:2003-2005|AUT:2007-2021"``; empty means none.

    Returns
    -------
    dict of str to tuple of int
        The years of each term.

    Raises
    ------
    YearError
        If a part has no term, no years, or repeats a term.
    UnknownName
        If a term is not a census term.

    Examples
    --------
    >>> parse_terms("PLASC:2004-2005|SUM:2019;2021")
    {'PLASC': (2004, 2005), 'SUM': (2019, 2021)}
    """
    terms: dict[str, tuple[int, ...]] = {}
    for part in filter(None, (piece.strip() for piece in text.split("|"))):
        name, colon, years = part.partition(":")
        name = census_term(name)
        if not colon or not parse_ranges(years):
            raise YearError(f"{part!r} has no years; write it like SPR:2006-2021.")
        if name in terms:
            raise YearError(f"The term {name} stands twice in {text!r}.")
        terms[name] = parse_ranges(years)
    return terms


def format_terms(terms: Mapping[str, Iterable[int]]) -> str:
    """Write the years of each census term, the opposite of `parse_terms`.

    Parameters
    ----------
    terms : mapping of str to iterable of int
        The years of each term.

    Returns
    -------
    str
        Such as ``"PLASC:2003-2005|AUT:2007-2021"``.

    Examples
    --------
    >>> format_terms({"SPR": (2006, 2007, 2008)})
    'SPR:2006-2008'
    """
    return "|".join(f"{term}:{format_ranges(years)}" for term, years in terms.items())


def census_term(value: str) -> str:
    """Return the short name of a School Census term.

    Parameters
    ----------
    value : str
        ``"spring"``, ``"spr"``, ``"SPR"`` and so on; ``"plasc"`` for the yearly census.

    Returns
    -------
    str
        One of ``PLASC``, ``AUT``, ``SPR``, ``SUM``.

    Raises
    ------
    UnknownName
        If there is no such term.

    Examples
    --------
    >>> census_term("Spring"), census_term("aut")
    ('SPR', 'AUT')
    """
    wanted = str(value).strip().casefold()
    for term, names in _TERM_NAMES.items():
        if wanted in names:
            return term
    raise UnknownName(
        "census term",
        value,
        ["autumn", "spring", "summer", "plasc"],
        next_step="The terms are autumn, spring, summer and, to 2005, plasc.",
    )


def plausible(year: int, value: object, kind: str) -> int:
    """Return a year if LEO could hold it.

    Parameters
    ----------
    year : int
        The end year.
    value : object
        What it was read from, for the error.
    kind : str
        What kind of year it is, for the error.

    Returns
    -------
    int
        The same year.

    Raises
    ------
    YearError
        If it is before 1980 or after 2049.

    Examples
    --------
    >>> plausible(2011, "2010/11", "academic year")
    2011
    """
    if not EARLIEST <= year <= LATEST:
        raise YearError(f"{value!r} is no {kind} between {EARLIEST} and {LATEST}.")
    return year
