"""Codes of a list by lane: their weights in a year, their order, and which one a lane falls on."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from math import fsum

import numpy as np
from numpy.typing import NDArray

from ..catalogue import Catalogue
from .hashing import LANES
from .luts import category_cuts, category_lut
from .rare import floors, valid_codes

#: Up to so many rows of a year, codes are searched for among their limits.
FEW = 2_000


@lru_cache(maxsize=400)
def shares_lut(weights: tuple[float, ...], missing: float) -> NDArray:
    """Category index for every lane, kept for the next column."""
    return category_lut(weights, missing)


@lru_cache(maxsize=65_536)
def code_weights(
    catalogue: Catalogue,
    table: str,
    name: str,
    year: int,
    given: tuple[tuple[str, float], ...] | None,
    floor: bool,
) -> tuple[float, ...]:
    """Weights of all codes in one year: the published shares, or an assumed decline."""
    codelist = catalogue.variable(table, name).codelist
    codes = [k.code for k in catalogue.codes(codelist)]
    valid = valid_codes(catalogue, codelist, year)
    known = dict(given or ())
    weights = [known.get(k, 0.0) * ok for k, ok in zip(codes, valid, strict=True)]
    if not any(weights):
        weights = [ok / (i + 1.5) for i, ok in enumerate(valid)]
    total = fsum(weights) or 1.0
    weights = [w / total for w in weights]
    if floor:
        low = floors(catalogue, table, name)
        weights = [max(w, low[k]) * ok for w, k, ok in zip(weights, codes, valid, strict=True)]
    return tuple(weights)


@cache
def code_order(codes: tuple[str, ...], listed: tuple[str, ...]) -> tuple[int, ...]:
    """Positions of the codes from the lowest rank up; codes without a share come first.

    Only a level above the highest one listed comes last, as does E, exceptional performance, of key
    stage 3, where levels go to 7 or 8.
    """
    middle = [codes.index(k) for k in listed]
    most = max((int(k) for k in listed if k.isdigit()), default=LANES)
    top = "E" if 7 <= most <= 8 else None
    fresh = [(i, k) for i, k in enumerate(codes) if k not in listed]
    above = [i for i, k in fresh if k == top or _level(k) >= most]
    return (*(i for i in range(len(codes)) if i not in (*middle, *above)), *middle, *above)


def _level(code: str) -> int:
    """Number of a level such as ``5`` or ``4+``, -1 of any other code."""
    return int(code.rstrip("+")) if re.fullmatch(r"\d\+?", code) else -1


def codes_at(
    weights: tuple[float, ...], missing: float, order: tuple[int, ...] | None, u: NDArray
) -> NDArray:
    """Position of the code at each lane; for a few rows no whole look-up table is made."""
    if len(u) > FEW:
        return _ordered_lut(weights, missing, order)[u]
    positions, cuts = _ordered_cuts(weights, missing, order)
    return positions[np.searchsorted(cuts, u, side="right")]


@lru_cache(maxsize=400)
def _ordered_lut(
    weights: tuple[float, ...], missing: float, order: tuple[int, ...] | None
) -> NDArray:
    positions, cuts = _ordered_cuts(weights, missing, order)
    return np.repeat(positions, np.diff(cuts, prepend=0))


@lru_cache(maxsize=16_384)
def _ordered_cuts(
    weights: tuple[float, ...], missing: float, order: tuple[int, ...] | None
) -> tuple[NDArray, NDArray]:
    """Positions of the codes from the lowest lane up, missing first, and where each one ends."""
    kind = np.int8 if len(weights) < 128 else np.int16
    places = range(len(weights)) if order is None else order
    cuts = category_cuts([weights[i] for i in places], missing)
    return np.array([-1, *places], dtype=kind), np.array(cuts)
