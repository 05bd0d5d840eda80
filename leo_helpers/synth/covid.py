"""Furlough and grants to the self-employed: who had them in which months, and for how much.

Furlough is one state a person and month from March 2020 to March 2021, from which the rows of both
tax years are written and by which jobs are kept open (``jobs``). Grants follow from the profits of
the three years before, as the rules of the scheme had it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, lane
from .luts import category_lut
from .marginals import rate, shares
from .rows import NOTHING, Context, Rows, build, rows_for, stack
from .spine import Spine
from .work import linked, main_pay, profit, self_employed, working

#: Months of furlough that the data can see: March 2020 to March 2021.
MONTHS = 13
#: Yearly profit above which nobody was eligible for a grant.
PROFIT_LIMIT = 50_000
#: Grants of 2020-21: share of a year's profit and most pounds (gov.uk: 80, 70 and 80 per cent of
#: three months), and their months in the string, April first (assumed: three from each opening).
GRANTS = ((200, 7_500, 0b011100000000), (175, 6_570, 0b000011100000), (200, 7_500, 0b000000011100))


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


def _profits(spine: Spine, trading: NDArray[np.bool_]) -> tuple[NDArray, NDArray]:
    """Profit of 2018-19, and the mean over the years to then in which there was a return."""
    who = np.arange(len(spine))
    gains = np.stack([profit(spine, who, np.full(len(who), y)) for y in (2017, 2018, 2019)], 1)
    gains = np.where(trading & (gains != NOTHING), gains, 0)
    return gains[:, 2], gains.sum(axis=1) // np.maximum(trading.sum(axis=1), 1)


@rows_for("leo_seiss")
def seiss(ctx: Context) -> Rows:
    """Self-employed people who claimed a grant in 2020-21."""
    spine = ctx.spine
    trading = self_employed(spine, ctx.faults)[:, 2017 - 2014 : 2020 - 2014 + 1]
    latest, mean = _profits(spine, trading[:, :3])
    fit = trading[:, 2:].all(axis=1) & (latest >= main_pay(spine, 2019)) & (mean > 0)
    fit &= (latest > 0) & (latest <= PROFIT_LIMIT)
    takeup = np.array([rate("seiss_takeup", 2020, sex=s) for s in shares("sex")])[spine.sex]
    person = np.flatnonzero(fit & (spine.rank("seiss") < takeup * LANES))
    rows = build(ctx, person, 2021)
    got = np.ones((len(rows), len(GRANTS)), dtype=bool)
    for number in (2, 3):
        more = rate("seiss_later_grant", grant=number) * LANES
        got[:, number - 1] = lane(rows.key, "grant", number) < more
    part, most, bits = (np.array(g) for g in zip(*GRANTS, strict=True))
    amounts = np.minimum(mean[person, None] * part // 1000, most)
    months = (got * bits).sum(axis=1)
    rows.attrs.update(
        months_during=months,
        months_end=months,
        weeks=13 * got.sum(axis=1),
        amount=(got * amounts).sum(axis=1),
    )
    return rows
