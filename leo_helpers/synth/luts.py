"""Look-up tables: a lane (0..65535) in, a category index or a number out.

Everything that ends in a table is computed with integers or with single IEEE operations, never
with a library function such as ``exp``, so tables are the same to the bit everywhere. Floats are
added with ``fsum``: the built-in ``sum`` rounds otherwise from CPython 3.12 on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from math import fsum

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES


def cut_points(shares: Sequence[float]) -> list[int]:
    """Cumulative shares as lane numbers; the last is always 65536.

    Examples
    --------
    >>> cut_points([0.25, 0.75])
    [16384, 65536]
    """
    total, running, cuts = fsum(shares), 0.0, []
    for share in shares:
        running += share
        cuts.append(int(running / total * LANES + 0.5))
    cuts[-1] = LANES
    return cuts


def category_lut(shares: Sequence[float], missing: float = 0.0) -> NDArray[np.integer]:
    """Category index for every lane; missing is -1 and sits in the lowest lanes.

    Parameters
    ----------
    shares : sequence of float
        One weight a category, in code order.
    missing : float
        Share of rows without a value, 0 to 1.

    Returns
    -------
    numpy.ndarray
        65,536 entries of int8, or int16 from 128 categories on.

    Examples
    --------
    >>> lut = category_lut([1, 1], missing=0.5)
    >>> [int((lut == i).sum()) for i in (-1, 0, 1)]
    [32768, 16384, 16384]
    """
    dtype = np.int8 if len(shares) < 128 else np.int16
    counts = np.diff([0, *category_cuts(shares, missing)])
    return np.repeat(np.arange(-1, len(shares), dtype=dtype), counts)


def category_cuts(shares: Sequence[float], missing: float = 0.0) -> list[int]:
    """First lanes after missing and after each category, as :func:`category_lut` lays them out.

    Examples
    --------
    >>> category_cuts([1, 1], missing=0.5)
    [32768, 49152, 65536]
    """
    total = fsum(shares) or 1.0
    return cut_points([missing, *(s / total * (1.0 - missing) for s in shares)])


def quantile_lut(points: Sequence[tuple[float, float]], scale: int = 1) -> NDArray[np.int32]:
    """Number for every lane, linear between quantiles; values are ``round(value * scale)``.

    Parameters
    ----------
    points : sequence of (p, value)
        Quantiles with p ascending from 0 to 1.
    scale : int
        Fixed-point factor, for example 100 for two decimals.

    Examples
    --------
    >>> quantile_lut([(0, 0), (0.5, 10), (1, 110)])[[0, 32768, 65535]].tolist()
    [0, 10, 109]
    """
    out = np.empty(LANES, dtype=np.int64)
    for (p0, v0), (p1, v1) in pairwise(points):
        a, b = int(p0 * LANES + 0.5), int(p1 * LANES + 0.5)
        if b > a:
            lo, hi = round(v0 * scale), round(v1 * scale)
            out[a:b] = lo + ((hi - lo) * np.arange(b - a, dtype=np.int64)) // (b - a)
    return out.astype(np.int32)


def quantile_at(points: Sequence[tuple[float, float]], p: float) -> float:
    """Value at one point of a spread that is linear between its quantiles.

    Examples
    --------
    >>> quantile_at([(0, 0), (0.5, 10), (1, 110)], 0.75)
    60.0
    """
    for (p0, v0), (p1, v1) in pairwise(points):
        if p0 <= p <= p1:
            return v0 + (v1 - v0) * (p - p0) / (p1 - p0)
    return points[-1][1]


def mean_of(points: Sequence[tuple[float, float]]) -> float:
    """Mean of a spread that is linear between its quantiles.

    Examples
    --------
    >>> mean_of([(0, 0), (0.5, 10), (1, 110)])
    32.5
    """
    return fsum((p1 - p0) * (v0 + v1) / 2 for (p0, v0), (p1, v1) in pairwise(points))


@cache
def _blend_lut(weight: int) -> NDArray[np.int32]:
    """Rank of ``(weight*a + (8-weight)*b) / 8`` for independent uniform a and b."""
    w, v = max(weight, 8 - weight) / 8, min(weight, 8 - weight) / 8
    s = (np.arange(LANES) + 0.5) / LANES
    low, middle, high = (
        s * s / (2 * w * v),
        (s - v / 2) / w,
        1 - (1 - s) * (1 - s) / (2 * w * v),
    )
    share = np.where(s < v, low, np.where(s < w, middle, high))
    return np.minimum((share * LANES).astype(np.int32), LANES - 1)


def blend(a: NDArray, b: NDArray, weight: int) -> NDArray[np.intp]:
    """Rank (0..65535, uniform) of a mixture of two ranks; `weight` eighths lie on `a`.

    This is how the generator lets something move slowly: a lasting rank blended with a fresh one.

    Examples
    --------
    >>> x = np.array([0, 32768, 65535]); blend(x, x, 6).tolist()
    [0, 32768, 65535]
    """
    if weight >= 8:
        return a.astype(np.intp)
    mixed = (a.astype(np.int64) * weight + b.astype(np.int64) * (8 - weight)) >> 3
    return _blend_lut(weight)[mixed].astype(np.intp)


def threshold(share: float) -> int:
    """Lane at and above which the top `share` of ranks lies.

    Examples
    --------
    >>> threshold(0.25)
    49152
    """
    return LANES - int(min(max(share, 0.0), 1.0) * LANES + 0.5)
