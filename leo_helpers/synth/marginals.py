"""The calibration tables: shares, rates and quantiles by name, year and group.

Numbers live in ``data/marginals``; nothing here knows what they mean. Between two listed years the
reader interpolates linearly, before the first and after the last it holds the end value.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections import defaultdict
from functools import cache

from ..errors import CatalogueError
from ..paths import data_dir

Series = dict[int, dict[str, float]]  # year (0 = every year) -> category or quantile -> number


@cache
def _read(file: str, name: str, item: str, number: str) -> dict[str, dict[str, Series]]:
    table: dict[str, dict[str, Series]] = defaultdict(lambda: defaultdict(dict))
    with (data_dir() / "marginals" / file).open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            series = table[row[name]][row["group"]]
            series.setdefault(int(row["year"] or 0), {})[row[item] if item else ""] = float(
                row[number]
            )
    return table


def _series(file: str, name: str, item: str, number: str, what: str, group: str) -> Series:
    groups = _read(file, name, item, number).get(what)
    if groups is None:
        raise CatalogueError(
            f"data/marginals/{file} has no {name} called {what!r}. Add its rows, each marked "
            "published, derived or assumed."
        )
    if group in groups:
        return groups[group]
    return groups[""] if "" in groups else next(iter(groups.values()))


def _at(series: Series, year: int) -> dict[str, float]:
    years = sorted(series)
    i = bisect_left(years, year)
    if i == 0 or year in series:
        return series[years[min(i, len(years) - 1)]]
    if i == len(years):
        return series[years[-1]]
    y0, y1 = years[i - 1], years[i]
    w = (year - y0) / (y1 - y0)
    a, b = series[y0], series[y1]
    return {
        k: (1 - w) * a.get(k, 0.0) + w * b.get(k, 0.0) for k in (*a, *(k for k in b if k not in a))
    }


def _group(group: dict[str, object]) -> str:
    return ";".join(f"{k}={group[k]}" for k in sorted(group))


def shares(distribution: str, year: int = 0, **group: object) -> dict[str, float]:
    """Share of each category, in file order, summing to one.

    Parameters
    ----------
    distribution : str
        Name in ``shares.csv``.
    year : int
        Academic or tax year END.
    **group : object
        Subgroup, for example ``phase="primary"``; falls back on the overall figure.

    Raises
    ------
    CatalogueError
        If no such distribution is listed.

    Examples
    --------
    >>> sorted(shares("sex"))
    ['F', 'M']
    """
    return _at(
        _series("shares.csv", "distribution", "value", "share", distribution, _group(group)), year
    )


def rate(name: str, year: int = 0, default: float | None = None, **group: object) -> float:
    """One number (a share of people, a mean, a standard deviation).

    Raises
    ------
    CatalogueError
        If the rate is not listed and no `default` is given.

    Examples
    --------
    >>> 0 < rate("fsm", 2011) < 1
    True
    """
    if default is not None and name not in _read("rates.csv", "rate", "", "value"):
        return default
    return _at(_series("rates.csv", "rate", "", "value", name, _group(group)), year)[""]


def quantiles(quantity: str, year: int = 0, **group: object) -> list[tuple[float, float]]:
    """Quantiles as (p, value) pairs from p = 0 to p = 1.

    Examples
    --------
    >>> [p for p, _ in quantiles("earnings")][0]
    0.0
    """
    found = _at(_series("quantiles.csv", "quantity", "p", "value", quantity, _group(group)), year)
    return sorted((float(p), v) for p, v in found.items())
