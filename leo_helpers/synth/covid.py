"""Furlough: who was on it in which months.

It is one state a person and month from March 2020 to March 2021, from which the rows of both tax
years are written and by which jobs are kept open (``jobs``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, lane
from .luts import category_lut
from .marginals import rate, shares
from .rows import Context, Rows, build, rows_for, stack
from .spine import Spine
from .work import linked, working

#: Months of furlough that the data can see: March 2020 to March 2021.
MONTHS = 13


def _drawn(spine: Spine, name: str) -> NDArray[np.int64]:
    """A whole number a person from the shares of that name."""
    given = shares(name)
    return np.array([int(k) for k in given])[category_lut(list(given.values()))[spine.rank(name)]]


def furloughed(spine: Spine) -> NDArray[np.bool_]:
    """Furloughed at some time in each month from March 2020, array (people, MONTHS)."""
    return spine.once("furloughed", lambda: _furloughed(spine))


def _furloughed(spine: Spine) -> NDArray[np.bool_]:
    job, month = working(spine), np.arange(MONTHS)[None, :]
    chosen = job[:, -1] & (spine.rank("furlough") < _takeup(spine) * LANES)
    early = chosen & job[:, -2]  # the others were hired later: only the scheme from November
    begin, again = _drawn(spine, "furlough_begin"), _drawn(spine, "furlough_again")
    over = np.maximum(begin, 1) + _drawn(spine, "furlough_months")
    late = np.where(early, again, _drawn(spine, "furlough_late_begin"))
    late = np.where(chosen & (~early | (over < late)), late, MONTHS)
    until = late + _drawn(spine, "furlough_months_again")
    first = early[:, None] & (month >= begin[:, None]) & (month < over[:, None])
    return first | ((month >= late[:, None]) & (month < until[:, None]))


def _takeup(spine: Spine) -> NDArray[np.float64]:
    """Chance that an employee of 2020-21 was furloughed, by age and sex."""
    out, age = np.zeros(len(spine)), 2020 - spine.cohort.astype(np.int64)
    for position, sex in enumerate(shares("sex")):
        for one in np.unique(age):
            rows = (age == one) & (spine.sex == position)
            out[rows] = rate("cjrs_takeup", 2020, age=int(min(max(one, 16), 36)), sex=sex)
    return out


@rows_for("leo_cjrs")
def furlough(ctx: Context) -> Rows:
    """Furloughed employees by tax year with their month strings and weeks."""
    spine = ctx.spine
    on = furloughed(spine) & linked(spine, ctx.faults)[:, None]
    stays = np.column_stack([on[:, 1:], np.ones(len(spine), dtype=bool)])  # the scheme went on
    some = np.stack([spine.rank("furlough days", m) for m in range(MONTHS)], axis=1)
    inside = on & ~stays & (some < rate("furlough_back_inside") * LANES)
    days = np.where(inside, 3 + some * 40 // LANES, 30)
    days[:, 0] = 9 + some[:, 0] * 22 // LANES  # hardly anybody from the first of March 2020
    parts = []
    for year, months in ((2020, slice(0, 1)), (2021, slice(1, MONTHS))):
        person = np.flatnonzero(on[:, months].any(axis=1))
        rows = build(ctx, person, year)
        during, ended = on[person, months], (on & ~inside)[person, months]
        bits = 1 << np.arange(during.shape[1])[::-1]
        most = -(-during.sum(axis=1) * 13 // 3)
        weeks = -(-(days[person, months] * during).sum(axis=1) // 7)
        weeks = weeks * np.where(lane(rows.key, "two jobs") < rate("furlough_two") * LANES, 2, 1)
        rows.attrs.update(
            months_during=during @ bits,
            months_end=ended @ bits,
            weeks=np.minimum(weeks, most),
            capped=(weeks > most).astype(np.int8),
        )
        parts.append(rows)
    return stack(*parts)
