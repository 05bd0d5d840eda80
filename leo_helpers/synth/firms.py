"""Firms: the business register counts each once, pay sees them through their employees.

The register's sizes are spread over firms (``firm_employees``), so small firms are most of it. A
young employee's firm is drawn by size band (``firm_size_band``) and within the band in proportion
to its employees, so most people with pay work for large firms. Both tables know the same firms,
and nobody is paid by a firm before its first month or after its last.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, U64, counter, derive, lane
from .luts import category_lut, cut_points, quantile_lut
from .marginals import quantiles, rate, shares
from .rows import Context, Rows, reference_rows, repeat, rows_for

ENTERPRISES = 20_000
#: Scatters the sizes over the firm numbers (prime to their number).
_STEP = 7919
#: Firms from this size on are given industries one by one, so that employees divide as published.
_LARGE = 50
#: Months to which the two extracts of the register go, by source year.
EXTRACTS = {2019: np.datetime64("2018-01"), 2020: np.datetime64("2020-09")}
#: First month of the tax years that join to the later extract: firms closed by then are not in it.
_LATER = np.datetime64("2017-04")


@cache
def employees() -> NDArray[np.int32]:
    """Employees of each firm, by firm number.

    Examples
    --------
    >>> float((employees() < 10).mean().round(2))
    0.82
    """
    order = np.arange(ENTERPRISES) * _STEP % ENTERPRISES
    return quantile_lut(quantiles("firm_employees"))[(2 * order + 1) * LANES // (2 * ENTERPRISES)]


@cache
def _bands() -> list[tuple[float, NDArray[np.intp]]]:
    """Share of employees, and the firms, of each size band."""
    given = shares("firm_size_band")
    starts = [int(band.rstrip("+").split("-")[0]) for band in given]
    which = np.searchsorted(starts, employees(), side="right") - 1
    return [(share, np.flatnonzero(which == i)) for i, share in enumerate(given.values())]


@cache
def _employer_lut() -> NDArray[np.int32]:
    """Firm by size band and lane: each firm as often as it has employees."""
    out = np.empty((len(_bands()), LANES), dtype=np.int32)
    for i, (_, firms) in enumerate(_bands()):
        above = np.cumsum(employees()[firms], dtype=np.int64)
        place = (2 * np.arange(LANES, dtype=np.int64) + 1) * above[-1] // (2 * LANES)
        out[i] = firms[np.searchsorted(above, place, side="right")]
    return out


def employer_of(key: U64, again: int = 0) -> NDArray[np.int32]:
    """Firm number of each employment, seen from the employee; `again` gives others of its size."""
    band = category_lut([share for share, _ in _bands()])[lane(key, "band")]
    other = derive(key, "again", n=again) if again else key
    return _employer_lut()[band, lane(other, "firm")]


@cache
def industry(seed: int) -> NDArray[np.int64]:
    """Lane of each firm from which its section and class are read, by firm number."""
    own = lane(counter("leo_idbr", seed, n=np.arange(ENTERPRISES) + 1), "industry")
    out, cuts = own.copy(), np.array([0, *cut_points(list(shares("sic_section").values()))])
    weight = np.zeros(ENTERPRISES, dtype=np.int64)
    for share, firms in _bands():
        size = employees()[firms].astype(np.int64)
        weight[firms] = size * round(share * 10**9) // size.sum()
    large = np.flatnonzero(employees() >= _LARGE)
    large = large[np.argsort(-weight[large], kind="stable")]
    short = np.diff(cuts) * weight[large].sum() // LANES  # employees that a section still lacks
    for firm in large:
        section = int(short.argmax())
        short[section] -= weight[firm]
        width = cuts[section + 1] - cuts[section]
        out[firm] = cuts[section] + own[firm] * width // LANES
    return out


@cache
def life(seed: int) -> tuple[NDArray, NDArray]:
    """First and last month of each firm, by firm number; no last month if it is still live."""
    key = counter("leo_idbr", seed, n=np.arange(ENTERPRISES) + 1)
    born = np.empty(ENTERPRISES, dtype=np.int64)
    closes = np.zeros(ENTERPRISES, dtype=bool)
    for band, (_, firms) in zip(shares("firm_size_band"), _bands(), strict=True):
        born[firms] = quantile_lut(quantiles("firm_born", size=band), 12)[lane(key[firms], "born")]
        closes[firms] = lane(key[firms], "closes") < rate("firm_closed", size=band) * LANES
    first = (born - 1970 * 12).astype("datetime64[M]")
    since = np.maximum(first + 12, np.datetime64("2005-01"))
    room = (EXTRACTS[2020] - since).astype(np.int64)
    last = since + lane(key, "last") * np.maximum(room, 1) // LANES
    return first, np.where(closes & (room > 0), last, np.datetime64("NaT", "M"))


def employer_in(key: U64, year: NDArray, seed: int) -> NDArray[np.int32]:
    """Firm number of each employment: the first one drawn that was live in the tax year."""
    firm, (first, last) = employer_of(key), life(seed)
    begin = ((np.asarray(year) - 1971) * 12 + 3).astype("datetime64[M]")  # April
    for again in range(1, 65):
        gone = (first[firm] > begin + 11) | (last[firm] < begin)  # no last month: never before
        rows = np.flatnonzero(gone)
        if not len(rows):
            break
        firm[rows] = employer_of(key[rows], again)
    return firm


@rows_for("leo_idbr")
def enterprises(ctx: Context) -> Rows:
    """Firms in two register extracts (written once, with the first people)."""
    which, extract = repeat(np.full(0 if ctx.spine.start else ENTERPRISES, 2))
    order = np.argsort(extract, kind="stable")
    rows = reference_rows(ctx, which[order], extract[order] + 2019)
    year, firm = rows.year.astype(np.int64), rows.attrs["enterprise"]
    born, closed = (month[firm] for month in life(ctx.spine.seed))
    seen = np.where(year == 2019, *EXTRACTS.values())
    rows.attrs["source_year"] = year
    rows.attrs["born"] = born.astype("datetime64[D]")
    rows.attrs["closed"] = np.where(closed <= seen, closed, np.datetime64("NaT", "M")).astype(
        "datetime64[D]"
    )
    return rows.take(np.flatnonzero((born <= seen) & ~((year == 2020) & (closed < _LATER))))
