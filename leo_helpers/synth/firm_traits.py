"""Attributes of firms that the register and the earnings show, looked up by ``draws.csv``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .firms import EXTRACTS, employees, industry
from .hashing import LANES, counter, lane
from .luts import category_lut
from .marginals import rate, shares
from .people import attribute
from .rows import Rows
from .spine import Spine

#: Employees from which a larger size band begins; a firm stays in its band between the extracts.
BANDS = (10, 50, 250)


@attribute("firm")
def firm(spine: Spine, rows: Rows) -> NDArray:
    """Enterprise number, -1 where the register does not know the employer."""
    unmatched = rows.attrs.get("unmatched_firm", np.zeros(len(rows), dtype=np.int8))
    return np.where(unmatched == 1, -1, rows.attrs["enterprise"])


@attribute("firm_known")
def firm_known(spine: Spine, rows: Rows) -> NDArray:
    """One where the register knows the employer."""
    return 1 - rows.attrs.get("unmatched_firm", np.zeros(len(rows), dtype=np.int8))


@attribute("firm_region")
def firm_region(spine: Spine, rows: Rows) -> NDArray:
    """Rank from which the firm's region is read."""
    return lane(rows.attrs["stable"], "firm_region")


@attribute("firm_key")
def firm_key(spine: Spine, rows: Rows) -> NDArray:
    """Lane of the firm's industry, the same in every table; the later extract recodes a few."""
    firm = rows.attrs["enterprise"]
    own = industry(spine.seed)[firm]
    chance = lane(counter("leo_idbr", spine.seed, n=firm + 1), "recoded")
    anew = (rows.attrs["source_year"] == 2020) & (chance < rate("firm_recoded") * LANES)
    return np.where(anew, own ^ 1, own)  # another class, as a rule of the same section


@attribute("firm_form")
def firm_form(spine: Spine, rows: Rows) -> NDArray:
    """Legal status of the firm, by its section where that is public, else by its size."""
    firm = rows.attrs["enterprise"]
    sections = np.array(list(shares("sic_section")))
    section = sections[category_lut(list(shares("sic_section").values()))[firm_key(spine, rows)]]
    kind = np.where(employees()[firm] < 10, "small", "larger")
    kind = np.where(np.isin(section, ("O", "P", "Q")), section, kind)
    chance, out = lane(rows.attrs["stable"], "firm_form"), np.zeros(len(rows), dtype=np.int64)
    for one in np.unique(kind):
        given = shares("legal_status", kind=str(one))
        rank = np.flatnonzero(kind == one)
        out[rank] = np.array([int(k) for k in given])[
            category_lut(list(given.values()))[chance[rank]]
        ]
    return out


@attribute("firm_employees")
def firm_employees(spine: Spine, rows: Rows) -> NDArray:
    """Employees of the firm; the later extract counts anew those that were live in 2018."""
    size = employees()[rows.attrs["enterprise"]].astype(np.int64)
    band = np.searchsorted(BANDS, size, side="right")
    drift = (lane(rows.attrs["stable"], "drift") - LANES // 2) * size * 3 + 5 * LANES
    anew = size + drift // (10 * LANES)
    anew = np.clip(anew, np.array([0, *BANDS])[band], np.array([*BANDS, 10**9])[band] - 1)
    live = ~(rows.attrs["closed"] < EXTRACTS[2019])
    return np.where((rows.attrs["source_year"] == 2020) & live, anew, size)
