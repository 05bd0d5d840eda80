"""Rows: who has a row in a view, in which year, how often, and what that row is about.

Each table has one function, registered with :func:`rows_for`, that turns a block of people into
:class:`Rows`. What a row is about (a school, a spell, an aim) is held in ``attrs``; the columns are
drawn afterwards from the declarative table ``data/marginals/draws.csv``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, U64, counter, derive, lane
from .spine import SCHOOL_YEARS, Spine

DAY = np.timedelta64(1, "D")
#: Stands for no number in attributes that may be negative.
NOTHING = int(np.iinfo(np.int32).min)


@dataclass(frozen=True)
class Coded:
    """A column of categories: positions in `values`, -1 for missing."""

    index: NDArray
    values: tuple[str, ...]

    def __getitem__(self, rows: NDArray) -> Coded:
        return Coded(self.index[rows], self.values)


@dataclass
class Rows:
    """The rows of one view for one block of people, before its columns are drawn.

    Parameters
    ----------
    person : array of int
        Position of each row's person in the block.
    year : array of int
        END year of each row, ascending (0 where the table has none).
    key : array of uint64
        One key a row, from person, table, year and occurrence.
    attrs : dict
        Numbers, dates or :class:`Coded` columns, one value a row.
    """

    person: NDArray
    year: NDArray
    key: U64
    attrs: dict[str, NDArray | Coded] = field(default_factory=dict)
    #: Columns that other columns of the same rows read again; not carried to chosen rows.
    memo: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.person)

    @cached_property
    def segments(self) -> list[tuple[int, int, int]]:
        """(year, first row, end row) of each year, in order."""
        if not len(self):
            return []
        starts = np.flatnonzero(np.diff(self.year, prepend=self.year[0] - 1))
        ends = [*starts[1:], len(self)]
        return [(int(self.year[a]), int(a), int(b)) for a, b in zip(starts, ends, strict=True)]

    def take(self, rows: NDArray | slice) -> Rows:
        """The chosen rows, in that order."""
        return Rows(
            self.person[rows],
            self.year[rows],
            self.key[rows],
            {k: v[rows] for k, v in self.attrs.items()},
        )


@dataclass
class Context:
    """What a row function may look at: the people, the view and the fault dial."""

    spine: Spine
    table: str
    year: int | None = None
    term: str | None = None
    faults: dict[str, float] = field(default_factory=dict)
    years: tuple[int, ...] = ()

    def hit(self, fault: str, key: U64, scale: NDArray | float = 1.0) -> NDArray[np.bool_]:
        """Rows that a named fault strikes, at its rate (times `scale`)."""
        limit = np.asarray(self.faults.get(fault, 0.0) * LANES * scale)
        return lane(key, "fault", fault) < limit


RowFunction = Callable[[Context], Rows]
ROWS: dict[str, RowFunction] = {}


def rows_for(*tables: str) -> Callable[[RowFunction], RowFunction]:
    """Register the row function of one or more tables."""

    def register(function: RowFunction) -> RowFunction:
        ROWS.update(dict.fromkeys(tables, function))
        return function

    return register


def build(
    ctx: Context,
    person: NDArray,
    year: NDArray | int,
    occurrence: NDArray | int = 0,
    **attrs: NDArray | Coded,
) -> Rows:
    """Rows with their keys, sorted by year (stable)."""
    person = np.asarray(person, dtype=np.int64)
    year = np.broadcast_to(np.asarray(year, dtype=np.int64), person.shape)
    number = year * 4096 + occurrence
    rows = Rows(
        person,
        year.astype(np.int16),
        derive(ctx.spine.key[person], ctx.table, n=number),
        dict(attrs),
    )
    if ctx.year is None and len(person) and (np.diff(rows.year) < 0).any():
        rows = rows.take(np.argsort(rows.year, kind="stable"))
    return rows


def stack(*parts: Rows) -> Rows:
    """Rows below one another, sorted by year; all parts have the same attributes."""
    attrs: dict[str, NDArray | Coded] = {}
    for name, first in parts[0].attrs.items():
        columns = [p.attrs[name] for p in parts]
        if isinstance(first, Coded):
            attrs[name] = Coded(np.concatenate([c.index for c in columns]), first.values)
        else:
            attrs[name] = np.concatenate(columns)
    out = Rows(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("person", "year", "key")), attrs
    )
    return out.take(np.argsort(out.year, kind="stable"))


def reference_rows(ctx: Context, item: NDArray, year: NDArray) -> Rows:
    """Rows that belong to a thing (an aim, a firm), not to a person."""
    key = derive(counter(ctx.table, ctx.spine.seed, n=item + 1), "year", n=year)
    stable = counter(ctx.table, ctx.spine.seed, n=item + 1)
    return Rows(
        np.zeros(len(item), dtype=np.int64),
        year.astype(np.int16),
        key,
        {
            "aim": item,
            "enterprise": item,
            "level": lane(stable, "level") * 6 // LANES,
            "stable": stable,
        },
    )


def repeat(counts: NDArray) -> tuple[NDArray, NDArray]:
    """Positions repeated `counts` times, and the occurrence number of each repeat.

    Examples
    --------
    >>> [x.tolist() for x in repeat(np.array([2, 0, 1]))]
    [[0, 0, 2], [0, 1, 0]]
    """
    position = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return position, np.arange(len(position)) - first


def date(year: NDArray | int, month: int, day: int = 1) -> NDArray:
    """Dates (numpy days) of one day of the year.

    Examples
    --------
    >>> str(date(np.array([2011]), 4, 6)[0])
    '2011-04-06'
    """
    months = (np.atleast_1d(year).astype(np.int64) - 1970) * 12 + month - 1
    return months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)


def spread(key: U64, name: str, days: NDArray | int) -> NDArray:
    """A number of days from 0 to `days` - 1 a row, as timedeltas."""
    return (lane(key, name) * np.asarray(days, dtype=np.int64) // LANES).astype("timedelta64[D]")


def column_of(year: int) -> int:
    """Column of an academic year END in the yearly arrays of the spine."""
    return int(year - SCHOOL_YEARS[0])


def runs(active: NDArray[np.bool_], cut: NDArray[np.bool_]) -> tuple[NDArray, NDArray, NDArray]:
    """Maximal runs of true cells along each row, broken where `cut` is true.

    Returns
    -------
    person, first, last : arrays of int
        Row number and the first and last column of each run.

    Examples
    --------
    >>> a = np.array([[True, True, False, True]])
    >>> [x.tolist() for x in runs(a, np.zeros_like(a))]
    [[0, 0], [0, 3], [1, 3]]
    """
    before = np.zeros_like(active)
    before[:, 1:] = active[:, :-1]
    starts = active & (~before | cut)
    after_start = np.ones_like(active)
    after_start[:, :-1] = ~active[:, 1:] | starts[:, 1:]
    ends = active & after_start
    person, first = np.nonzero(starts)
    return person, first, np.nonzero(ends)[1]
