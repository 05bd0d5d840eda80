"""Grants to the self-employed in 2020-21: who had them in which months, and for how much.

They follow from the profits of the three years before, as the rules of the scheme had it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .earnings import main_pay
from .hashing import LANES, lane
from .marginals import rate, shares
from .rows import NOTHING, Context, Rows, build, rows_for
from .spine import Spine
from .work import profit, self_employed

#: Yearly profit above which nobody was eligible for a grant.
PROFIT_LIMIT = 50_000
#: Grants of 2020-21: share of a year's profit and most pounds (gov.uk: 80, 70 and 80 per cent of
#: three months), and their months in the string, April first (assumed: three from each opening).
GRANTS = ((200, 7_500, 0b011100000000), (175, 6_570, 0b000011100000), (200, 7_500, 0b000000011100))


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
    fit = trading[:, 2:].all(axis=1) & (latest >= main_pay(ctx, 2019)) & (mean > 0)
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
