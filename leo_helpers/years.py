"""Years: one integer everywhere, the year in which an academic, tax or care year ends.

2010/11 is 2011, whether it is an academic year (to August), a tax year (to 5 April) or a
year of children's social care (to 31 March). The functions here read every spelling that
LEO uses, refuse what could mean two things, and say why.
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Iterable

from .errors import UnknownName, YearError
from .year_ranges import (
    EARLIEST,
    LATEST,
    TERMS,
    census_term,
    format_ranges,
    format_terms,
    parse_ranges,
    parse_terms,
    plausible,
)

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
    "year_list",
]

_PAIR = re.compile(r"(\d{4})\s*[/_\u2013-]?\s*(\d{2}|\d{4})")
_SHORT_PAIR = re.compile(r"(\d\d)[/_\u2013-]?(\d\d)")
_SUFFIX = re.compile(r"(?:^|_|(?<=_aut)|(?<=_spr)|(?<=_sum)|(?<=_ab)|(?<=_ex))(\d\d)$")
_TERM_SUFFIX = re.compile(r"(?:aut|spr|sum|ab|ex)(\d\d)")


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
        As for `academic_year`; a date counts from 6 April to 5 April.

    Returns
    -------
    int
        The end year.

    Raises
    ------
    YearError
        As for `academic_year`.

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
        As for `academic_year`; a date counts from 1 April to 31 March.

    Returns
    -------
    int
        The end year.

    Raises
    ------
    YearError
        As for `academic_year`.

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
    year = plausible(int(year), year, "year")
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


def year_list(value: int | str | Iterable[int | str]) -> tuple[int, ...]:
    """Return the end years that somebody asked for.

    Parameters
    ----------
    value : int, str or iterable of them
        ``2011``, ``"2010/11"``, ``"2006-2010"``, ``"2006-2010, 2015"`` or a list or range.

    Returns
    -------
    tuple of int
        The end years in order, each once.

    Raises
    ------
    YearError
        If nothing is asked for, or a part is no year or could mean two things.

    Examples
    --------
    >>> year_list("2006-2008; 2010/11"), year_list(range(2006, 2008))
    ((2006, 2007, 2008, 2011), (2006, 2007))
    """
    if isinstance(value, str):
        parts: list = [part.strip() for part in re.split("[;,]", value) if part.strip()]
    else:
        parts = list(value) if isinstance(value, Iterable) else [value]
    if not parts:
        raise YearError("There is no year to look for.", "Write 2011, 2010/11 or 2006-2010.")
    years: set[int] = set()
    for part in parts:
        span = re.fullmatch(r"(\d{4})\s*-\s*(\d{4})", part) if isinstance(part, str) else None
        if span and int(span[2]) == int(span[1]) + 1:
            raise YearError(
                f"{part!r} could be one academic year or two years.",
                f"Write {span[1]}/{span[2][2:]} for one, or {span[1]};{span[2]} for two.",
            )
        years.update(parse_ranges(part) if span else (academic_year(part),))
    return tuple(sorted(years))


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
            return plausible(first + 1, value, kind)
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
        plausible(int(text), value, kind)
    raise YearError(
        f"{value!r} is no {kind}.", "Write it like 2010/11, 201011 or, by its end, 2011."
    )
