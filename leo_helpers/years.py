"""Years: one integer everywhere, the year in which an academic, tax or care year ends.

2010/11 is 2011, whether it is an academic year (to August), a tax year (to 5 April) or a
year of children's social care (to 31 March). The functions here read every spelling that
LEO uses, refuse what could mean two things, and say why.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from .errors import UnknownName, YearError

__all__ = [
    "TERMS",
    "academic_year",
    "care_year",
    "census_term",
    "format_ranges",
    "format_terms",
    "format_year",
    "ilr_year",
    "parse_ranges",
    "parse_terms",
    "suffix_year",
    "tax_year",
]

EARLIEST, LATEST = 1980, 2049
TERMS = ("PLASC", "AUT", "SPR", "SUM")

_PAIR = re.compile(r"(\d{4})\s*[/_\u2013-]?\s*(\d{2}|\d{4})")
_SHORT_PAIR = re.compile(r"(\d\d)[/_\u2013-]?(\d\d)")
_SUFFIX = re.compile(r"(?:^|_|(?<=_aut)|(?<=_spr)|(?<=_sum)|(?<=_ab)|(?<=_ex))(\d\d)$")
_TERM_SUFFIX = re.compile(r"(?:aut|spr|sum|ab|ex)(\d\d)")
_TERM_NAMES = {
    "PLASC": ("plasc", "january"),
    "AUT": ("aut", "autumn", "october"),
    "SPR": ("spr", "spring"),
    "SUM": ("sum", "summer", "may"),
}


def academic_year(value: object) -> int:
    """Return the year in which an academic year ends.

    Parameters
    ----------
    value : str, int or date
        ``"2010/11"``, ``"2010/2011"``, ``"2010-11"``, ``"201011"``, ``"20102011"``, or the
        end year itself, ``2011``. A date counts from 1 September to 31 August.

    Returns
    -------
    int
        The end year.

    Raises
    ------
    YearError
        If the value is no year, or could mean two different ones.

    Notes
    -----
    Six digits are always a pair of years here (``201011`` is 2010/11), never a month.

    Examples
    --------
    >>> academic_year("2010/11"), academic_year("20102011"), academic_year(2011)
    (2011, 2011, 2011)
    """
    return _end_year(value, "academic year", (9, 1))


def tax_year(value: object) -> int:
    """Return the year in which a tax year (6 April to 5 April) ends.

    Parameters
    ----------
    value : str, int or date
        ``201011``, ``"2010/2011"``, ``"2010-11"``, the end year ``2011``, or a date.

    Returns
    -------
    int
        The end year.

    Raises
    ------
    YearError
        If the value is no year, or could mean two different ones.

    Examples
    --------
    >>> tax_year("201011"), tax_year("2010/2011"), tax_year(dt.date(2011, 4, 6))
    (2011, 2011, 2012)
    """
    return _end_year(value, "tax year", (4, 6))


def care_year(value: object) -> int:
    """Return the year in which a year of children's social care (to 31 March) ends.

    Parameters
    ----------
    value : str, int or date
        ``"2010/11"`` or any other pair, the end year ``2011``, or a date.

    Returns
    -------
    int
        The end year.

    Raises
    ------
    YearError
        If the value is no year, or could mean two different ones.

    Examples
    --------
    >>> care_year("2010/11"), care_year(dt.date(2011, 3, 31)), care_year(dt.date(2011, 4, 1))
    (2011, 2011, 2012)
    """
    return _end_year(value, "care year", (4, 1))


def ilr_year(value: object) -> int:
    """Return the end year for the year column of the ILR, which holds the start year.

    Parameters
    ----------
    value : str or int
        A start year (``2010`` means 2010/11), or a pair such as ``"2010/2011"``.

    Returns
    -------
    int
        The end year.

    Raises
    ------
    YearError
        If the value is no year.

    Examples
    --------
    >>> ilr_year(2010), ilr_year("2010/2011")
    (2011, 2011)
    """
    text = _text(value, "ILR year")
    year = _end_year(text, "ILR year", (8, 1))
    return year + 1 if len(text) == 4 else year


def suffix_year(value: object) -> int:
    """Return the end year that the ending of a column name stands for.

    Parameters
    ----------
    value : str or int
        ``"_11"``, ``"11"``, ``11``, ``"spr11"`` or a whole name: ``"gender_spr11"``.

    Returns
    -------
    int
        The end year: ``90`` to ``99`` are in the 1900s, ``00`` to ``49`` in the 2000s.

    Raises
    ------
    YearError
        If there is no two-digit ending, or it does not stand for a year.

    Examples
    --------
    >>> suffix_year("_11"), suffix_year("ethnicgroupminor_spr07"), suffix_year("98")
    (2011, 2007, 1998)
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9:
        value = f"{value:02d}"
    text = _text(value, "column ending").casefold()
    found = _TERM_SUFFIX.fullmatch(text) or _SUFFIX.search(text)
    if not found:
        raise YearError(
            f"{value!r} does not end in a two-digit year such as _11 or _spr11.",
            "For whole years use academic_year().",
        )
    if re.search(r"idaci(score|rank)_\d\d$", text):
        raise YearError(
            f"The ending of {value!r} names the edition of the deprivation index, not a year.",
            "Take the year from the name of the view.",
        )
    two = int(found[1])
    if 49 < two < 90:
        raise YearError(
            f"The ending {found[1]} of {value!r} could be 19{two} or 20{two}; LEO has neither.",
            "Write the year in full.",
        )
    return two + (1900 if two >= 90 else 2000)


def format_year(year: int, style: str = "short") -> str:
    """Write an end year in one of the spellings that LEO uses.

    Parameters
    ----------
    year : int
        The end year.
    style : {"short", "long", "compact", "suffix", "start", "end"}
        ``2010/11``, ``2010/2011``, ``201011``, ``11``, ``2010`` or ``2011``.

    Returns
    -------
    str
        The year in that spelling.

    Raises
    ------
    UnknownName
        If there is no such style.

    Examples
    --------
    >>> [format_year(2011, style) for style in ("short", "long", "compact", "suffix")]
    ['2010/11', '2010/2011', '201011', '11']
    """
    year = _plausible(int(year), year, "year")
    styles = {
        "short": f"{year - 1}/{year % 100:02d}",
        "long": f"{year - 1}/{year}",
        "compact": f"{year - 1}{year % 100:02d}",
        "suffix": f"{year % 100:02d}",
        "start": f"{year - 1}",
        "end": f"{year}",
    }
    if style not in styles:
        raise UnknownName("year style", style, styles)
    return styles[style]


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
            _plausible(year, part, "year")
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
    raise UnknownName("census term", value, ["autumn", "spring", "summer", "plasc"])


def _text(value: object, kind: str) -> str:
    """Turn a whole number or a text into a stripped text; refuse everything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        raise YearError(f"{value!r} is no {kind}.")
    try:
        return str(operator.index(value))
    except TypeError:
        raise YearError(f"{value!r} is no {kind}; give a text or a whole number.") from None


def _end_year(value: object, kind: str, first_day: tuple[int, int]) -> int:
    if isinstance(value, dt.date):
        return value.year + ((value.month, value.day) >= first_day)
    text = _text(value, kind)
    if re.fullmatch(r"\d{4}", text) and EARLIEST <= int(text) <= LATEST:
        return int(text)
    if short := _SHORT_PAIR.fullmatch(text):
        if (int(short[1]) + 1) % 100 == int(short[2]):
            first = suffix_year(short[1]) if not 49 < int(short[1]) < 90 else None
            if first:
                raise YearError(
                    f"{value!r} is not clear: it could be a year or the pair "
                    f"{format_year(first + 1)}.",
                    f"Write {format_year(first + 1)} or {first + 1}.",
                )
    elif pair := _PAIR.fullmatch(text):
        first, last = int(pair[1]), int(pair[2])
        if last in (first + 1, (first + 1) % 100) and (last > 99 or len(pair[2]) == 2):
            return _plausible(first + 1, value, kind)
        raise YearError(
            f"{value!r} is no {kind}: {pair[1]} and {pair[2]} do not follow one another.",
            f"Write it like {format_year(2011)}.",
        )
    if re.fullmatch(r"_?\d\d", text):
        raise YearError(
            f"{value!r} is not clear as {kind}: two digits could be the first or the last year.",
            "For the ending of a column name use suffix_year().",
        )
    if re.fullmatch(r"\d{4}", text):
        _plausible(int(text), value, kind)
    raise YearError(
        f"{value!r} is no {kind}.", "Write it like 2010/11, 201011 or, by its end, 2011."
    )


def _plausible(year: int, value: object, kind: str) -> int:
    if not EARLIEST <= year <= LATEST:
        raise YearError(f"{value!r} is no {kind} between {EARLIEST} and {LATEST}.")
    return year
