"""Rare codes: how much more often the first people show them, and which codes a year may have."""

from __future__ import annotations

import csv
from functools import cache, lru_cache
from math import fsum

from numpy.typing import NDArray

from ..catalogue import Catalogue
from ..paths import data_dir
from .luts import category_lut

#: Rows that should show a rare code among the first people.
SEEN_ENOUGH = 24
#: The same for small tables with long code lists, where two dozen of each would crowd the rest out.
SEEN_FEW = {"cla": 8, "ap_census": 8, "pru_census": 12, "cin_child": 12, "cin_details": 12}


@cache
def default_rows() -> dict[tuple[str, int], int]:
    """Rows by table and year in the default data set, to know which codes would stay unseen."""
    path = data_dir() / "marginals" / "default_rows.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as handle:
        return {(r["table_id"], int(r["year"])): int(r["rows"]) for r in csv.DictReader(handle)}


@cache
def floors(catalogue: Catalogue, table: str, name: str) -> dict[str, float]:
    """Extra weight of each code so that the showcase people show it some two dozen times."""
    variable = catalogue.variable(table, name)
    count = default_rows()
    out = {}
    for code in catalogue.codes(variable.codelist):
        years = [
            y for y in variable.years if (code.first_year or 0) <= y <= (code.last_year or 9999)
        ]
        rows = sum(count.get((table, y), 0) for y in years) or count.get((table, 0), 0) or 1500
        out[code.code] = min(SEEN_FEW.get(table, SEEN_ENOUGH) / rows, 0.2)
    return out


@cache
def valid_codes(catalogue: Catalogue, codelist: str, year: int) -> tuple[bool, ...]:
    """Whether each code of a list may stand in a year (0: any year)."""
    return tuple(
        not year or (k.first_year or 0) <= year <= (k.last_year or 9999)
        for k in catalogue.codes(codelist)
    )


@lru_cache(maxsize=400)
def rare_lut(
    catalogue: Catalogue, table: str, name: str, year: int, reached: tuple[str, ...]
) -> NDArray:
    """Codes at their floor unless already reached, and -1 (leave it) for all the rest."""
    codelist = catalogue.variable(table, name).codelist
    low = floors(catalogue, table, name)
    valid = valid_codes(catalogue, codelist, year)
    extra = [
        low[k.code] * ok * (0.35 if k.code in reached else 1.0)
        for k, ok in zip(catalogue.codes(codelist), valid, strict=True)
    ]
    return category_lut(extra, max(1.0 - fsum(extra), 0.3))
