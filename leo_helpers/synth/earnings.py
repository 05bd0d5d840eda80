"""Pay from employers by tax year: a yearly rate of pay, for the days that there was a job."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .firms import employer_in
from .hashing import LANES, derive, lane
from .jobs import days_worked
from .keys import both_edukeys, key_slot
from .luts import category_lut
from .marginals import rate
from .pay import yearly_pay
from .rows import Context, Rows, build, rows_for, stack
from .work import TAX_YEARS, linked, working

#: First tax year END of the earnings.
FIRST_YEAR = 2004
#: Pay in a year at the weekly lower earnings limit of 2012-13 (52 x 107 pounds).
LOWER_LIMIT_2013 = 5_564
#: Last tax year END in which employers did not have to report pay below that limit.
LAST_LIMIT = 2013


def _earned(
    ctx: Context, yearly: NDArray[np.int64], person: NDArray, year: NDArray
) -> NDArray[np.int64]:
    """Pounds for the days worked in the tax year, at a yearly rate; at least one."""
    days = days_worked(ctx)[person, year - TAX_YEARS[0]]
    return np.maximum(yearly * days // 365, 1)


def _by_key(ctx: Context, rows: Rows) -> Rows:
    """Rows with their EDUKEY; where both are in use, two rows share the year's pay."""
    year = rows.year.astype(np.int64)
    both = both_edukeys(ctx, rows.person, year)
    rows.attrs["slot"] = key_slot(ctx.spine, "edukey", rows.person, year) & ~both
    again = rows.take(np.flatnonzero(both))
    again.key = derive(again.key, "other key")
    again.attrs["slot"] = np.ones(len(again), dtype=bool)
    whole = again.attrs["earnings"]
    again.attrs["earnings"] = whole * (200 + lane(again.key, "part") * 600 // LANES) // 1000
    rows.attrs["earnings"][both] -= again.attrs["earnings"]
    return stack(rows, again)


def _reported(ctx: Context, rows: Rows) -> Rows:
    """Without some of those whose pay, as a weekly rate, was below the limit for reporting it."""
    then = int(1000 * rate("earnings_index", LAST_LIMIT))
    limits = np.array(
        [LOWER_LIMIT_2013 * int(1000 * rate("earnings_index", int(y))) // then for y in TAX_YEARS]
    )
    low = rows.attrs["yearly"] < limits[rows.year.astype(np.int64) - TAX_YEARS[0]]
    unseen = low & (rows.year <= LAST_LIMIT) & ctx.hit("below_reporting_limit", rows.key)
    return rows.take(np.flatnonzero(~unseen))


@rows_for("leo_earnings")
def earnings(ctx: Context) -> Rows:
    """Pay from employers by tax year, 2004 to 2021, with the main enterprise."""
    spine = ctx.spine
    first = int(np.flatnonzero(TAX_YEARS == FIRST_YEAR)[0])
    active = working(spine)[:, first:] & linked(spine, ctx.faults)[:, None]
    person, j = np.nonzero(active)
    rows = build(ctx, person, TAX_YEARS[first + j])
    year = rows.year.astype(np.int64)
    rows.attrs["yearly"] = yearly_pay(spine, rows.person, year, lane(rows.key, "luck"))
    rows.attrs["earnings"] = _earned(ctx, rows.attrs["yearly"], rows.person, year)
    rows = _reported(ctx, _by_key(ctx, rows))
    person, year, second = rows.person, rows.year.astype(np.int64), rows.attrs["slot"]
    number = 1 + category_lut([0.72, 0.2, 0.06, 0.02])[lane(rows.key, "jobs")].astype(np.int64)
    rows.attrs["jobs"] = number
    stay = (year + spine.rank("emp")[person] % 3) // 3 + 4096 * second
    employer = derive(spine.key[person], "employer", n=stay)
    rows.attrs["enterprise"] = employer_in(employer, year, spine.seed)
    rows.attrs["unmatched_firm"] = ctx.hit("firm_not_in_idbr", employer).astype(np.int8)
    part = np.where(number == 1, 1000, 500 + lane(rows.key, "part") * 480 // LANES)
    rows.attrs["main_earnings"] = rows.attrs["earnings"] * part // 1000
    rows.attrs["source_year"] = np.where(year <= 2017, 2019, 2020)
    return rows


def main_pay(ctx: Context, year: int) -> NDArray[np.int64]:
    """Pay from employers in one tax year, 0 for those without, as the earnings have it."""
    spine = ctx.spine
    who = np.flatnonzero(working(spine)[:, year - TAX_YEARS[0]])
    years = np.full(len(who), year)
    key = derive(spine.key[who], "leo_earnings", n=year * 4096)
    out = np.zeros(len(spine), dtype=np.int64)
    out[who] = _earned(ctx, yearly_pay(spine, who, years, lane(key, "luck")), who, years)
    return out
