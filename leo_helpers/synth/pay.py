"""Yearly rates of pay: published spreads for everybody and for graduates, made to agree.

The published figures are annualised: what a whole year at that pay brings. The spread by years
after key stage 4 is that of everybody, graduates included. What is left when the graduates' own
spread is taken out of it is the spread of all others.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES
from .luts import blend, quantile_lut
from .marginals import quantiles, rate
from .spine import Spine, rank_among, reference

#: Pounds between two points of the grid on which spreads are subtracted.
STEP = 20
LAST_YAG, LAST_YAK = 10, 19
#: Last tax year END of the earnings.
LAST_YEAR = 2021


def lasting_pay(spine: Spine) -> NDArray[np.intp]:
    """A person's lasting pay rank; part of it is attainment (assumed)."""
    return blend(spine.rank("pay"), spine.attainment("work"), 5)


def years_graduated(spine: Spine, person: NDArray, year: NDArray) -> NDArray[np.int64]:
    """Tax years since a person finished a first degree, 0 before that or without one."""
    finished = spine.he_entry[person] + spine.he_years[person] - 1
    return np.where(spine.graduated[person] & (year > finished), year - finished, 0)


@cache
def _known() -> tuple[NDArray, NDArray, NDArray]:
    """Lasting pay rank, years from key stage 4 to the degree (99: none) and its year (0: none)."""
    people = reference()
    finished = people.he_entry + people.he_years - 1
    wait = np.where(people.graduated, finished - people.ks4_year, 99)
    return lasting_pay(people), wait, np.where(people.graduated, finished, 0)


@cache
def _seen(after: int) -> NDArray[np.bool_]:
    """Made-up people old enough to be paid so many years after key stage 4 by the last year.

    Late years are seen of early cohorts only, of whom fewer went to university.
    """
    return reference().ks4_year + after <= LAST_YEAR


@cache
def _rank_lut(graduate: int, after: int) -> NDArray[np.int32]:
    """Rank among graduates so many years on, or (`graduate` 0) among all others by `after`.

    Only people who can be seen then count.
    """
    ranks, wait, finished = _known()
    if graduate:
        return rank_among(ranks[(finished > 0) & (finished + graduate <= LAST_YEAR)])
    return rank_among(ranks[(wait >= after) & _seen(after)])


@cache
def _graduate_lut(years: int) -> NDArray[np.int32]:
    return quantile_lut(quantiles("earnings", yag=years))


@cache
def _other_lut(after: int) -> NDArray[np.int32]:
    """Pay of those who are no graduates (yet): everybody's spread less the graduates'."""
    everybody = quantile_lut(quantiles("earnings", yak=after))
    wait = _known()[1][_seen(after)]
    if not (wait < after).any():
        return everybody
    grid = np.arange(0, int(everybody.max()) + STEP, STEP)
    below = len(wait) * np.searchsorted(everybody, grid, side="right").astype(np.int64)
    for years in range(1, after + 1):
        people = int((after - wait == years).sum())
        lut = _graduate_lut(min(years, LAST_YAG))
        below -= people * np.searchsorted(lut, grid, side="right")
    others = int((wait >= after).sum())
    below = np.maximum.accumulate(np.clip(below, 0, others * LANES))
    lane = np.arange(LANES, dtype=np.int64)
    at = np.minimum(np.searchsorted(below, lane * others + others // 2), len(grid) - 1)
    return (np.maximum(grid[at] - STEP, 0) + lane * 7919 % STEP).astype(np.int32)


def yearly_pay(spine: Spine, person: NDArray, year: NDArray, luck: NDArray) -> NDArray[np.int64]:
    """Pounds of the day that a whole tax year brings.

    Parameters
    ----------
    spine : Spine
        The people.
    person, year : array of int
        Position of the person and END of the tax year, one a row.
    luck : array of int
        A fresh rank a row.

    Returns
    -------
    numpy.ndarray
        Rate of pay, by years after key stage 4, or after graduation for graduates.
    """
    after = np.clip(year - spine.ks4_year[person], 1, LAST_YAK)
    graduate = np.minimum(years_graduated(spine, person, year), LAST_YAG)
    base = lasting_pay(spine)[person]
    out = np.zeros(len(person), dtype=np.int64)
    band = np.where(graduate > 0, 100 + graduate, after)
    for one in np.unique(band):
        rows = np.flatnonzero(band == one)
        ranks, lut = (
            (_rank_lut(int(one) - 100, 0), _graduate_lut(int(one) - 100))
            if one > 100
            else (_rank_lut(0, int(one)), _other_lut(int(one)))
        )
        out[rows] = lut[blend(ranks[base[rows]], luck[rows], 6)]
    first = int(year.min()) if len(year) else 0
    last = int(year.max()) if len(year) else 0
    index = np.array([round(1000 * rate("earnings_index", y)) for y in range(first, last + 1)])
    return out * index[year - first] // 1000
