"""Draws that give numbers, flags, dates and text (categories are in :mod:`draws`)."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .draws import (
    Column,
    Values,
    categories,
    dictionary_of,
    drawer,
    drop_missing,
    recode,
)
from .hashing import LANES, lane
from .luts import category_lut, quantile_lut, threshold
from .marginals import quantiles, rate, shares
from .recode import code_positions
from .rows import Coded


@drawer("flag")
def flag(c: Column, args: tuple[str, ...]) -> Values:
    """``flag;share``: one for that share of rows, else nought, in the list's codes."""
    p = float(args[0])
    index = category_lut([1 - p, p], c.missing)[c.lane()]
    return recode(c, Coded(index, ("0", "1"))) if c.variable.codelist else Values(index, index >= 0)


@drawer("pass")
def passed(c: Column, args: tuple[str, ...]) -> Values:
    """``pass;rate[;attribute]``: one where the rank clears the share published for the year."""
    rank = c.attr(args[1] if len(args) > 1 else "rank")
    out = np.zeros(len(c.rows), dtype=np.int8)
    for year, a, b in c.rows.segments:
        out[a:b] = rank[a:b] >= threshold(rate(args[0], year))
    return drop_missing(
        c, Values(out) if not c.variable.codelist else recode(c, Coded(out, ("0", "1")))
    )


def _finish(c: Column, values: Values) -> Values:
    """Numbers as they are, or with the list's letters (absent, missing ...) among them as text."""
    if not c.variable.codelist:
        return drop_missing(c, values)
    if not c.variable.range:
        return categories(c, lambda year: None)
    number, index = np.unique(values.data, return_inverse=True)
    words = [f"{v:g}" for v in number] + list(c.codes)
    letters = lane(c.rows.key, c.variable.name, "letter")
    share = LANES * 4 // 100
    which = len(number) + np.minimum(letters * len(c.codes) // share, len(c.codes) - 1)
    index = np.where(letters < share, which, index)
    return drop_missing(c, Values(index, values.valid, pa.array(words, pa.string())))


def numbers_or_letter(c: Column, found: NDArray, letter: str) -> Values:
    """Whole numbers; where negative, the letter of the list that says why there is none."""
    if not c.variable.codelist:
        return drop_missing(c, Values(found, found >= 0))
    codes = [k for k in c.codes if not k.isdigit()]
    words = [*map(str, range(int(found.max(initial=0)) + 1)), *codes]
    spare = len(words) - len(codes) + codes.index(letter) if letter in codes else -1
    index = np.where(found < 0, spare, found)
    return drop_missing(c, Values(index, index >= 0, pa.array(words, pa.string())))


@drawer("quantile")
def quantile(c: Column, args: tuple[str, ...]) -> Values:
    """``quantile;quantity[;attribute][;scale=100][;trait=value]``: a number as published."""
    settings = dict(a.split("=") for a in args[1:] if "=" in a)
    scale = int(settings.pop("scale", 1))
    rank = next((c.attr(a) for a in args[1:] if "=" not in a), None)
    u = c.lane() if rank is None else rank
    out = np.empty(len(c.rows), dtype=np.float64 if scale > 1 else np.int32)
    for year, a, b in c.rows.segments:
        lut = _quantile_lut(args[0], year, scale, tuple(settings.items()))
        out[a:b] = lut[u[a:b]] / scale if scale > 1 else lut[u[a:b]]
    return _finish(c, Values(out))


@lru_cache(maxsize=200)
def _quantile_lut(
    name: str, year: int, scale: int, group: tuple[tuple[str, str], ...]
) -> NDArray[np.int32]:
    return (quantile_lut(quantiles(name, year, **dict(group)), scale * 8) + 4) // 8  # rounded


@lru_cache(maxsize=200)
def _range_lut(low: int, high: int) -> NDArray[np.int32]:
    middle = low + (high - low) * 2 // 5
    return quantile_lut([(0, low), (0.5, middle), (1, high + 1)])


def _limits(c: Column, args: tuple[str, ...], scale: int) -> tuple[int, int]:
    """Lowest and highest number, the catalogue's range if the line's own goes beyond it."""
    low, high = float(args[0]), float(args[1])
    if c.variable.bounds is not None:
        least, most = c.variable.bounds
        if low < least or high > most:
            low, high = least, most
    return ceil(low * scale), floor(high * scale)


@drawer("int")
def integer(c: Column, args: tuple[str, ...]) -> Values:
    """``int;low;high[;attribute]``: a whole number, the middle at two fifths of the range."""
    rank = c.attr(args[2]) if len(args) > 2 else c.lane()
    low, high = _limits(c, args, 1)
    return _finish(c, Values(np.minimum(_range_lut(low, high)[rank], high)))


@drawer("number")
def number(c: Column, args: tuple[str, ...]) -> Values:
    """``number;low;high[;attribute]``: a number with one decimal."""
    rank = c.attr(args[2]) if len(args) > 2 else c.lane()
    low, high = _limits(c, args, 10)
    return _finish(c, Values(np.minimum(_range_lut(low, high)[rank], high) / 10))


@drawer("date")
def some_date(c: Column, args: tuple[str, ...]) -> Values:
    """``date[;month]``: a day in the academic year of the row."""
    year = np.where(c.rows.year > 0, c.rows.year, 2010).astype(np.int64)
    start = ((year - 1 - 1970) * 12 + 8).astype("datetime64[M]").astype("datetime64[D]")
    day = start + (c.lane() * 300 // LANES).astype("timedelta64[D]")
    return drop_missing(c, Values(day))


@drawer("year")
def year_text(c: Column, args: tuple[str, ...]) -> Values:
    """``year;pattern``: the row's year written as LEO writes it (``{a}`` start, ``{b}`` end)."""
    segments = c.rows.segments
    years = sorted({*c.ctx.years, *(y for y, _, _ in segments)}) or [2010]
    words = tuple(
        args[0].format(a=y - 1, b=y, bb=f"{y % 100:02d}", aa=f"{(y - 1) % 100:02d}") for y in years
    )
    position = [years.index(y) for y, _, _ in segments]
    index = np.repeat(np.array(position, dtype=np.int16), [b - a for _, a, b in segments])
    text = c.variable.type == "text"
    return Values(index, None, pa.array(words, pa.string()) if text else dictionary_of(words))


@drawer("text")
def text(c: Column, args: tuple[str, ...]) -> Values:
    """``text;attribute;pattern``: a number written out, for pseudonyms of schools and places."""
    if c.variable.codelist:
        return categories(c, lambda year: None)
    found = c.attr(args[0]) if args[0] != "-" else c.lane() * 500 // LANES
    if found is None:
        return null(c, ())
    top = int(found.max()) + 1 if len(found) else 1
    if top <= 1 << 17:  # a pool of places or schools: write every name once
        words = _pool(args[1], 1 << max(top - 1, 1).bit_length())
        return drop_missing(c, Values(np.maximum(found, 0), found >= 0, words))
    unique, index = np.unique(found, return_inverse=True)
    words = pa.array([args[1].format(max(int(v), 0)) for v in unique], pa.string())
    return drop_missing(c, Values(index, found >= 0, words))


@lru_cache(maxsize=60)
def _pool(pattern: str, size: int) -> pa.Array:
    return pa.array([pattern.format(i) for i in range(size)], pa.string())


@drawer("binary")
def binary(c: Column, args: tuple[str, ...]) -> Values:
    """``binary;attribute;prefix``: sixteen bytes, as provider pseudonyms arrive."""
    found = c.attr(args[0])
    if found is None:
        return null(c, ())
    unique, index = np.unique(found, return_inverse=True)
    words = [f"{args[1]}{int(v):0{16 - len(args[1])}d}".encode() for v in unique]
    return drop_missing(c, Values(index, None, pa.array(words, pa.binary())))


@drawer("months")
def months(c: Column, args: tuple[str, ...]) -> Values:
    """``months;attribute``: twelve characters of 0 and 1, April to March."""
    unique, index = np.unique(c.attr(args[0]), return_inverse=True)
    return Values(index, None, pa.array([f"{int(v):012b}" for v in unique], pa.string()))


@drawer("const")
def constant(c: Column, args: tuple[str, ...]) -> Values:
    """``const;value``: the same text in every row."""
    return drop_missing(
        c, Values(np.zeros(len(c.rows), dtype=np.int8), None, dictionary_of((args[0],)))
    )


@drawer("null")
def null(c: Column, args: tuple[str, ...]) -> Values:
    """Never filled: listed on the request form but not supplied."""
    n, kind = len(c.rows), c.variable.type
    empty = {"date": "datetime64[D]", "integer": np.int32, "number": np.float64}.get(kind)
    if empty is not None and not c.variable.codelist:
        return Values(np.zeros(n, dtype=empty), np.zeros(n, dtype=bool))
    return Values(np.zeros(n, dtype=np.int8), np.zeros(n, dtype=bool), pa.array([""], pa.string()))


@drawer("over")
def over(c: Column, args: tuple[str, ...]) -> Values:
    """``over;missed;possible;percent``: one where the share missed reaches the percentage."""
    missed, possible = c.attr(args[0]), c.attr(args[1])
    hit = (missed * 100 >= possible * int(args[2])) & (possible > 0)
    found = Coded(hit.astype(np.int8), ("0", "1"))
    return recode(c, found) if c.variable.codelist else Values(hit.astype(np.int8))


@drawer("when")
def when(c: Column, args: tuple[str, ...]) -> Values:
    """``when;attribute[;distribution][;rank[;rare]]``: a code, only in rows whose attribute is one.

    With a rank the showcase people show rare codes only if the line says so.
    """
    name = args[1] if len(args) > 1 else None

    def source(year: int) -> dict[str, float] | None:
        if name is None:
            return None
        given = shares(name, year)
        return code_positions(c.catalogue, c.variable, tuple(given), given)

    wanted = c.attr(args[0]) == 1
    if not c.variable.codelist:
        given = shares(name) if name else {"1": 1.0}
        index = category_lut(list(given.values()))[c.lane()]
        return Values(index, wanted, dictionary_of(tuple(given)))
    out = categories(c, source, c.attr(args[2]) if len(args) > 2 else None, len(args) != 3)
    out.valid = wanted if out.valid is None else out.valid & wanted
    return out


@drawer("grade")
def grade(c: Column, args: tuple[str, ...]) -> Values:
    """``grade;distribution``: a grade near the person's rank, missing where not entered."""
    near = np.clip(c.attr("rank") + (c.lane() - LANES // 2) // 3, 0, LANES - 1)

    def source(year: int) -> dict[str, float] | None:
        given = shares(args[0], year)
        return code_positions(c.catalogue, c.variable, tuple(given), given)

    if not c.variable.codelist:
        return drop_missing(c, Values(near * 10 // LANES))
    return categories(c, source, LANES - 1 - near)  # grades are listed best first


@drawer("scale")
def scale(c: Column, args: tuple[str, ...]) -> Values:
    """``scale;rank``: one of the list's codes, low to high with the person's rank."""
    near = np.clip(c.attr(args[0]) + (c.lane() - LANES // 2) // 2, 0, LANES - 1)
    return categories(c, lambda year: None, near)


@drawer("flag3")
def flag3(c: Column, args: tuple[str, ...]) -> Values:
    """``flag3;rank``: T, F or N, true more often at a higher rank."""
    near = (c.attr(args[0]) + c.lane()) // 2
    index = np.where(near > LANES // 4, 0, np.where(near > LANES // 24, 1, 2))
    return recode(c, Coded(index, ("T", "F", "N")))


@drawer("term")
def term(c: Column, args: tuple[str, ...]) -> Values:
    """``term``: the census term, as the view's name has it."""
    words = {"aut": "Autumn", "spr": "Spring", "sum": "Summer"}
    word = words.get((c.ctx.term or "spr").lower(), "Spring")
    return Values(np.zeros(len(c.rows), dtype=np.int8), None, dictionary_of((word,)))


#: First and last SIC 2007 division of each section.
DIVISIONS = {
    "A": (1, 3),
    "B": (5, 9),
    "C": (10, 33),
    "D": (35, 35),
    "E": (36, 39),
    "F": (41, 43),
    "G": (45, 47),
    "H": (49, 53),
    "I": (55, 56),
    "J": (58, 63),
    "K": (64, 66),
    "L": (68, 68),
    "M": (69, 75),
    "N": (77, 82),
    "O": (84, 84),
    "P": (85, 85),
    "Q": (86, 88),
    "R": (90, 93),
    "S": (94, 96),
    "T": (97, 98),
    "U": (99, 99),
}


@drawer("sic")
def sic(c: Column, args: tuple[str, ...]) -> Values:
    """``sic;rank;known``: a class in a division of the firm's section, where the firm is known."""
    given = shares("sic_section")
    rank = c.attr(args[0])
    section = category_lut(list(given.values()))[rank]
    low, high = (np.array([DIVISIONS[k][i] for k in given])[section] for i in (0, 1))
    number = (low + rank % (high - low + 1)) * 1000 + (rank % 9 + 1) * 100 + 10 * (rank % 5 + 1)
    unique, index = np.unique(number, return_inverse=True)
    words = pa.array([f"{v:05d}" for v in unique], pa.string())
    return drop_missing(c, Values(index, c.attr(args[1]) == 1, words))
