"""The foundation stage profile: thirteen scales of nine points, their totals and items."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from .draws import Column, Values, drawer, recode
from .hashing import LANES, lane
from .luts import quantile_lut, threshold
from .marginals import quantiles, rate
from .numbers import numbers_or_letter
from .rows import Coded, Rows

AREAS = {"PSE": 3, "CLL": 4, "PSRN": 3}
SCALES = (
    *(f"{area}_AS{i}" for area, count in AREAS.items() for i in range(1, count + 1)),
    *("RKUW", "RIPD", "RICD"),
)
#: The seven scales that must all stand at six or more for a good level of development.
GOOD = tuple(i for i, name in enumerate(SCALES) if name.startswith(("PSE", "CLL")))
#: Share of children not assessed, and of those with a statement of special needs (assumed).
UNSEEN, STATEMENT_UNSEEN = 0.008, 0.5
#: Scales that a child short of a good level fails, with the share that fails each (assumed).
WEAKEST = {"CLL_AS4": 0.75, "CLL_AS2": 0.15, "PSE_AS3": 0.1}


def scale_points(rows: Rows) -> NDArray[np.int8]:
    """Points on each scale, shape (13, rows); -1 in a row that was not assessed.

    The scales of a row add up to a total drawn from the published spread. Above the published
    share of children with a good level of development no scale of the first seven is under six;
    below it one of them is.
    """
    if "profile" not in rows.memo:
        points = np.empty((len(SCALES), len(rows)), dtype=np.int8)
        for year, a, b in rows.segments:
            points[:, a:b] = _points(rows.attrs["rank"][a:b], rows.key[a:b], year)
        statement = np.array([v in ("S", "E") for v in (*rows.attrs["sen"].values, "")])
        share = np.where(statement[rows.attrs["sen"].index], STATEMENT_UNSEEN, UNSEEN)
        points[:, lane(rows.key, "not assessed") < share * LANES] = -1
        rows.memo["profile"] = points
    return rows.memo["profile"]


def _points(rank: NDArray, key: NDArray, year: int) -> NDArray[np.int8]:
    total = np.minimum(quantile_lut(quantiles("eyfsp_total", year))[rank], 117)
    order = lane(key, "scale order") % 13
    points = np.stack([(total + (order + 5 * i) % 13) // 13 for i in range(13)]).astype(np.int8)
    good = rank >= threshold(rate("eyfsp_gld", year))
    for one, other in ((0, 12), (1, 11), (2, 10), (3, 7), (5, 9), (4, 8)):
        swap = (lane(key, "scale", one) % 3 - 1).astype(np.int8)
        low = np.minimum(points[one] + swap, points[other] - swap)
        fits = (np.maximum(points[one] + swap, points[other] - swap) <= 9) & (low >= good * 6)
        points[one] += swap * fits
        points[other] -= swap * fits
    _settle(points, good, lane(key, "weakest"))
    return points


def _settle(points: NDArray[np.int8], good: NDArray, u: NDArray) -> None:
    """Move points between scales, keeping totals, until the seven scales say `good` or not."""
    short = np.array([SCALES.index(name) for name in WEAKEST])
    edges = np.cumsum([int(share * LANES) for share in WEAKEST.values()])[:-1]
    column = np.arange(points.shape[1])
    weakest = short[np.searchsorted(edges, u, side="right")]
    spare = np.where(good, 0, np.maximum(points[weakest, column] - 5, 0)).astype(np.int8)
    points[weakest, column] -= spare
    for scale in (11, 12, 10, 7, 9, 8, 0, 1):
        free = (scale not in short) * np.minimum(9 - points[scale], spare)
        points[scale] += free
        spare -= free
    for scale in GOOD:  # the children just at the border borrow from the other six scales
        need = np.where(good, np.maximum(6 - points[scale], 0), 0).astype(np.int8)
        for other in (11, 12, 10, 7, 9, 8):
            lent = np.minimum(need, points[other])
            points[other] -= lent
            points[scale] += lent
            need -= lent


@drawer("profile")
def profile(c: Column, args: tuple[str, ...]) -> Values:
    """``profile[;mean]``: points of a scale, an item of it, the total of an area or of all.

    With ``mean`` an area shows the mean of its scales, rounded, in place of their sum.
    """
    points, name = scale_points(c.rows), c.variable.name.removeprefix("FSP_")
    if found := re.fullmatch(r"(PSE|CLL|PSRN)_TOTAL|EYFSP_TOTAL", name):
        chosen = [i for i, s in enumerate(SCALES) if s.startswith(found[1] or "")]
        total = points[chosen].sum(axis=0, dtype=np.int32)
        if "mean" in args:
            total = (2 * total + len(chosen)) // (2 * len(chosen))
        return numbers_or_letter(c, np.where(points[0] < 0, -1, total), "N")
    scale, item = re.fullmatch(r"(\w+?)(?:R(\d))?", name).groups()
    if scale not in SCALES:
        scale = re.sub(r"AS", "_AS", scale)
    held = points[SCALES.index(scale)]
    if item is None:
        return numbers_or_letter(c, held.astype(np.int32), "N")
    reached = np.where(held < 0, 2, np.where(held >= int(item), 0, 1)).astype(np.int8)
    return recode(c, Coded(reached, ("T", "F", "N")), exact=True)
